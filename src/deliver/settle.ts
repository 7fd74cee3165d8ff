/**
 * Steps 9 and 10, pure: from the outcomes of an attempt to what becomes of the job. Delivered and failed recipients have
 * ended; held, deferred and unknown ones go on until the job's life is over, and then fail with their real cause
 * (Q-23, DSN-33). Each recipient ends once, so it is reported once; those that end together share a report (DSN-14).
 */
import type { Reason } from '../core/reasons.js';
import type { Job, JobRecipient } from './job.js';
import type { Outcome } from './outcome.js';

/** A policy hold is told to the sender after this time, once (DSN-12). */
export const WARN_AFTER_MS = 4 * 3_600_000;

/** What an attempt comes to. */
export interface Settled {
  /** All recipients of the job, in their order, as they stand now. */
  readonly recipients: readonly JobRecipient[];
  /** Those that ended now; failed ones are to be reported. */
  readonly ended: readonly Outcome[];
  /** Those whose sender is to be warned now. */
  readonly delayed: readonly Outcome[];
  /** Some recipient still waits. */
  readonly goesOn: boolean;
  /** The reason of a job that ends with a failure; null where nobody failed or somebody waits. */
  readonly buriedFor: Reason | null;
  readonly holdStarted: Reason | null;
  readonly holdCleared: boolean;
}

/** Settles an attempt that ended at `now`. Recipients without an outcome stay as they are. */
export function settleAttempt(job: Job, outcomes: readonly Outcome[], now: number): Settled {
  const byRecipient = new Map(outcomes.map((outcome) => [outcome.recipient, outcome]));
  const isOver = now >= job.expiresAt;
  const ended: Outcome[] = [];
  const delayed: Outcome[] = [];
  let holdStarted: Reason | null = null;
  let holdCleared = false;
  const recipients = job.recipients.map((recipient): JobRecipient => {
    const given = byRecipient.get(recipient.address.text);
    if (given === undefined || hasEnded(recipient)) return recipient;
    // Status and reason stay those of the real cause; only the hope is gone.
    const outcome: Outcome = isOver && given.state !== 'delivered' ? { ...given, state: 'failed' } : given;
    const held = outcome.state === 'held';
    const heldSince = held ? (recipient.heldSince ?? now) : null;
    if (held && recipient.heldSince === null) holdStarted ??= outcome.reason;
    if (!held && recipient.heldSince !== null && outcome.state !== 'failed') holdCleared = true;
    const stands = {
      ...recipient,
      state: outcome.state,
      reason: outcome.reason,
      detail: outcome.detail,
      heldSince,
    };
    if (hasEnded(stands)) ended.push(outcome);
    const warns = heldSince !== null && now - heldSince >= WARN_AFTER_MS && recipient.warnedAt === null;
    if (!warns) return stands;
    delayed.push(outcome);
    return { ...stands, warnedAt: now };
  });
  const goesOn = recipients.some((recipient) => !hasEnded(recipient));
  const failed = recipients.find((recipient) => recipient.state === 'failed');
  return {
    recipients,
    ended,
    delayed,
    goesOn,
    buriedFor: goesOn ? null : (failed?.reason ?? null),
    holdStarted,
    holdCleared,
  };
}

function hasEnded(recipient: Pick<JobRecipient, 'state'>): boolean {
  return recipient.state === 'delivered' || recipient.state === 'failed';
}
