/**
 * How mail comes into the PostgreSQL queue and how it goes out: put and settle. A message is read before the transaction
 * begins; what it changes is in postgres-sql-jobs.ts.
 */
import type { Lease, QueueDriver, Settlement, Submission } from './driver.js';
import { applySettlement, checkSubmission, reasonsOf } from './job-record.js';
import { type Packed, packSubmission, unstage } from './postgres-content.js';
import { isStagedLost } from './postgres-failure.js';
import type { Ending, Settler } from './postgres-settle.js';
import { ask, type Store } from './postgres-store.js';
import { packRecipients } from './stored-job.js';
import { MAX_IN_MEMORY } from './stored-message.js';

/** Octets that the server forgot are staged again, so often. */
const MOST_STAGINGS = 3;

/** How mail comes in and goes out of the queue. */
export function entering(store: Store, settler: Settler): Pick<QueueDriver, 'put' | 'settle'> {
  return {
    async put(submission) {
      checkSubmission(submission);
      const known = (await knownId(store, submission)) ?? (await putNew(store, submission));
      if (known !== null) return { id: known, existing: true };
      await submission.message.dispose?.();
      store.watch.wake();
      store.watch.announce();
      return { id: submission.id, existing: false };
    },
    async settle(lease, settlement) {
      for (const report of settlement.reports) checkSubmission(report);
      const { domain, id } = lease.job;
      const ending = { domain, id, token: lease.token, end: endOf(lease, settlement) };
      const answer =
        settlement.reports.length === 0
          ? await settler.settle(ending)
          : await settleWithReports(store, ending, settlement.reports);
      store.watch.wake();
      if (answer === 'more' || settlement.reports.length > 0) store.watch.announce();
      return answer !== 'lost';
    },
  };
}

function settleWithReports(
  store: Store,
  { domain, id, token, end }: Ending,
  reports: readonly Submission[],
): Promise<string | null> {
  return withOctets(store, reports, (texts, octets) =>
    ask(store, 'settle($1, $2, $3, $4, $5, $6, $7)', (again) => [
      domain,
      id,
      token,
      JSON.stringify(end),
      JSON.stringify(texts),
      octets,
      again,
    ]),
  );
}

/** The id of the submission under the same key; asked beforehand only where that spares the writing of many octets. */
async function knownId(store: Store, { idempotencyKey, message }: Submission): Promise<string | null> {
  if (idempotencyKey === null || message.size <= MAX_IN_MEMORY) return null;
  const sql = `SELECT id FROM ${store.schema}.submission WHERE key = $1`;
  const [row] = await store.call(sql, () => [idempotencyKey]);
  return (row?.['id'] ?? null) as string | null;
}

/** null when it was kept, or the id that is known under its key. */
function putNew(store: Store, submission: Submission): Promise<string | null> {
  return withOctets(store, [submission], ([text], octets) =>
    ask(store, 'put($1, $2, $3)', (again) => [JSON.stringify(text), octets, again]),
  );
}

/** What a settlement means for the job, as the database wants it. */
function endOf({ job }: Lease, settlement: Settlement): object {
  const { next, recipients, at, putOff } = settlement;
  const isAgain = next.kind === 'again';
  return {
    state: isAgain ? 'ready' : next.kind,
    dueAt: isAgain ? next.at : at,
    latestAt: isAgain ? next.latestAt : at,
    attempts: applySettlement(job, settlement).attempts,
    recipients: packRecipients(recipients),
    reasons: next.kind === 'done' ? [] : reasonsOf(recipients),
    at,
    ...(putOff === undefined ? {} : { putOff }),
  };
}

/** Runs a step with the octets of its submissions; what was staged and not used afterwards is given up. */
async function withOctets<T>(
  store: Store,
  submissions: readonly Submission[],
  step: (texts: readonly object[], octets: Uint8Array) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const packed: Packed[] = [];
    let from = 1;
    try {
      for (const submission of submissions) {
        const one = await packSubmission(store, submission, from);
        packed.push(one);
        from += one.octets?.length ?? 0;
      }
      const octets = Buffer.concat(packed.map((one) => one.octets ?? new Uint8Array(0)));
      const texts = packed.map(({ text }) => text);
      return await step(texts, octets);
    } catch (error) {
      if (tries === MOST_STAGINGS || !isStagedLost(error)) throw error;
    } finally {
      const staged = packed.filter((one) => one.octets === null);
      await unstage(
        store,
        staged.map(({ content }) => content),
      );
    }
  }
}
