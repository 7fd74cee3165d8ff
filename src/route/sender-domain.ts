/**
 * Looks at the domain that the host sends from. A domain with a null MX takes no mail, so no reply and no report of a
 * failure can come back, and servers may refuse its mail with 5.7.27 (RFC 7505 §4.1, §4.2; MX-12).
 * Failure: none; where the DNS does not answer there is nothing to warn of.
 */
import type { Context } from '../core/context.js';
import { parseDomain } from '../core/domain.js';
import type { Resolver } from '../dns/resolver.js';

/**
 * A sentence of warning where `domain` publishes a null MX, else null.
 * @throws ConfigError `domain-invalid`
 */
export async function warnNullMxSender(
  domain: string,
  resolver: Resolver,
  ctx: Context,
): Promise<string | null> {
  const canonical = parseDomain(domain, 'sender domain');
  const answer = await resolver.mx(canonical, ctx);
  const isNull =
    answer.kind === 'found' &&
    answer.records.length > 0 &&
    answer.records.every(({ exchange }) => exchange === '' || exchange === '.');
  if (!isNull || answer.dnssec === 'bogus') return null;
  return `${canonical} publishes a null MX: replies and reports cannot reach it, and servers may refuse its mail with 5.7.27 (RFC 7505 §4.2)`;
}
