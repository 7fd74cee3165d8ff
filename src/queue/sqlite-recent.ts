/**
 * Mail that this process has put and not yet tried: its first attempt, which mostly follows at once, need not read and parse
 * what is still here. Only messages in memory that nobody else can change, and few octets of them; the row decides: what is
 * remembered counts only where each text of the row is the one that was written for it.
 */
import type { Job } from '../deliver/job.js';
import { isHeld } from '../message/held-octets.js';
import type { Submission } from './driver.js';
import { startJob } from './job-record.js';
import type { StoredJob, StoredRow } from './stored-job.js';

/** The texts of a job as they were written. */
export type Packed = Pick<StoredJob, 'kept' | 'recipients' | 'floor'>;

/** A submission as it was written. */
export interface Written {
  readonly submission: Submission;
  readonly facts: string;
  /** One for each job. */
  readonly jobs: readonly Packed[];
}

/**
 * Mail that was put a moment ago. Its memory is left to the collector (nobody may `dispose` of it): a job may hold its message
 * when it is already forgotten here.
 */
export interface Recent {
  /** False when it is none that can be remembered. */
  remember(written: Written): boolean;
  /** The job of a row; null when it is not remembered, or no longer as it was. */
  jobOf(row: StoredRow): Job | null;
  /** By the id of a submission. */
  forget(id: string): void;
}

/** Octets of all that is remembered, and of one submission: its message and the texts of its jobs. */
const MOST = 8 * 2 ** 20;
const MOST_OF_ONE = 64 * 1024;

/** `remembers: false` for octets that are sealed: they are to lie open no longer than the work on them takes. */
export function createRecent({ remembers }: { readonly remembers: boolean }): Recent {
  const all = new Map<string, Written>();
  let size = 0;
  const forget = (id: string): void => {
    const written = all.get(id);
    if (written !== undefined && all.delete(id)) size -= sizeOf(written);
  };
  return {
    remember(written) {
      const { id, message } = written.submission;
      const own = sizeOf(written);
      if (!remembers || own > MOST_OF_ONE || all.has(id) || !isHeld(message)) return false;
      all.set(id, written);
      size += own;
      for (const oldest of all.keys()) {
        if (size <= MOST) break;
        forget(oldest);
      }
      return true;
    },
    jobOf(row) {
      const written = all.get(row.submissionId);
      if (written === undefined || row.endedAt !== null || row.facts !== written.facts) return null;
      const number = written.submission.jobs.findIndex(({ id }) => id === row.id);
      const job = written.submission.jobs[number];
      const packed = written.jobs[number];
      if (job === undefined || packed === undefined) return null;
      if (row.kept !== packed.kept || row.recipients !== packed.recipients || row.floor !== packed.floor) {
        return null;
      }
      const { attempts, interruptions, createdAt, expiresAt } = row;
      return { ...startJob(job, written.submission), attempts, interruptions, createdAt, expiresAt };
    },
    forget,
  };
}

/** A small message to many recipients is large. */
function sizeOf({ submission, facts, jobs }: Written): number {
  const texts = jobs.reduce(
    (sum, { kept, recipients, floor }) => sum + kept.length + recipients.length + floor.length,
    facts.length,
  );
  return submission.message.size + texts;
}
