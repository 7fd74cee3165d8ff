/**
 * What BullMQ is told once the mail is kept: which jobs there are, which are due after all, which have ended. Each of it can
 * be told twice without harm.
 */
import type { BullJob } from './bullmq-library.js';
import { bullId, packBullJob } from './bullmq-rows.js';
import type { Opened } from './bullmq-store.js';
import type { Submission } from './driver.js';

const OUTBOX_AT_ONCE = 100;

/** Tells BullMQ the jobs of a submission, all in one step. One that it knows already stays as it is. */
export async function enlist({ queue, run }: Opened, { id, jobs }: Submission): Promise<void> {
  const now = Date.now();
  await queue.addBulk(
    jobs.map((job) => {
      const about = { submission: id, domain: job.domain, kind: job.kind };
      return packBullJob(bullId(job.id), about, { due: job.notBefore, priority: job.priority, now });
    }),
  );
  // Where this does not arrive, they are added once more, which changes nothing.
  run('sent', id).catch(() => undefined);
}

/** Tells BullMQ the jobs that a process kept and could not tell it any more. */
export async function clearOutbox({ queue, run }: Opened): Promise<void> {
  for (let more = true; more;) {
    const waiting = (await run('outbox', OUTBOX_AT_ONCE)) as [string, string[][]][];
    const now = Date.now();
    for (const [submission, jobs] of waiting) {
      await queue.addBulk(
        jobs.map(([id = '', domain = '', kind = '', due, priority]) =>
          packBullJob(
            id,
            { submission, domain, kind },
            { due: Number(due), priority: Number(priority), now },
          ),
        ),
      );
      await run('sent', submission);
    }
    more = waiting.length === OUTBOX_AT_ONCE;
  }
}

/** Makes a delayed job due for BullMQ; one that is not delayed stays where it is. */
export async function promote({ queue }: Opened, id: string): Promise<void> {
  const job = await queue.getJob(id);
  await job?.promote().catch((error: unknown) => {
    if (!isRefused(error)) throw error;
  });
}

/** True for what BullMQ refuses, which it numbers: the lease has been lost, or the job is not where it was. */
export function isRefused(error: unknown): boolean {
  return typeof (error as { readonly code?: unknown }).code === 'number';
}

/** Moves a job to where BullMQ keeps finished ones. */
export async function end(job: BullJob, token: string, reason: string | null): Promise<void> {
  if (reason === null) await job.moveToCompleted(null, token, false);
  else await job.moveToFailed(new Error(reason), token, false);
}
