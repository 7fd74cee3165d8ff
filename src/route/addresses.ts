/**
 * The addresses of one host: both families are asked at the same time, and what comes is guarded and put in order.
 *
 *   order     as the resolver gave them within a family, the families in turn, the preferred one first (MX-16)
 *   guard     addresses at which nobody may aim this host are dropped (AT-36), unless the host wrote the route down
 *   failure   why there are none: definitive (no such name, no address) or temporary (one of the questions failed)
 *
 * Standards: RFC 5321 §5.1, RFC 8305 §4 (taking turns).
 */
import type { Context } from '../core/context.js';
import type { Reason } from '../core/reasons.js';
import { judgeAddress } from '../dns/address-guard.js';
import { lifetimeOf } from '../dns/cache.js';
import { isInNetwork, parseIp } from '../dns/ip.js';
import type { DnsAnswer, DnsFailure, Resolver } from '../dns/resolver.js';
import type { RouteSettings } from './options.js';

/** What is known of the addresses of a host. */
export type HostAddresses =
  | {
      readonly kind: 'addresses';
      readonly host: string;
      readonly addresses: readonly string[];
      readonly own: boolean;
      /** Milliseconds for which this may be kept (MX-14). */
      readonly lastsMs: number;
    }
  | {
      readonly kind: 'none';
      readonly host: string;
      readonly reason: Reason;
      readonly detail: string;
      /** True where one of the addresses, though it may not be tried, is the sending host's own. */
      readonly own: boolean;
      readonly lastsMs: number;
    };

const REASONS: Readonly<Record<DnsFailure, Reason>> = {
  servfail: 'dns-servfail',
  notimp: 'dns-servfail',
  refused: 'dns-refused',
  timeout: 'dns-timeout',
  malformed: 'dns-malformed',
  'alias-loop': 'dns-alias-loop',
  bogus: 'dnssec-invalid',
};

/** The reason for a failure of DNS; all of them are temporary (MX-8). */
export function reasonOfFailure(failure: DnsFailure): Reason {
  return REASONS[failure];
}

/** An answer whose signatures do not verify is no answer, whatever else it says. */
export function refuseBogus<T>(answer: DnsAnswer<T>): DnsAnswer<T> {
  const isBogus = answer.kind !== 'failed' && answer.dnssec === 'bogus';
  return isBogus ? { kind: 'failed', failure: 'bogus' } : answer;
}

/** Items of the lists in turn, as long as each lasts. */
function alternate<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, i) => lists.flatMap((list) => list.slice(i, i + 1))).flat();
}

/** Why no answer holds an address. */
function explainAbsence(
  host: string,
  answers: readonly DnsAnswer<string>[],
): { readonly reason: Reason; readonly detail: string } {
  for (const answer of answers) {
    if (answer.kind === 'failed') {
      const detail = answer.detail === undefined ? answer.failure : `${answer.failure}: ${answer.detail}`;
      return { reason: reasonOfFailure(answer.failure), detail: `the addresses of ${host}: ${detail}` };
    }
  }
  return answers.some(({ kind }) => kind === 'nxdomain')
    ? { reason: 'dns-nxdomain', detail: `${host} does not exist` }
    : { reason: 'no-usable-host', detail: `${host} has no address` };
}

/** Looks up a host; `guarded` is false for hosts that the sending side named itself. */
export async function lookupAddresses(
  host: string,
  settings: RouteSettings,
  resolver: Resolver,
  ctx: Context,
  guarded = true,
): Promise<HostAddresses> {
  const answers = await Promise.all(
    settings.families.map(async (family) =>
      refuseBogus(await resolver.addresses(host, family === 'ipv4' ? 4 : 6, ctx)),
    ),
  );
  // AT-13: no more than can be tried is looked at.
  const lists = answers.map((answer) => (answer.kind === 'found' ? answer.records.slice(0, 100) : []));
  const found = alternate(lists);
  const own = found.some((address) => isOwn(address, settings));
  const addresses: string[] = [];
  let refusal: string | null = null;
  for (const address of found) {
    const { allowed, why } = guarded ? judgeAddress(address, settings.allowed) : { allowed: true, why: '' };
    if (allowed) addresses.push(address);
    else refusal ??= `${address.slice(0, 60)} is ${why}`;
  }
  const lastsMs = Math.min(...answers.map((answer) => lifetimeOf(answer, 0)));
  if (addresses.length > 0) {
    return { kind: 'addresses', host, addresses: [...new Set(addresses)], own, lastsMs };
  }
  const none = { kind: 'none', host, own, lastsMs } as const;
  if (refusal !== null) {
    const temporary = answers.find((answer) => answer.kind === 'failed');
    // The family that did not answer may hold a public address.
    if (temporary !== undefined) return { ...none, ...explainAbsence(host, [temporary]) };
    return { ...none, reason: 'address-not-allowed', detail: `${host}: ${refusal}` };
  }
  return { ...none, ...explainAbsence(host, answers) };
}

function isOwn(address: string, settings: RouteSettings): boolean {
  const ip = parseIp(address);
  return ip !== null && settings.ownNetworks.some((network) => isInNetwork(ip, network));
}

/**
 * Shares `most` addresses among hosts: one for each in turn, so that a host with many does not take the turn of the
 * next (MX-16). The order within a host is kept.
 */
export function shareAddresses(hosts: readonly (readonly string[])[], most: number): string[][] {
  const shares = hosts.map((): string[] => []);
  const longest = Math.max(0, ...hosts.map((addresses) => addresses.length));
  let left = most;
  for (let round = 0; round < longest; round += 1) {
    for (const [i, addresses] of hosts.entries()) {
      const address = addresses[round];
      if (address === undefined || left === 0) continue;
      shares[i]?.push(address);
      left -= 1;
    }
  }
  return shares;
}
