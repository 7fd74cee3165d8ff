/**
 * When to try again. Pure: who calls says what time it is and throws the dice. The gaps grow and then stay; the last try
 * falls on the end of the mail's life, so that no mail is given up without having just been tried. A policy refusal is
 * tried on the same schedule as everything else, unless the host wants another for it.
 * Standards: RFC 5321 §4.5.4.1 (30 minutes at least, two tries in the first hour, then every 2 to 3 hours).
 */
import { type Duration, parseDuration } from '../core/duration.js';
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { describeReason, type Reason } from '../core/reasons.js';

/** The gaps between tries. */
export interface Schedule {
  /** Milliseconds between tries, the last one again and again. */
  readonly gapsMs: readonly number[];
  /** The same for mail that a policy holds; absent: `gapsMs`. */
  readonly heldGapsMs?: readonly number[];
  /** Share of a gap that may be added, by chance, so that many mails do not come back together. */
  readonly jitter: number;
  /** Milliseconds before the first retry where the reason is known to pass soon (greylisting); null: as ever. */
  readonly fastFirstMs: number | null;
}

/** A schedule as a host writes it. */
export interface ScheduleOptions {
  /** Gaps between tries, the last one again and again; at least a minute each. Default `['30m', '1h', '2h', '3h']`. */
  readonly gaps?: readonly Duration[];
  /** The same for mail that a policy holds, such as a partner whose certificate has ended. Default: as `gaps`. */
  readonly heldGaps?: readonly Duration[];
  /** 0 to 1; share of a gap that may be added by chance. Default 0.1. */
  readonly jitter?: number;
  /** First retry where the reason is known to pass soon, such as greylisting; `true`: after 5 minutes. Default false. */
  readonly fastFirstRetry?: boolean | Duration;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** 30 minutes, 1 hour, 2 hours, then every 3 hours; 0 to 10 % more by chance. */
export const SCHEDULE: Schedule = {
  gapsMs: [30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR],
  jitter: 0.1,
  fastFirstMs: null,
};

const FAST_FIRST_MS = 5 * MINUTE;

/**
 * Reads a schedule.
 * @throws ConfigError `schedule-invalid`, `duration-invalid`, `option-unknown`
 */
export function parseSchedule(options: ScheduleOptions): Schedule {
  refuseUnknownOptions(options, ['gaps', 'heldGaps', 'jitter', 'fastFirstRetry'], 'schedule');
  const { jitter = SCHEDULE.jitter, fastFirstRetry = false } = options;
  const gapsMs = options.gaps === undefined ? SCHEDULE.gapsMs : parseGaps(options.gaps, 'schedule: gaps');
  const held =
    options.heldGaps === undefined ? {} : { heldGapsMs: parseGaps(options.heldGaps, 'schedule: heldGaps') };
  if (!(jitter >= 0 && jitter <= 1)) {
    throw new ConfigError('schedule-invalid', `schedule: jitter: expected 0 to 1, got ${String(jitter)}`);
  }
  const fastFirstMs =
    fastFirstRetry === false
      ? null
      : fastFirstRetry === true
        ? FAST_FIRST_MS
        : parseDuration(fastFirstRetry, 'schedule: fastFirstRetry');
  return { gapsMs, ...held, jitter, fastFirstMs };
}

function parseGaps(gaps: readonly Duration[], where: string): readonly number[] {
  const gapsMs = gaps.map((gap) => parseDuration(gap, where));
  if (gapsMs.length === 0 || gapsMs.some((gap) => gap < MINUTE)) {
    throw new ConfigError(
      'schedule-invalid',
      `${where}: expected at least one gap, none below "1m" (RFC 5321 advises 30 minutes), got ${JSON.stringify(gaps)}`,
    );
  }
  return gapsMs;
}

/** Reasons that are known to pass soon. */
const SHORT_LIVED: ReadonlySet<Reason> = new Set([
  'sender-deferred',
  'recipient-deferred',
  'message-deferred',
  'peer-busy',
  'peer-concurrency-limit',
]);

/** What the next time depends on. */
export interface Retry {
  /** Tries before the one that has just ended. */
  readonly attempts: number;
  /** Why recipients still wait; empty: not known. */
  readonly reasons: readonly Reason[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly expiresAt: number;
}

/** Milliseconds since the epoch of the next try, never after `expiresAt`. `random` gives 0 to 1. */
export function nextAttempt(retry: Retry, schedule: Schedule, random: () => number): number {
  const { attempts, reasons, now, expiresAt } = retry;
  const passesSoon = reasons.length > 0 && reasons.every((reason) => SHORT_LIVED.has(reason));
  const fast = attempts === 0 && passesSoon ? schedule.fastFirstMs : null;
  const isHeld = reasons.length > 0 && reasons.every((reason) => describeReason(reason).effect === 'hold');
  const gapsMs = (isHeld ? schedule.heldGapsMs : undefined) ?? schedule.gapsMs;
  const ordinary = gapsMs[Math.min(attempts, gapsMs.length - 1)] ?? HOUR;
  return Math.min(now + Math.round((fast ?? ordinary) * (1 + schedule.jitter * random())), expiresAt);
}
