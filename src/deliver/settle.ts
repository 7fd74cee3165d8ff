/**
 * Steps 9 and 10, pure: from the outcomes of an attempt to what becomes of the job. Delivered and failed recipients have
 * ended; held, deferred and unknown ones go on until the job's life is over, and then fail with their real cause
 * (Q-23, DSN-33). Each recipient ends once, so it is reported once; those that end together share a report (DSN-14).
 */
import type { Reason } from '../core/reasons.js';
import { hasEnded, type Job, type JobRecipient } from './job.js';
import type { Outcome } from './outcome.js';

/** A policy hold is told to the sender after this time, once (DSN-12). */
export const WARN_AFTER_MS = 4 * 3_600_000;

/** What an attempt says about the mail servers of a domain as a whole: no other mail would fare better, or it would. */
export type DomainSays = 'closed' | 'open' | null;

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
  readonly domain: DomainSays;
  /** When the job must be looked at, whatever else is known: to warn a sender, or because its life ends. */
  readonly latestAt: number;
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
    const { address, notify, originalRecipient, warnedAt } = recipient;
    const { state, reason, detail } = outcome;
    const stands = { address, notify, originalRecipient, state, reason, detail, heldSince, warnedAt };
    if (hasEnded(stands)) ended.push(outcome);
    // A job that waited untried, because others had found its domain closed, has waited from its beginning.
    const since = recipient.heldSince ?? job.createdAt;
    const warns = held && now - since >= WARN_AFTER_MS && recipient.warnedAt === null;
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
    domain: sayOfDomain(job, outcomes),
    latestAt: latestOf(job, recipients),
  };
}

function latestOf(job: Job, recipients: readonly JobRecipient[]): number {
  const warnings = recipients
    .filter((recipient) => recipient.heldSince !== null && recipient.warnedAt === null)
    .map((recipient) => (recipient.heldSince ?? 0) + WARN_AFTER_MS);
  return Math.min(job.expiresAt, ...warnings);
}

/** Reasons that hold for every mail to the domain, apart from those by which a policy refuses its servers. */
const CLOSED: ReadonlySet<Reason> = new Set([
  'dns-servfail',
  'dns-timeout',
  'dns-refused',
  'dns-malformed',
  'dns-alias-loop',
  'dns-unconfirmed',
  'dnssec-invalid',
  'host-unresolved',
  'connect-refused',
  'connect-timeout',
  'network-unreachable',
  'egress-port-blocked',
  'no-greeting',
  'peer-busy',
  'peer-concurrency-limit',
]);

function sayOfDomain(job: Job, outcomes: readonly Outcome[]): DomainSays {
  if (outcomes.some((outcome) => outcome.state === 'delivered' || outcome.reply?.secure === true))
    return 'open';
  // What only this message asks for says nothing about others.
  if (outcomes.length === 0 || job.ask !== null) return null;
  const closed = outcomes.every(
    ({ state, reason }) =>
      reason !== null && reason !== 'policy-lowered' && (state === 'held' || CLOSED.has(reason)),
  );
  return closed ? 'closed' : null;
}
