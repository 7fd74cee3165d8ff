/**
 * Follows the messages of this process: when each recipient has been tried once, and when each has ended. It only
 * watches; the queue is what counts, and `status` reads that.
 */
import type { Job } from './deliver/job.js';
import type { Outcome } from './deliver/outcome.js';
import type { Settled } from './deliver/settle.js';
import type { Submission } from './queue/driver.js';

/** What `send` gives. */
export interface Receipt {
  /** Under this id `status` knows the message. */
  readonly id: string;
  /** Outcome of the first attempt of each recipient, once all have been tried by this process. */
  readonly attempted: Promise<readonly Outcome[]>;
  /** Final outcome of each recipient: delivered or failed. Resolves in the process that works the queue off. */
  readonly settled: Promise<readonly Outcome[]>;
}

interface Followed {
  readonly receipt: Receipt;
  readonly attempted: Map<string, Outcome>;
  /** Each recipient ends once. */
  readonly ended: Outcome[];
  readonly total: number;
  resolveAttempted(outcomes: readonly Outcome[]): void;
  resolveSettled(outcomes: readonly Outcome[]): void;
}

/** Follows messages. */
export interface Tracker {
  follow(submission: Submission): Receipt;
  forget(id: string): void;
  /** The receipt of a message put before under the same key; its promises stay open where this process does not know it. */
  known(id: string): Receipt;
  readonly note: (job: Job, settled: Settled, outcomes: readonly Outcome[]) => void;
}

/** Makes a tracker. */
export function createTracker(): Tracker {
  const followed = new Map<string, Followed>();
  const open = (id: string, total: number): Followed => {
    let resolveAttempted: Followed['resolveAttempted'] = () => undefined;
    let resolveSettled: Followed['resolveSettled'] = () => undefined;
    const attempted = new Promise<readonly Outcome[]>((resolve) => (resolveAttempted = resolve));
    const settled = new Promise<readonly Outcome[]>((resolve) => (resolveSettled = resolve));
    return {
      receipt: { id, attempted, settled },
      attempted: new Map(),
      ended: [],
      total,
      resolveAttempted,
      resolveSettled,
    };
  };
  return {
    follow(submission) {
      const total = submission.jobs.reduce((sum, job) => sum + job.envelope.recipients.length, 0);
      const entry = open(submission.id, total);
      followed.set(submission.id, entry);
      return entry.receipt;
    },
    forget: (id) => void followed.delete(id),
    known: (id) => followed.get(id)?.receipt ?? open(id, 0).receipt,
    note(job, settled, outcomes) {
      const entry = followed.get(job.submissionId);
      if (entry === undefined) return;
      for (const outcome of outcomes) {
        if (!entry.attempted.has(outcome.recipient)) entry.attempted.set(outcome.recipient, outcome);
      }
      entry.ended.push(...settled.ended);
      if (entry.attempted.size === entry.total) entry.resolveAttempted([...entry.attempted.values()]);
      if (entry.ended.length < entry.total) return;
      entry.resolveSettled(entry.ended);
      followed.delete(job.submissionId);
    },
  };
}
