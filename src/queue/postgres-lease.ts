/**
 * What workers ask of the PostgreSQL queue; what it does is in postgres-sql-line.ts.
 */
import { randomUUID } from 'node:crypto';
import type { Lease, LeaseRequest, QueueDriver } from './driver.js';
import type { PostgresRow } from './postgres-pool.js';
import { ask, jobOf, type Store, viewRow } from './postgres-store.js';
import { readAll } from './stored-job.js';

/** Leasing again where others were in the way ends after so many times, or nothing else would be done. */
const MOST_LEASE_ROUNDS = 20;

/** What workers call. */
export function leasing(store: Store): Pick<QueueDriver, 'lease' | 'take' | 'renew' | 'release' | 'nextDue'> {
  return {
    async lease(request) {
      const held: PostgresRow[] = [];
      for (let round = 0; round < MOST_LEASE_ROUNDS && held.length < request.limit; round += 1) {
        const rows = await leaseRows(store, request, request.limit - held.length, round > 0);
        const granted = rows.filter(({ row_text: text }) => text !== null);
        held.push(...granted);
        if (granted.length === rows.length) break;
      }
      return readAll(held.map((row) => leaseOf(store, row)));
    },
    async take(id, { owner, now, leaseMs }) {
      const token = randomUUID();
      const sql = `SELECT * FROM ${store.schema}.take($1, $2, $3, $4, $5, $6)`;
      const [row] = await store.call(sql, (again) => [id, token, owner, now, now + leaseMs, again]);
      return row === undefined ? null : leaseOf(store, row);
    },
    async renew({ job, token }, until) {
      return (await ask(store, 'renew($1, $2, $3)', () => [job.id, token, until])) === 'renewed';
    },
    async release({ job, token }) {
      const answer = await ask(store, 'release($1, $2, $3)', () => [job.domain, job.id, token]);
      if (answer === 'lost') return;
      store.watch.wake();
      store.watch.announce();
    },
    async nextDue() {
      const due = await ask(store, 'next_due()', () => []);
      return due === null ? null : Number(due);
    },
  };
}

function leaseRows(
  store: Store,
  { owner, now, leaseMs, perDomain }: LeaseRequest,
  limit: number,
  wait: boolean,
): Promise<PostgresRow[]> {
  const request = randomUUID();
  const sql = `SELECT * FROM ${store.schema}.lease($1, $2, $3, $4, $5, $6, $7, $8)`;
  return store.call(sql, (again) => [request, owner, now, now + leaseMs, limit, perDomain, wait, again]);
}

async function leaseOf(store: Store, row: PostgresRow): Promise<Lease> {
  const view = viewRow(row);
  return {
    job: await jobOf(store, row, view),
    token: view.token as string,
    until: view.leaseUntil as number,
  };
}
