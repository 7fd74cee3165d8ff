/**
 * How often a closed domain is tried: one mail finds out for all of them. The first failure puts the whole domain
 * off, each further one for longer, by the gaps of the schedule; the first success ends it, and everything goes out.
 *
 * Only this process's memory: after a restart the gaps begin anew, which costs one more try. Pure but for that.
 */
import { keepNewest } from '../core/newest.js';
import type { Reason } from '../core/reasons.js';
import type { DomainSays } from '../deliver/settle.js';
import { nextAttempt, type Schedule } from './backoff.js';

/** The pace of domains. */
export interface Pace {
  /**
   * Notes what an attempt said: until when the domain is to be put off (milliseconds since the epoch), null to end that,
   * undefined for no change. `reasons`: why it is closed.
   */
  note(domain: string, says: DomainSays, reasons: readonly Reason[], now: number): number | null | undefined;
}

/** Domains whose failures are counted at the same time; the one not touched for longest goes first. */
const MAX_DOMAINS = 10_000;

interface Failure {
  /** How many it makes without a success. */
  readonly count: number;
  readonly since: number;
  readonly until: number;
}

/** Makes a pace. */
export function createPace(schedule: Schedule, random: () => number): Pace {
  const failures = new Map<string, Failure>();
  const nextFailure = (before: number, reasons: readonly Reason[], now: number): Failure => {
    const retry = { attempts: before, reasons, now, expiresAt: Number.POSITIVE_INFINITY };
    return { count: before + 1, since: now, until: nextAttempt(retry, schedule, random) };
  };
  return {
    note(domain, says, reasons, now) {
      if (says === null) return undefined;
      const before = failures.get(domain);
      if (says === 'open') {
        failures.delete(domain);
        return null;
      }
      // Those that were under way together are one failure. Q-27: one of before a backwards jump of the clock is another.
      const isSame = before !== undefined && before.since <= now && now < before.until;
      const failure = isSame ? before : nextFailure(before?.count ?? 0, reasons, now);
      keepNewest(failures, domain, failure, MAX_DOMAINS);
      return failure.until;
    },
  };
}
