/**
 * The order in which the hosts of an MX answer are tried. Pure: records in, hosts out.
 *
 *   1. null MX             one record with the root as exchange: the domain takes no mail (MX-11)
 *   2. drop what is none   root next to others, IP addresses, invalid names (MX-11, MX-13); each is reported
 *   3. one entry a host    the best preference counts (MX-19)
 *   4. sort, shuffle       ascending preference, at random among equals (MX-15)
 *   5. cut the loop        the sending host and everything that is not better than it (MX-17)
 *
 * Security has no say here: a host that fails its policy is met in its turn and refused there (MX-18).
 * Standards: RFC 5321 §5.1, RFC 7505 §3.
 */
import { canonicalDomain } from '../core/domain.js';
import type { MxRecord } from '../dns/resolver.js';
import { parseIp } from '../dns/ip.js';
import type { Target, UnusableHost } from './route.js';

/** A host to try. */
export interface MxHost {
  /** Canonical name. */
  readonly host: string;
  readonly preference: number;
}

/** What the records come to. */
export interface HostOrder {
  /** True where the domain declares that it takes no mail; there are no hosts then. */
  readonly nullMx: boolean;
  readonly hosts: readonly MxHost[];
  readonly unusable: readonly UnusableHost[];
  /** All names as they were published. */
  readonly published: readonly string[];
}

/** What {@link orderHosts} goes by. */
export interface OrderOptions {
  /** Canonical names of the sending host. */
  readonly ownNames: readonly string[];
  /** From 0 up to 1. */
  readonly random: () => number;
}

// AT-13: an answer over TCP can carry thousands of records; no honest domain has this many.
const MOST_RECORDS = 100;

const isRoot = (exchange: string): boolean => exchange === '' || exchange === '.';

/**
 * The canonical form of a host name that an MX record names. Underscores are no part of host names (RFC 1123 §2.1),
 * but DNS carries them and some hosting companies publish `_dc-mx.` hosts.
 */
function canonicalHost(exchange: string): string | null {
  const canonical = canonicalDomain(exchange);
  if (canonical !== null || !exchange.includes('_')) return canonical;
  const isNameElse =
    canonicalDomain(exchange.replaceAll('_', 'x')) !== null && /^[\x21-\x7e]+$/.test(exchange);
  return isNameElse ? exchange.replace(/\.$/, '').toLowerCase() : null;
}

/** Shuffles in place, each order equally likely (Fisher and Yates). */
function shuffle<T>(items: T[], random: () => number): void {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const chosen = Math.min(last, Math.floor(random() * (last + 1)));
    const [a, b] = [items[last], items[chosen]];
    if (a !== undefined && b !== undefined) {
      items[last] = b;
      items[chosen] = a;
    }
  }
}

/** Hosts of the records with their best preference, and the records that name no host. */
function readHosts(records: readonly MxRecord[]): { best: Map<string, number>; unusable: UnusableHost[] } {
  const best = new Map<string, number>();
  const unusable: UnusableHost[] = [];
  for (const { exchange, preference } of records) {
    const host = canonicalHost(exchange);
    if (host !== null) {
      best.set(host, Math.min(preference, best.get(host) ?? Number.POSITIVE_INFINITY));
    } else if (isRoot(exchange)) {
      unusable.push({
        host: '.',
        reason: 'null-mx',
        detail: 'a null MX stands next to other records (RFC 7505 §3)',
      });
    } else {
      const isAddress = parseIp(exchange.replace(/\.$/, '')) !== null;
      const detail = isAddress
        ? 'the MX record names an address, not a host'
        : 'the MX record names no valid host';
      unusable.push({ host: exchange.slice(0, 255), reason: 'no-usable-host', detail });
    }
  }
  return { best, unusable };
}

/** The same targets with hosts of equal preference in another order, each equally likely (MX-15). */
export function redraw(targets: readonly Target[], random: () => number): readonly Target[] {
  const hosts: Target[] = [];
  for (const target of targets) if (target.host !== hosts.at(-1)?.host) hosts.push(target);
  shuffle(hosts, random);
  hosts.sort((a, b) => a.preference - b.preference);
  return hosts.flatMap(({ host }) => targets.filter((target) => target.host === host));
}

/** Reports hosts from the preference `cut` on as a loop and keeps the better ones (MX-17). */
export function cutLoop(
  hosts: readonly MxHost[],
  cut: number,
): { readonly kept: readonly MxHost[]; readonly dropped: readonly UnusableHost[] } {
  return {
    kept: hosts.filter(({ preference }) => preference < cut),
    dropped: hosts
      .filter(({ preference }) => preference >= cut)
      .map(({ host, preference }) => ({
        host,
        reason: 'mail-loop',
        detail: `preference ${preference} is not better than that of the sending host (${cut})`,
      })),
  };
}

/** Orders the hosts of MX records. */
export function orderHosts(records: readonly MxRecord[], options: OrderOptions): HostOrder {
  // Best first, so that the bound drops the worst.
  const sorted = [...records].sort((a, b) => a.preference - b.preference).slice(0, MOST_RECORDS);
  const published = sorted.map(({ exchange }) => (exchange === '' ? '.' : exchange.slice(0, 255)));
  // RFC 7505 §3: a single record; its preference does not matter.
  if (sorted.length > 0 && sorted.every(({ exchange }) => isRoot(exchange))) {
    return { nullMx: true, hosts: [], unusable: [], published };
  }
  const { best, unusable } = readHosts(sorted);
  const hosts = [...best].map(([host, preference]) => ({ host, preference }));
  // Shuffled first; the sort is stable and keeps that order among equals.
  shuffle(hosts, options.random);
  hosts.sort((a, b) => a.preference - b.preference);
  const own = hosts.filter(({ host }) => options.ownNames.includes(host));
  const { kept, dropped } = cutLoop(hosts, own[0]?.preference ?? Number.POSITIVE_INFINITY);
  return { nullMx: false, hosts: kept, unusable: [...unusable, ...dropped], published };
}
