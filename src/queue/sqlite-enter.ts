/**
 * How mail comes into the SQLite queue and goes out of it: `put`, and `settle` with the reports that it causes. What may take
 * long (octets that are read, sealed, staged) is done before the one step that counts.
 */
import type { Lease, QueueDriver, Settlement, Submission } from './driver.js';
import { applySettlement } from './job-record.js';
import { type ContentStore, stage, unstage } from './sqlite-content.js';
import { knownId, packSubmission, type Prepared, putSubmission, settleLease } from './sqlite-jobs.js';
import { letAllGo } from './sqlite-put-off.js';
import type { Recent } from './sqlite-recent.js';

/** What one queue works with. */
export interface Store extends ContentStore {
  readonly recent: Recent;
  /** Tells the workers of this process that something new may be due. */
  wake(): void;
}

/** How mail comes in and goes out of the queue. */
export function entering(store: Store): Pick<QueueDriver, 'put' | 'settle'> {
  const { database, committer } = store;
  return {
    async put(submission) {
      // A key that is known costs no reading of the message.
      const { idempotencyKey: key } = submission;
      const known = key === null ? null : await committer.read(() => knownId(database, key));
      if (known !== null) return committer.readKept(() => ({ id: known, existing: true }));
      const prepared = await prepare(store, submission);
      const put = await orGiveUp(store, [prepared], () =>
        committer.write(() => putSubmission(database, prepared)),
      );
      if (put.existing) await giveUp(store, prepared);
      else if (!prepared.remembered) await submission.message.dispose?.();
      store.wake();
      return put;
    },
    async settle(lease: Lease, settlement: Settlement) {
      const { attempts } = applySettlement(lease.job, settlement);
      store.recent.forget(lease.job.submissionId);
      const reports: Prepared[] = [];
      for (const report of settlement.reports) reports.push(await prepare(store, report));
      const { done, going } = await orGiveUp(store, reports, () =>
        committer.write(() => settleLease(database, lease, { ...settlement, attempts }, reports)),
      );
      if (!done) for (const report of reports) await giveUp(store, report);
      await letAllGo(store, going);
      store.wake();
      return done;
    },
  };
}

async function prepare(store: Store, submission: Submission): Promise<Prepared> {
  const now = submission.jobs[0]?.createdAt ?? 0;
  const written = packSubmission(submission);
  const staged = await stage(store, submission.message, now);
  // Before it is committed: then it may be leased before `put` goes on.
  return { ...written, staged, remembered: store.recent.remember(written) };
}

/** What was made ready for a submission and will not be used. */
async function giveUp(store: Store, { submission, staged }: Prepared): Promise<void> {
  store.recent.forget(submission.id);
  await unstage(store, staged);
}

/** What was staged for a step that failed is given up. */
async function orGiveUp<T>(store: Store, prepared: readonly Prepared[], step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    for (const each of prepared) await giveUp(store, each).catch(() => undefined);
    throw error;
  }
}
