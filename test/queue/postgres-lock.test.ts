import { describe, expect, it } from 'vitest';
import type { Lease, QueueDriver } from '../../src/queue/driver.js';
import {
  HOUR,
  lease,
  leaseIds,
  LEASE_MS,
  leaseOne,
  makeSubmission,
  put,
  settlement,
  START,
} from '../../src/testing/queue-suite-mail.js';
import { usePostgres } from './postgres-fixture.js';

const postgres = usePostgres();

type Step = (queue: QueueDriver, held: Lease) => Promise<unknown>;

const waiting: Readonly<Record<string, Step>> = {
  put: (queue) => put(queue, { id: 'new', domains: ['a.example', 'b.example'] }),
  lease: (queue) => lease(queue, START),
  take: (queue) => queue.take('s1.1', { owner: 'op', now: START, leaseMs: LEASE_MS }),
  settle: (queue, held) => queue.settle(held, settlement(held, { kind: 'done' })),
  'settle, of another domain, with a report': async (queue) => {
    const [other] = await lease(queue, START, { limit: 1 });
    const report = await makeSubmission({ id: 'r1', kind: 'report' });
    return queue.settle(other as Lease, settlement(other as Lease, { kind: 'done' }, { reports: [report] }));
  },
  release: (queue, held) => queue.release(held),
  'suspend a job': (queue) => queue.suspend({ id: 's1.1' }, { reason: '', by: 'ops', until: null }),
  'suspend a domain': (queue) =>
    queue.suspend({ domain: 'b.example' }, { reason: '', by: 'ops', until: null }),
  'resume a job': (queue) => queue.resume({ id: 's1.1' }),
  'resume a domain': (queue) => queue.resume({ domain: 'b.example' }),
  flush: (queue) => queue.flush('b.example', START),
};

/** Whether a step waits for a lock of PostgreSQL, or has ended. */
async function whatBecomesOf(schema: string, step: Promise<unknown>): Promise<'waits' | 'ended'> {
  const pool = postgres.pool({ max: 1 });
  let ended = false;
  void step.then(() => (ended = true));
  const sql = `SELECT pid::text FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%"${schema}"%'`;
  for (;;) {
    const { rows } = await pool.query(sql);
    if (rows.length > 0) return 'waits';
    if (ended) return 'ended';
  }
}

describe.skipIf(postgres.missing)('whoever changes the jobs of a domain holds its row', () => {
  for (const [name, step] of Object.entries(waiting)) {
    it(`Q-11: ${name}: waits for whoever holds the domain`, async () => {
      const schema = postgres.schema();
      const queue = postgres.queue({ schema });
      await put(queue, { id: 's1' });
      const held = await leaseOne(queue, START);
      await put(queue, { id: 's2' });
      if (name.includes('another')) await put(queue, { id: 's3', domains: ['c.example'], priority: 1 });
      if (name === 'take') await queue.release(held);
      const client = await postgres.pool({ max: 1 }).connect();
      await client.query('BEGIN');
      await client.query(`SELECT FROM "${schema}".domain WHERE name = 'b.example' FOR UPDATE`);
      const running = step(queue, held);
      expect(await whatBecomesOf(schema, running)).toBe('waits');
      await client.query('COMMIT');
      client.release();
      await running;
      await queue.close();
    });
  }

  it('Q-11: a lease waits for nobody where others have work; a renewal and an accepted floor never', async () => {
    const schema = postgres.schema();
    const queue = postgres.queue({ schema });
    await put(queue, { id: 's1' });
    const held = await leaseOne(queue, START);
    await put(queue, { id: 's2' });
    await put(queue, { id: 's3', domains: ['c.example'] });
    const client = await postgres.pool({ max: 1 }).connect();
    await client.query('BEGIN');
    await client.query(`SELECT FROM "${schema}".domain WHERE name = 'b.example' FOR UPDATE`);
    expect((await lease(queue, START, { limit: 1 })).map(({ job }) => job.id)).toEqual(['s3.1']);
    expect(await queue.renew(held, START + HOUR)).toBe(true);
    expect(await queue.acceptFloor('s1.1', { level: 'mandatory', fingerprint: 'f' }, 'ciso')).toBe(true);
    await client.query('COMMIT');
    client.release();
    expect(await leaseIds(queue, START)).toEqual(['s2.1']);
    await queue.close();
  });

  it('Q-11: puts to many domains in any order, beside leases and settlements, never lock each other out', async () => {
    const schema = postgres.schema();
    const [queue, other] = [1, 2].map(() => postgres.queue({ schema, pool: postgres.pool({ max: 6 }) })) as [
      QueueDriver,
      QueueDriver,
    ];
    const domains = Array.from({ length: 8 }, (_, i) => `d${i}.example`);
    const puts = Array.from({ length: 60 }, (_, i) => {
      const order = i % 2 === 0 ? domains : domains.toReversed();
      return put(queue, { id: `s${i}`, domains: order });
    });
    let ended = 0;
    const work = async (worker: QueueDriver): Promise<void> => {
      while (ended < 480) {
        const leases = await lease(worker, START, { limit: 10 });
        await Promise.all(leases.map((held) => worker.settle(held, settlement(held, { kind: 'done' }))));
        ended += leases.length;
      }
    };
    await Promise.all([...puts, work(queue), work(other), other.clean(START)]);
    expect(await queue.count({ state: 'done' })).toBe(480);
    const { rows } = await postgres
      .pool({ max: 1 })
      .query(`SELECT deadlocks::text FROM pg_stat_database WHERE datname = 'postgres'`);
    expect(rows).toEqual([{ deadlocks: '0' }]);
    await Promise.all([queue.close(), other.close()]);
  });
});
