/**
 * The names behind a domain that is an alias. Mail to an alias goes where its target says (RFC 5321 §5.1), so what is locked
 * for the target is locked for the alias too: else it would be a way around a list (BITS-5.2.3).
 * Failure: the reason of the table; not to know is not "no alias".
 */
import type { Context } from '../core/context.js';
import type { Reason } from '../core/reasons.js';
import { followAliases } from '../dns/alias.js';
import type { DnsAnswer, Resolver } from '../dns/resolver.js';
import { reasonOfFailure, refuseBogus } from '../route/addresses.js';

const NONE: DnsAnswer<never> = { kind: 'nodata', dnssec: 'unknown' };

/** Every name behind `domain` (canonical, or an address literal), nearest first; none where it is no alias. */
export async function findNamesBehind(
  domain: string,
  resolver: Resolver,
  ctx: Context,
): Promise<readonly string[] | { readonly reason: Reason; readonly detail: string }> {
  if (domain.startsWith('[')) return [];
  const names: string[] = [];
  const { answer } = await followAliases<never>(domain, {
    ask(name) {
      names.push(name);
      return Promise.resolve(NONE);
    },
    isOpen: () => true,
    async cname(name) {
      const alias = refuseBogus(await resolver.cname(name, ctx));
      return alias.kind === 'nxdomain' ? NONE : alias;
    },
  });
  if (answer.kind !== 'failed') return names.slice(1);
  const detail = `the alias of ${domain}: ${answer.detail ?? answer.failure}`;
  return { reason: reasonOfFailure(answer.failure), detail };
}
