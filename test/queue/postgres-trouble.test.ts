import pg from 'pg';
import { describe, expect, it } from 'vitest';
import type { Lease } from '../../src/queue/driver.js';
import { bigSubmission } from '../../src/queue/octets.fixture.js';
import { postgresQueue } from '../../src/queue/postgres.js';
import {
  DAY,
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
import { workThroughFalls } from './falls.js';
import { bound, losingAnswers, usePostgres } from './postgres-fixture.js';

const postgres = usePostgres();

describe.skipIf(postgres.missing)('an answer of PostgreSQL that is lost', () => {
  it('Q-8: to a put: it is kept once, under its id', async () => {
    const { pool, lost } = losingAnswers(postgres.pool(), 'put');
    const queue = postgres.queue({ pool });
    expect(await put(queue, { id: 's1' })).toEqual({ id: 's1', existing: false });
    expect(await put(queue, { id: 's2', key: 'k' })).toEqual({ id: 's2', existing: false });
    expect(await put(queue, { id: 's3', key: 'k' })).toEqual({ id: 's2', existing: true });
    expect(await queue.put(await bigSubmission('s4', 2_000_000))).toEqual({ id: 's4', existing: false });
    expect(lost()).toBe(4);
    await expect(put(queue, { id: 's1' })).rejects.toMatchObject({ code: 'submission-id-taken' });
    expect(await queue.count({})).toBe(3);
    await queue.close();
  });

  it('Q-11: to a lease: the same jobs are handed out, none is left to its lease', async () => {
    const { pool, lost } = losingAnswers(postgres.pool(), 'lease');
    const queue = postgres.queue({ pool });
    for (let i = 0; i < 5; i += 1) await put(queue, { id: `s${i}`, domains: [`d${i}.example`] });
    const first = await lease(queue, START, { limit: 3 });
    expect(first.map(({ job }) => job.id)).toEqual(['s0.1', 's1.1', 's2.1']);
    expect(lost()).toBe(1);
    expect(await leaseIds(queue, START)).toEqual(['s3.1', 's4.1']);
    await queue.close();
  });

  it('Q-24: to a take: it is still taken once', async () => {
    const { pool } = losingAnswers(postgres.pool(), 'take');
    const queue = postgres.queue({ pool });
    await put(queue, { id: 's1' });
    const request = { owner: 'op', now: START, leaseMs: LEASE_MS };
    expect((await queue.take('s1.1', request))?.job.interruptions).toBe(0);
    expect(await queue.take('s1.1', request)).toBeNull();
    await queue.close();
  });

  it('Q-11, Q-23: to a settlement: it holds, and its report is there once', async () => {
    const { pool, lost } = losingAnswers(postgres.pool(), 'settle');
    const queue = postgres.queue({ pool });
    await put(queue, { id: 's1' });
    const held = await leaseOne(queue, START);
    const report = await makeSubmission({
      id: 'r1',
      kind: 'report',
      domains: ['sender.example'],
      key: 'ndr',
    });
    const next = { kind: 'buried' as const, reason: 'recipient-rejected' as const };
    const end = settlement(held, next, { change: { state: 'failed' }, reports: [report] });
    expect(await queue.settle(held, end)).toBe(true);
    expect(lost()).toBe(1);
    expect(await leaseIds(queue, START)).toEqual(['r1.1']);
    // Another one with the same lease is not a repetition.
    expect(await queue.settle(held, { ...end, at: START + HOUR, reports: [] })).toBe(false);
    await queue.close();
  });

  it('Q-11: to settlements that go together: all hold, and a lease that was lost stays lost', async () => {
    const { pool, lost } = losingAnswers(postgres.pool(), 'settle_all');
    const queue = postgres.queue({ pool });
    for (const id of ['s1', 's2', 's3']) await put(queue, { id });
    const held = await lease(queue, START);
    await queue.release(held[2] as Lease);
    const ends = held.map((each) => queue.settle(each, settlement(each, { kind: 'done' })));
    expect(await Promise.all(ends)).toEqual([true, true, false]);
    expect(lost()).toBe(1);
    expect(await queue.count({ state: 'done' })).toBe(2);
    await queue.close();
  });

  it('Q-11: a settlement that was asked for before the queue was closed is kept', async () => {
    const schema = postgres.schema();
    const queue = postgres.queue({ schema });
    await put(queue, { id: 's1' });
    const held = await leaseOne(queue, START);
    const [settled] = await Promise.all([
      queue.settle(held, settlement(held, { kind: 'done' })),
      queue.close(),
    ]);
    expect(settled).toBe(true);
  });

  it('Q-8: a settlement that the database cannot keep fails alone', async () => {
    const queue = postgres.queue();
    for (const id of ['s1', 's2', 's3']) await put(queue, { id });
    const held = await lease(queue, START);
    const ends = held.map((each, i) => {
      const next = {
        kind: 'again',
        at: i === 1 ? 1e300 : START,
        latestAt: START,
        countAttempt: true,
      } as const;
      return queue.settle(each, settlement(each, next));
    });
    expect((await Promise.allSettled(ends)).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(await queue.count({ state: 'leased' })).toBe(1);
    await queue.close();
  });
});

describe.skipIf(postgres.missing)('a PostgreSQL server in trouble', () => {
  it('Q-8, Q-11: that falls over again and again: nothing is lost, and nothing goes out twice unmarked', async () => {
    const schema = postgres.schema();
    let now = START;
    const queues = [0, 1].map(() => postgres.queue({ schema, pool: postgres.pool({ max: 4 }) }));
    const fallen = await workThroughFalls({
      queues,
      clock: {
        now: () => now,
        after(ms, fn) {
          const timer = setTimeout(fn, Math.min(ms, 20));
          return () => clearTimeout(timer);
        },
      },
      fall: () => postgres.server().crash(),
      expire: () => (now += DAY),
    });
    await Promise.all(queues.map((each) => each.close()));
    expect(fallen).toMatchObject({ lost: [], unmarked: [], errors: [] });
    expect(fallen.accepted).toBeGreaterThan(90);
  }, 120_000);

  it('Q-11: four workers, while mail is put, never hold one job twice, nor more of a domain than its limit, and miss none', async () => {
    const schema = postgres.schema();
    const queues = Array.from({ length: 4 }, () =>
      postgres.queue({ schema, pool: postgres.pool({ max: 3 }) }),
    );
    const [first] = queues as [ReturnType<typeof postgresQueue>];
    const puts = Array.from({ length: 150 }, (_, i) =>
      put(first, { id: `s${i}`, domains: [`d${i % 4}.example`] }),
    );
    const holders = new Map<string, number>();
    const ended: string[] = [];
    let most = 0;
    const working = queues.map(async (queue, i) => {
      while (ended.length < 150) {
        const leases = await lease(queue, START, { owner: `w${i}`, limit: 7, perDomain: 2 });
        for (const { job } of leases) holders.set(job.domain, (holders.get(job.domain) ?? 0) + 1);
        most = Math.max(most, ...holders.values());
        await Promise.all(
          leases.map(async (held: Lease) => {
            // Given up before the database is told: it must never count fewer than there are.
            holders.set(held.job.domain, (holders.get(held.job.domain) ?? 0) - 1);
            expect(await queue.settle(held, settlement(held, { kind: 'done' }))).toBe(true);
            ended.push(held.job.id);
          }),
        );
      }
    });
    await Promise.all([...puts, ...working]);
    expect(ended).toHaveLength(150);
    expect(new Set(ended).size).toBe(150);
    expect(most).toBe(2);
    await Promise.all(queues.map((queue) => queue.close()));
  });

  it('Q-8: refuses to work under an isolation that would hide what others do', async () => {
    const pool = postgres.pool({ options: '-c default_transaction_isolation=serializable' });
    await expect(put(postgres.queue({ pool }), { id: 's1' })).rejects.toMatchObject({
      code: 'queue-isolation',
      message: expect.stringContaining('read committed'),
    });
  });

  it('Q-8: a promise is on the disk before it is given, whatever the default of the database', async () => {
    const schema = postgres.schema();
    const pool = postgres.pool({ options: '-c synchronous_commit=off' });
    const queue = postgres.queue({ pool, schema });
    await queue.count({});
    const seen = async (sql: string): Promise<unknown> => {
      const client = await pool.connect();
      await client.query('BEGIN');
      await client.query(sql);
      const { rows } = await client.query('SHOW synchronous_commit');
      await client.query('ROLLBACK');
      client.release();
      return rows[0]?.['synchronous_commit'];
    };
    expect(await seen('SELECT 1')).toBe('off');
    expect(await seen(`SELECT ${schema}.renew('', '', 0)`)).toBe('on');
    expect(await seen(`SELECT ${schema}.lease('', '', 0, 0, 1, 1, false, false)`)).toBe('on');
    await queue.close();
  });

  it('Q-8: no server at all is told, with what to do; the queue works as soon as there is one', async () => {
    const real = postgres.pool();
    const nobody = new pg.Pool({ connectionString: 'postgresql://postgres@127.0.0.1:1/postgres' });
    let there = false;
    const pool = new Proxy(real, { get: (_, key) => bound(there ? real : nobody, key) });
    const queue = postgres.queue({ pool });
    await expect(put(queue, { id: 's1' })).rejects.toMatchObject({
      code: 'queue-unreachable',
      message: expect.stringMatching(/check that it runs.*ECONNREFUSED/),
    });
    there = true;
    await put(queue, { id: 's1' });
    await queue.close();
    await expect(queue.count({})).rejects.toMatchObject({ code: 'queue-closed' });
    await nobody.end();
  });
});
