/**
 * An operator takes a message back: whoever still waits for it fails with the reason `cancelled`, and the report
 * about it is kept in the same step. What is under way at this moment is let be: the peer may be taking it just now.
 */
import type { Clock } from '../core/clock.js';
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { printable } from '../core/printable.js';
import { hasEnded, type Job } from '../deliver/job.js';
import { type Outcome, outcomeWithoutSession } from '../deliver/outcome.js';
import { settleAttempt } from '../deliver/settle.js';
import type { Lease, Next } from './driver.js';
import type { WorkOptions } from './work.js';
import { tellSettled } from './work-events.js';

/** Who takes a message back, and why; both are kept with the recipients and stand in the report. */
export interface CancelRequest {
  readonly by: string;
  readonly reason: string;
}

/** What became of one job of a message that was taken back. */
export interface Cancellation {
  readonly job: string;
  readonly domain: string;
  /** `leased`: an attempt is under way, so it is not cancelled; ask again later. `ended`: there was nothing left to cancel. */
  readonly result: 'cancelled' | 'leased' | 'ended';
}

/** For whom and when. */
export interface Cancelling {
  readonly owner: string;
  readonly clock: Clock;
  /** Milliseconds for which a job is taken to end it. */
  readonly leaseMs: number;
}

/**
 * Takes back all jobs of a submission that wait; one result for each job, none for an unknown id.
 * @throws ConfigError `cancel-invalid`, `option-unknown`; QueueError, or what composing a report threw: then that job is
 * as it was, and the call may be repeated
 */
export async function cancelSubmission(
  submissionId: string,
  request: CancelRequest,
  options: WorkOptions,
  cancelling: Cancelling,
): Promise<readonly Cancellation[]> {
  checkRequest(request);
  const { driver } = options;
  const limit = Math.max(1, await driver.count({ submissionId }));
  const results: Cancellation[] = [];
  for (const { job } of await driver.find({ submissionId, limit })) {
    const { owner, clock, leaseMs } = cancelling;
    const held = await driver.take(job.id, { owner, now: clock.now(), leaseMs });
    const isCancelled = held !== null && (await cancelJob(held, request, options, clock.now()));
    const result = isCancelled ? 'cancelled' : await whyNot(job, options);
    results.push({ job: job.id, domain: job.domain, result });
  }
  return results;
}

function checkRequest(request: CancelRequest): void {
  refuseUnknownOptions(request, ['by', 'reason'], 'cancel');
  for (const key of ['by', 'reason'] as const) {
    if (typeof request[key] === 'string' && request[key].trim() !== '') continue;
    throw new ConfigError(
      'cancel-invalid',
      `cancel: "${key}" is required: ${key === 'by' ? 'who takes the message back' : 'why it is taken back'}, as text; it stands in the report`,
    );
  }
}

/** Ends one job; false when somebody else holds it by now. */
async function cancelJob(
  held: Lease,
  request: CancelRequest,
  options: WorkOptions,
  now: number,
): Promise<boolean> {
  const { job } = held;
  const outcomes = cancelledOutcomes(job, request, now);
  const settled = settleAttempt(job, outcomes, now);
  const next: Next =
    settled.buriedFor === null ? { kind: 'done' } : { kind: 'buried', reason: settled.buriedFor };
  try {
    const reports = await options.reports(job, settled);
    if (!(await options.driver.settle(held, { recipients: settled.recipients, next, reports, at: now }))) {
      return false;
    }
  } catch (error) {
    await options.driver.release(held);
    throw error;
  }
  tellSettled(job, settled, outcomes);
  options.onSettled?.(job, settled, outcomes);
  return true;
}

function cancelledOutcomes(job: Job, { by, reason }: CancelRequest, now: number): readonly Outcome[] {
  const waiting = job.recipients.filter((each) => !hasEnded(each));
  const said = {
    state: 'failed',
    reason: 'cancelled',
    detail: printable(`by ${by}: ${reason}`),
    at: now,
  } as const;
  return waiting.map(({ address }) => outcomeWithoutSession({ recipient: address.text, ...said }));
}

async function whyNot({ id }: Job, { driver }: WorkOptions): Promise<Cancellation['result']> {
  const [view] = await driver.find({ id });
  const isUnfinished = view !== undefined && view.endedAt === null;
  return isUnfinished ? 'leased' : 'ended';
}
