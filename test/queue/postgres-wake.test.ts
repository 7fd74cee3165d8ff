import { describe, expect, it } from 'vitest';
import { leaseOne, makeSubmission, put, settlement, START } from '../../src/testing/queue-suite-mail.js';
import type { QueueDriver } from '../../src/queue/driver.js';
import { usePostgres } from './postgres-fixture.js';

const postgres = usePostgres();

/** Counts wake-ups, and waits for the next one. */
function listenTo(queue: QueueDriver): { next(): Promise<void>; stop(): void; readonly count: () => number } {
  let count = 0;
  let onWake = (): void => undefined;
  const stop = queue.onWork(() => {
    count += 1;
    onWake();
  });
  return { next: () => new Promise((resolve) => (onWake = resolve)), stop, count: () => count };
}

/** How many connections listen to the channel of a schema. */
async function listening(schema: string): Promise<number> {
  const { rows } = await postgres
    .pool({ max: 1 })
    .query(`SELECT pid::text FROM pg_stat_activity WHERE query = 'LISTEN "${schema}_work"'`);
  return rows.length;
}

describe.skipIf(postgres.missing)('workers of a PostgreSQL queue', () => {
  it('Q-10: are woken by what another process puts, gives back or reports', async () => {
    const schema = postgres.schema();
    const here = postgres.queue({ schema, pool: postgres.pool() });
    const there = postgres.queue({ schema, pool: postgres.pool() });
    await here.count({});
    const { next, stop } = listenTo(here);
    await next();
    const woken = async (step: () => Promise<unknown>): Promise<number> => {
      const began = performance.now();
      await Promise.all([next(), step()]);
      return performance.now() - began;
    };
    // A look once a second would do it too, but not this soon every time.
    const times: number[] = [];
    for (let i = 0; i < 8; i += 1) times.push(await woken(() => put(there, { id: `s${i}` })));
    times.push(await woken(async () => there.release(await leaseOne(there, START))));
    const held = await leaseOne(there, START);
    const report = await makeSubmission({ id: 'r1', kind: 'report', domains: ['sender.example'] });
    times.push(
      await woken(() => there.settle(held, settlement(held, { kind: 'done' }, { reports: [report] }))),
    );
    times.push(await woken(() => there.flush('b.example', START)));
    expect(Math.max(...times)).toBeLessThan(900);
    stop();
    await Promise.all([here.close(), there.close()]);
  });

  it('Q-10: hear again after their connection was lost, and look by themselves until then', async () => {
    const schema = postgres.schema();
    const queue = postgres.queue({ schema, pool: postgres.pool() });
    await queue.count({});
    const { next, stop } = listenTo(queue);
    await next();
    expect(await listening(schema)).toBe(1);
    await postgres
      .pool({ max: 1 })
      .query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN "${schema}_work"'`,
      );
    expect(await listening(schema)).toBe(0);
    while ((await listening(schema)) === 0) await next();
    stop();
    while ((await listening(schema)) > 0) await new Promise((resolve) => setImmediate(resolve));
    await queue.close();
  });

  it('Q-10: look once a second where they must not listen', async () => {
    const schema = postgres.schema();
    const queue = postgres.queue({ schema, pool: postgres.pool({ max: 1 }), listen: false });
    const { next, stop } = listenTo(queue);
    await next();
    await next();
    expect(await listening(schema)).toBe(0);
    stop();
    await queue.close();
  });
});
