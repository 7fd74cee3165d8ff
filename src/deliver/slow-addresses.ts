/**
 * Addresses that another address of the same host outran a moment ago: they stand behind the others of that host, so that
 * not each message waits for them anew. This process's memory, bounded.
 */
import { keepNewest } from '../core/newest.js';
import type { Target } from '../route/route.js';

/** Remembers addresses that were outrun. */
export interface SlowAddresses {
  isSlow(target: Target, now: number): boolean;
  note(target: Target, now: number): void;
}

/** So long an address stands behind the others of its host: a repaired one is soon found again. */
const SLOW_MS = 600_000;
const MAX_SLOW = 10_000;

/** Makes an empty memory; the one that was noted longest ago is forgotten first. */
export function createSlowAddresses(): SlowAddresses {
  const since = new Map<string, number>();
  const keyOf = ({ host, address, port }: Target): string => `${host}|${address}|${port}`;
  return {
    isSlow(target, now) {
      const noted = since.get(keyOf(target));
      // after a backwards jump of the clock nothing is remembered for longer than was meant.
      return noted !== undefined && noted <= now && now < noted + SLOW_MS;
    },
    note(target, now) {
      keepNewest(since, keyOf(target), now, MAX_SLOW);
    },
  };
}
