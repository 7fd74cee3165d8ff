/**
 * From ordered hosts and their addresses to targets. Pure.
 *
 *   1. cut the loop    a host at one of our own addresses, and all that is not better (MX-17)
 *   2. take            the first hosts that have addresses, each with its share of them (MX-16)
 *   3. mark            how far each name can be believed (MX-20)
 *   On failure: the reason that tells most about all hosts together (MX-10).
 *
 * Standards: RFC 5321 §5.1, RFC 7672 §2.2.1.
 */
import { describeReason, type Reason } from '../core/reasons.js';
import type { Dnssec } from '../dns/resolver.js';
import { type HostAddresses, shareAddresses } from './addresses.js';
import { cutLoop, type MxHost } from './order.js';
import type { Resolving } from './resolving.js';
import type { MxAuth, Route, Target, UnusableHost, Via } from './route.js';

interface Order {
  readonly hosts: readonly MxHost[];
  readonly unusable: readonly UnusableHost[];
  readonly published: readonly string[];
}

interface How {
  readonly via: Via;
  readonly dnssec: Dnssec;
  /** Milliseconds for which the answer that named the hosts may be kept. */
  readonly lastsMs: number;
}

/** Makes the route of hosts that DNS named; `found` holds what is known of each, in the same order. */
export function routeHosts(
  order: Order,
  found: readonly HostAddresses[],
  how: How,
  { domain, plan, settings, askedAt }: Resolving,
): Route {
  const own = order.hosts.find((_, i) => found[i]?.own === true);
  const { kept, dropped } = cutLoop(order.hosts, own?.preference ?? Number.POSITIVE_INFINITY);
  const unusable = [...order.unusable, ...dropped];
  const usable: { readonly host: MxHost; readonly addresses: readonly string[] }[] = [];
  for (const [i, host] of order.hosts.entries()) {
    const known = found[i];
    if (known === undefined || !kept.includes(host)) continue;
    if (known.kind === 'none') unusable.push({ host: host.host, reason: known.reason, detail: known.detail });
    else usable.push({ host, addresses: known.addresses });
  }
  if (usable.length === 0)
    return { kind: 'unroutable', domain, ...explain(how.via, kept, unusable), unusable };
  const tried = usable.slice(0, settings.maxHosts);
  const shares = shareAddresses(
    tried.map(({ addresses }) => addresses),
    settings.maxAddresses,
  );
  const targets = tried.flatMap(({ host: { host, preference } }, i): Target[] =>
    (shares[i] ?? []).map((address) => ({
      host,
      address,
      port: settings.port,
      tls: 'starttls',
      preference,
      mxAuth: authOf(host, how, plan.mxAllowed),
      auth: null,
    })),
  );
  const { via, dnssec, lastsMs } = how;
  const holdsUntil = askedAt + Math.min(lastsMs, ...found.map((known) => known.lastsMs));
  return { kind: 'targets', domain, via, dnssec, targets, unusable, published: order.published, holdsUntil };
}

/** MX-20: what vouches for the name, the strongest first. */
function authOf(host: string, how: How, mxAllowed: readonly string[] | null): MxAuth {
  if (mxAllowed?.includes(host) === true) return 'pinned';
  if (how.via === 'implicit') return 'implicit';
  return how.dnssec === 'secure' ? 'dnssec' : 'none';
}

/** MX-10: permanent only where every host failed for good. */
function explain(
  via: Via,
  kept: readonly MxHost[],
  unusable: readonly UnusableHost[],
): { readonly reason: Reason; readonly detail: string } {
  const detail = unusable
    .slice(0, 10)
    .map((host) => (host.detail.includes(host.host) ? host.detail : `${host.host}: ${host.detail}`))
    .join('; ');
  const loop = unusable.find(({ reason }) => reason === 'mail-loop');
  // RFC 5321 §5.1: nothing is left after the own host and all worse ones are gone.
  if (kept.length === 0 && loop !== undefined) return { reason: 'mail-loop', detail };
  const met = unusable.filter(({ reason }) => reason !== 'mail-loop');
  // A single host says more than the sum of many.
  const [only] = met;
  if (via === 'implicit' && only !== undefined) return { reason: only.reason, detail };
  if (met.some(({ reason }) => describeReason(reason).effect === 'retry'))
    return { reason: 'host-unresolved', detail };
  const isRefused = met.some(({ reason }) => reason === 'address-not-allowed');
  return { reason: isRefused ? 'address-not-allowed' : 'no-usable-host', detail };
}
