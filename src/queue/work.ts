/**
 * One lease from beginning to end: attempt, settle with the reports it causes, or give back.
 *
 *   over the rate    given back untried until its domain or host has room; no attempt is counted
 *   called off       the lease is given back and no attempt is counted
 *   lease lost       the attempt is called off, and what it found out changes nothing
 *   attempt breaks   tried again on the ordinary schedule; at the end of its life the mail is reported, not forgotten
 *   reports break    what was delivered is recorded; who failed waits, so that nobody ends without being told
 *   store breaks     the settlement is tried again for some minutes: what was delivered must not be sent again
 *
 * Errors that nobody foresaw are told twice: as an event without their text (AT-52), and to `onError` whole.
 */
import { type Clock } from '../core/clock.js';
import { type Events, publish } from '../core/channels.js';
import { createContext, sleep } from '../core/context.js';
import type { Reason } from '../core/reasons.js';
import type { Attempted } from '../deliver/attempt.js';
import { hasEnded, type Job, type JobRecipient } from '../deliver/job.js';
import { type Outcome, outcomeWithoutSession } from '../deliver/outcome.js';
import { settleAttempt, type Settled } from '../deliver/settle.js';
import { firstHeld, isAging, noLaterThanThreshold, passedShare } from './aging.js';
import { nextAttempt, type Schedule, SCHEDULE } from './backoff.js';
import { reasonsOf } from './job-record.js';
import type { Lease, Next, QueueDriver, Settlement, Submission } from './driver.js';
import type { LeaseKeeper } from './keeper.js';
import type { Pace } from './pace.js';
import type { Rate } from './rate.js';
import { turnEnd } from './turn-end.js';
import { tellError, tellLost, tellSettled } from './work-events.js';

/** What working off one lease needs of its host. */
export interface WorkOptions {
  readonly driver: QueueDriver;
  /**
   * One attempt; an outcome for each recipient that has not ended. `roomAt`: nothing was tried, because its host is over
   * its rate until then.
   */
  readonly attempt: (job: Job, signal: AbortSignal) => Promise<Attempted>;
  /** The reports that a settlement causes, as submissions. */
  readonly reports: (job: Job, settled: Settled) => Promise<readonly Submission[]>;
  /** Told after each settlement that took effect; no outcomes where the attempt broke. */
  readonly onSettled?: (job: Job, settled: Settled, outcomes: readonly Outcome[]) => void;
  /** Told of errors that nobody foresaw: of the store, of an attempt, of reports. */
  readonly onError?: (error: unknown) => void;
  readonly random?: () => number;
  readonly schedule?: Schedule;
}

/** The circumstances of one lease. */
export interface Working {
  readonly clock: Clock;
  readonly pace: Pace;
  /** null: there is no limit. */
  readonly rate: Rate | null;
  readonly keeper: LeaseKeeper;
  /** The worker is stopping. */
  readonly signal: AbortSignal;
}

/** Pauses between tries to store a settlement; then the lease is left to run out. */
const STORE_PAUSES_MS = [1000, 5000, 20_000, 60_000, 120_000];

/** Works off one lease; false when it was not its turn. Rejects only when the store fails for long. */
export async function work(held: Lease, options: WorkOptions, working: Working): Promise<boolean> {
  const { id, domain, interruptions, expiresAt } = held.job;
  const now = working.clock.now();
  // The last attempt, from which a report comes, waits for nothing.
  const roomAt = now < expiresAt ? (working.rate?.take(domain, now) ?? null) : null;
  if (roomAt !== null) {
    await finish(held, untried(held.job, roomAt, now), options, working);
    return false;
  }
  if (interruptions > 0) publish('delivery.ambiguous', { job: id, domain, host: '' });
  const lease = working.keeper.keep(held);
  try {
    const outcomes = await attemptOf(held, options, lease.signal);
    if (typeof outcomes === 'object' && 'roomAt' in outcomes) {
      working.rate?.giveBack(domain);
      await finish(held, untried(held.job, outcomes.roomAt, now), options, working);
      return false;
    }
    if (outcomes === 'called off') {
      if (!working.signal.aborted) tellLost(held.job);
      await options.driver.release(held);
    } else {
      // What follows on the same connection leaves first; the line is not to wait for the books.
      await turnEnd();
      await settle(held, outcomes, options, working);
    }
  } finally {
    lease.end();
  }
  return true;
}

/** Everything as it stood, and another look at `at`. */
function untried(job: Job, at: number, now: number): Settlement {
  const { recipients, latestAt } = settleAttempt(job, [], now);
  const next: Next = { kind: 'again', at: retryAt(job, recipients, at, now), latestAt, countAttempt: false };
  return { recipients, next, reports: [], at: now };
}

/** The outcomes of an attempt; `broken` when it threw what nobody foresaw. */
async function attemptOf(
  { job }: Lease,
  options: WorkOptions,
  signal: AbortSignal,
): Promise<Attempted | 'called off' | 'broken'> {
  try {
    return await options.attempt(job, signal);
  } catch (error) {
    if (signal.aborted) return 'called off';
    tellError(options, error, 'attempt', job);
    return 'broken';
  }
}

async function settle(
  held: Lease,
  found: readonly Outcome[] | 'broken',
  options: WorkOptions,
  working: Working,
): Promise<void> {
  const { job } = held;
  const now = working.clock.now();
  const outcomes = found === 'broken' ? brokenOutcomes(job, now) : found;
  // A break is no word about the mail: all stand as they stood.
  const settled = settleAttempt(job, found === 'broken' && now < job.expiresAt ? [] : outcomes, now);
  const reasons = settled.domain === 'closed' ? reasonsOf(waitingOf(settled)) : [];
  const putOff = working.pace.note(job.domain, settled.domain, reasons, now);
  const composed = await composeSettlement(job, settled, outcomes, options, now);
  const settlement = putOff === undefined ? composed : { ...composed, putOff };
  if (!(await finish(held, settlement, options, working))) return;
  tellSettled(job, settled, outcomes);
  options.onSettled?.(job, settled, found === 'broken' ? settled.ended : found);
}

/** Stores a settlement; false, and told, when the lease has been lost. */
async function finish(
  held: Lease,
  settlement: Settlement,
  options: WorkOptions,
  working: Working,
): Promise<boolean> {
  const reason = reasonOfAging(held.job, settlement);
  const aging = reason === null ? null : await agingOf(held.job, reason, settlement.at, options);
  if (!(await store(held, settlement, options, working))) {
    tellLost(held.job);
    return false;
  }
  if (aging !== null) publish('hold.aging', aging);
  return true;
}

/** The settlement with its reports; without them, one in which nobody ends unreported. */
async function composeSettlement(
  job: Job,
  settled: Settled,
  outcomes: readonly Outcome[],
  options: WorkOptions,
  now: number,
): Promise<Settlement> {
  const next = nextOf(job, settled, options, now);
  try {
    const reports = await options.reports(job, settled);
    return { recipients: settled.recipients, next, reports, at: now };
  } catch (error) {
    tellError(options, error, 'report', job);
    const endless = { ...job, expiresAt: Number.POSITIVE_INFINITY };
    const patient = outcomes.map((each): Outcome =>
      each.state === 'failed' ? { ...each, state: 'deferred' } : each,
    );
    const kept = settleAttempt(endless, patient, now);
    const recipients = kept.recipients.map((each, i) => ({
      ...each,
      warnedAt: job.recipients[i]?.warnedAt ?? null,
    }));
    return { recipients, next: nextOf(endless, kept, options, now), reports: [], at: now };
  }
}

function nextOf(job: Job, settled: Settled, options: WorkOptions, now: number): Next {
  if (settled.buriedFor !== null) return { kind: 'buried', reason: settled.buriedFor };
  if (!settled.goesOn) return { kind: 'done' };
  const waiting = waitingOf(settled);
  const retry = { attempts: job.attempts, reasons: reasonsOf(waiting), now, expiresAt: job.expiresAt };
  const planned = nextAttempt(retry, options.schedule ?? SCHEDULE, options.random ?? Math.random);
  const at = retryAt(job, waiting, planned, now);
  return { kind: 'again', at, latestAt: settled.latestAt, countAttempt: true };
}

function waitingOf({ recipients }: Pick<Job, 'recipients'>): readonly JobRecipient[] {
  return recipients.filter((each) => !hasEnded(each));
}

/** `planned`, but never after the end of its life, nor after the time at which there is something to tell of its age. */
function retryAt(job: Job, recipients: readonly JobRecipient[], planned: number, now: number): number {
  const at = Math.min(planned, job.expiresAt);
  return firstHeld(recipients) === undefined ? at : noLaterThanThreshold(job, now, at);
}

/** Why a policy holds a job of whose age there may be something to tell now; null: there is nothing. */
function reasonOfAging(job: Job, { recipients, next, at }: Settlement): Reason | null {
  return next.kind === 'again' && isAging(job, at) ? (firstHeld(recipients)?.reason ?? null) : null;
}

/** What is to be told of a held job whose life has passed a threshold; null: nothing. Asks the store when it was due. */
async function agingOf(
  job: Job,
  reason: Reason,
  at: number,
  options: WorkOptions,
): Promise<Events['hold.aging'] | null> {
  try {
    const [view] = await options.driver.find({ id: job.id });
    const share = view === undefined ? null : passedShare(job, view.dueAt, at);
    return share === null
      ? null
      : { job: job.id, domain: job.domain, reason, share, expiresAt: job.expiresAt };
  } catch (error) {
    tellError(options, error, 'settle', job);
    return null;
  }
}

/** What is said of those who wait when a broken attempt was the last: the cause that is known, else the break. */
function brokenOutcomes(job: Job, now: number): readonly Outcome[] {
  return waitingOf(job).map(({ address, reason, detail }) =>
    outcomeWithoutSession({
      recipient: address.text,
      state: 'deferred',
      reason: reason ?? 'internal-error',
      detail,
      at: now,
    }),
  );
}

/** Stores a settlement; false when the lease has been lost. @throws what the store threw at the last try */
async function store(
  held: Lease,
  settlement: Settlement,
  options: WorkOptions,
  { clock, signal }: Working,
): Promise<boolean> {
  for (const pause of STORE_PAUSES_MS) {
    try {
      return await options.driver.settle(held, settlement);
    } catch (error) {
      tellError(options, error, 'settle', held.job);
      await sleep(pause, createContext({ clock, signal }));
    }
  }
  return options.driver.settle(held, settlement);
}
