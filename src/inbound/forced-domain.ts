/**
 * Whether mail from a domain must come over TLS, by the policies that also hold for mail to it (ING-2, ING-9). A null
 * reverse-path has no domain: then the name that the client gave counts where it lies at or below a listed one (ING-4).
 */
import type { Context } from '../core/context.js';
import { canonicalDomain } from '../core/domain.js';
import { levels } from '../policy/compare.js';
import { decide, type Sources } from '../policy/decide.js';
import { reaches } from '../policy/order.js';
import { findWeakness } from './judge-tls.js';
import { refuseForcedDomain, refuseUnknownPolicy } from './refuse.js';
import type { InboundSession, Refusal } from './session.js';

/** The refusal that the policies ask for, or null. */
export async function judgeForcedDomain(
  mailFrom: string,
  session: InboundSession,
  sources: Sources,
  ctx: Context,
): Promise<Refusal | null> {
  for (const domain of domainsOf(mailFrom, session.ehlo)) {
    const plan = await decide(domain, sources, null, ctx);
    if (plan.unknown.length > 0) return refuseUnknownPolicy(domain);
    if (!reaches(levels, plan.level, 'mandatory')) continue;
    const weakness = session.tls === null ? null : findWeakness(session.tls, plan);
    if (session.tls === null || weakness !== null) return refuseForcedDomain(domain, weakness);
  }
  return null;
}

/** The domain of the sender; without one, the client's name and the domains above it. */
function domainsOf(mailFrom: string, ehlo: string): string[] {
  if (mailFrom !== '') {
    const domain = readableEnd(mailFrom.slice(mailFrom.lastIndexOf('@') + 1));
    return domain === null ? [] : [domain];
  }
  const labels = readableEnd(ehlo)?.split('.') ?? [];
  return labels.slice(0, -1).map((_label, index) => labels.slice(index).join('.'));
}

/**
 * The domain, or as much of its end as is a name: `a_b.partner.example` and `partner.example..` are none, and must not pass
 * for mail from nobody listed. null: nothing of it is.
 */
function readableEnd(text: string): string | null {
  const bare = text.slice(0, 1000).trim().replace(/\.+$/, '');
  const labels = bare.split('.');
  // A bare address is no name, and its last numbers would not be one either.
  for (let first = 0; first < labels.length; first += 1) {
    const domain = canonicalDomain(labels.slice(first).join('.'));
    if (domain !== null) return domain;
  }
  return null;
}
