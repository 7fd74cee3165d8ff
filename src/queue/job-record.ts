/**
 * What every driver does with a job, apart from keeping it: how one begins, how a settlement changes it, what is left
 * of its message in the end. Pure.
 */
import { QueueError } from '../core/errors.js';
import type { Reason } from '../core/reasons.js';
import type { Job, JobRecipient } from '../deliver/job.js';
import type { Message } from '../message/source.js';
import type { JobQuery, JobView, NewJob, Settlement, Submission } from './driver.js';
import { undigestedFactsOf } from './stored-message.js';

/** The recipients of a new job: nothing has happened to them yet. */
export function startRecipients(job: NewJob): JobRecipient[] {
  return job.envelope.recipients.map(({ address, notify, originalRecipient }) => ({
    address,
    notify,
    originalRecipient,
    state: 'waiting',
    reason: null,
    detail: '',
    heldSince: null,
    warnedAt: null,
  }));
}

/** The job that a submission's new job becomes. */
export function startJob(job: NewJob, submission: Submission): Job {
  return {
    id: job.id,
    submissionId: submission.id,
    domain: job.domain,
    envelope: job.envelope,
    recipients: startRecipients(job),
    message: submission.message,
    ask: job.ask,
    floor: job.floor,
    kind: job.kind,
    attempts: 0,
    interruptions: 0,
    createdAt: job.createdAt,
    expiresAt: job.expiresAt,
  };
}

/**
 * The job after a settlement.
 * @throws QueueError `settlement-mismatch` when a recipient is missing or new: that would lose mail
 */
export function applySettlement(job: Job, settlement: Settlement): Job {
  const same =
    settlement.recipients.length === job.recipients.length &&
    settlement.recipients.every((each, i) => each.address.path === job.recipients[i]?.address.path);
  if (!same) {
    throw new QueueError(
      'settlement-mismatch',
      `settle: expected the ${job.recipients.length} recipients of job ${job.id} in their order, got ${settlement.recipients.length} others; pass all of them, changed or not`,
    );
  }
  const { next } = settlement;
  const counts = next.kind !== 'again' || next.countAttempt;
  return { ...job, recipients: settlement.recipients, attempts: job.attempts + (counts ? 1 : 0) };
}

/** Why recipients wait or failed, each reason once. */
export function reasonsOf(recipients: readonly JobRecipient[]): readonly Reason[] {
  return [...new Set(recipients.map(({ reason }) => reason).filter((one): one is Reason => one !== null))];
}

/** `open` of a message whose job has ended. */
export function contentGone(jobId: string): () => never {
  return () => {
    throw new QueueError('content-gone', `job ${jobId} has ended: the content of its message is not kept`);
  };
}

const NOTHING = new Uint8Array(0);

/** The same job without the content of its message, for the time after its end: octets and digest go, other facts stay. */
export function forgetContent(job: Job): Job {
  const message: Message = {
    ...undigestedFactsOf(job.message),
    sha256: '',
    header: NOTHING,
    open: contentGone(job.id),
  };
  return { ...job, message };
}

/** True when the job fits every field of the query. */
export function matchesQuery(view: JobView, query: JobQuery): boolean {
  const { job } = view;
  return (
    (query.id === undefined || job.id === query.id) &&
    (query.submissionId === undefined || job.submissionId === query.submissionId) &&
    (query.domain === undefined || job.domain === query.domain) &&
    (query.state === undefined || view.state === query.state) &&
    (query.createdBefore === undefined || job.createdAt < query.createdBefore) &&
    (query.reason === undefined || job.recipients.some((each) => each.reason === query.reason))
  );
}

/**
 * Refuses a submission that no driver can keep.
 * @param isTaken looks for a job of another submission; absent where the store itself will tell
 * @throws QueueError `submission-empty`, `job-id-taken`
 */
export function checkSubmission(submission: Submission, isTaken?: (jobId: string) => boolean): void {
  if (submission.jobs.length === 0) {
    throw new QueueError(
      'submission-empty',
      `put: submission ${submission.id} has no job; give it one per domain`,
    );
  }
  const ids = new Set<string>();
  for (const { id } of submission.jobs) {
    if (ids.has(id) || isTaken?.(id) === true) throw jobIdTaken(id);
    ids.add(id);
  }
}

/** Two jobs would have one id. */
export function jobIdTaken(id: string): QueueError {
  return new QueueError('job-id-taken', `put: there is a job ${id} already; give every job an id of its own`);
}

/** There is a submission under this id, and not under the same key. */
export function submissionIdTaken(id: string): QueueError {
  return new QueueError(
    'submission-id-taken',
    `put: there is a submission ${id} already; give every submission an id of its own`,
  );
}

/** Something was asked of a queue after `close`. */
export function queueClosed(): QueueError {
  return new QueueError('queue-closed', 'the queue has been closed; make a new one');
}
