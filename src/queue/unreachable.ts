/**
 * The list of hosts that could not be used, so that one attempt finds out for all mail and the rest need not. What
 * is remembered belongs to a host, an address, and a policy: what one policy refuses another may accept. The pause grows
 * from one minute to twenty, less than any gap between two tries of one mail, so every try of a mail really looks.
 *
 * Only what passes by itself or can be mended is remembered; a permanent answer never is (RFC 5321 §4.5.4.1; Q-6,
 * SC-29). The list is bounded: the entry that was not touched for the longest time goes first.
 */
import { keepNewest } from '../core/newest.js';
import { describeReason, type Reason } from '../core/reasons.js';
import type { HostHealth } from '../deliver/open.js';
import type { Target } from '../route/route.js';

/** How long hosts are left alone. */
export interface HostHealthOptions {
  /** Pause after the first failure, milliseconds; doubled with each further one. Default one minute. */
  readonly firstMs?: number;
  /** Longest pause, milliseconds. Default twenty minutes. */
  readonly longestMs?: number;
  /** Hosts remembered at the same time. Default 10,000. */
  readonly maxHosts?: number;
}

/** The list, with a way to forget. */
export interface UnreachableHosts extends HostHealth {
  /** Forgets one host, or all of them: an operator wants it tried now. */
  forget(host?: string): void;
}

interface Trouble {
  readonly host: string;
  readonly reason: Reason;
  readonly failures: number;
  readonly since: number;
  readonly until: number;
}

/** Makes an empty list. */
export function createHostHealth(options: HostHealthOptions = {}): UnreachableHosts {
  const { firstMs = 60_000, longestMs = 20 * 60_000, maxHosts = 10_000 } = options;
  const troubles = new Map<string, Trouble>();
  return {
    down(target, fingerprint, now) {
      if (troubles.size === 0) return null;
      const trouble = troubles.get(keyOf(target, fingerprint));
      // after a backwards jump of the clock nothing is left alone for longer than was meant.
      if (trouble === undefined || now >= trouble.until || now < trouble.since) return null;
      return trouble.reason;
    },
    report(target, fingerprint, reason, now) {
      const key = keyOf(target, fingerprint);
      if (reason === null || !isRemembered(reason)) {
        troubles.delete(key);
        return;
      }
      const failures = (troubles.get(key)?.failures ?? 0) + 1;
      const pause = Math.min(firstMs * 2 ** (failures - 1), longestMs);
      const trouble = { host: target.host, reason, failures, since: now, until: now + pause };
      keepNewest(troubles, key, trouble, maxHosts);
    },
    forget(host) {
      for (const [key, trouble] of troubles) {
        if (host === undefined || trouble.host === host) troubles.delete(key);
      }
    },
  };
}

function keyOf(target: Target, fingerprint: string): string {
  return [target.host, target.address, target.port, target.tls, fingerprint].join('|');
}

function isRemembered(reason: Reason): boolean {
  const { effect } = describeReason(reason);
  return effect === 'retry' || effect === 'hold';
}
