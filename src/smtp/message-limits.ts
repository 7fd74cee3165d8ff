/**
 * After how many messages on one connection a host has said 421 (Exim does so after 1,000). The next connection ends
 * by QUIT before that (CV-14). It is remembered for an hour: a host that was only about to stop is asked again then.
 */
import { keepNewest } from '../core/newest.js';

/** Remembers, for each host. */
export interface MessageLimits {
  note(host: string, messages: number, now: number): void;
  /** Messages that a connection to this host may have; infinite where nothing is known. */
  of(host: string, now: number): number;
}

const REMEMBERED_MS = 3_600_000;
/** Hosts remembered; beyond it the oldest is forgotten. */
const MOST_HOSTS = 1000;

/** Makes an empty memory. */
export function createMessageLimits(): MessageLimits {
  const known = new Map<string, { readonly messages: number; readonly since: number }>();
  return {
    note(host, messages, now) {
      keepNewest(known, host, { messages, since: now }, MOST_HOSTS);
    },
    of(host, now) {
      const limit = known.get(host);
      if (limit === undefined) return Number.POSITIVE_INFINITY;
      // after a backwards jump of the clock nothing is remembered for longer than was meant.
      if (limit.since <= now && now < limit.since + REMEMBERED_MS) return limit.messages;
      known.delete(host);
      return Number.POSITIVE_INFINITY;
    },
  };
}
