/**
 * A domain of the SQLite queue with many jobs that were all put off, when it is let go.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Lease, QueueDriver } from '../../src/queue/driver.js';
import { sqliteQueue } from '../../src/queue/sqlite.js';
import {
  DAY,
  HOUR,
  lease,
  leaseOne,
  makeSubmission,
  put,
  settlement,
  START,
} from '../../src/testing/queue-suite-mail.js';

const folder = mkdtempSync(join(tmpdir(), 'sqlite-let-go-'));
let files = 0;
const path = (): string => join(folder, `${(files += 1)}.sqlite`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MANY = 1300;

/** A queue with many jobs of `b.example`, each tried and due again in a day, and the one that has got through. */
async function heldPartner(file: string): Promise<{ readonly queue: QueueDriver; readonly sent: Lease }> {
  const queue = sqliteQueue(file);
  const many = await makeSubmission({ id: 'many', notBefore: START + DAY });
  const [job] = many.jobs;
  await queue.put({
    ...many,
    jobs: Array.from({ length: MANY }, (_, i) => ({ ...(job as NonNullable<typeof job>), id: `many.${i}` })),
  });
  await put(queue, { id: 'probe' });
  const failed = await leaseOne(queue, START);
  const next = { kind: 'again' as const, at: START, latestAt: START + DAY, countAttempt: true };
  await queue.settle(failed, settlement(failed, next, { putOff: START + HOUR }));
  return { queue, sent: await leaseOne(queue, START + HOUR) };
}

const delivered = (sent: Lease): Parameters<QueueDriver['settle']>[1] =>
  settlement(sent, { kind: 'done' }, { at: START + HOUR, putOff: null, change: { state: 'delivered' } });

describe('a domain with many jobs', () => {
  it('Q-4, Q-22: is let go in steps: what others put meanwhile does not wait for the last', async () => {
    const { queue, sent } = await heldPartner(path());
    const order: string[] = [];
    await Promise.all([
      queue.settle(sent, delivered(sent)).then(() => order.push('let go')),
      put(queue, { id: 'other', domains: ['c.example'] }).then(() => order.push('put')),
    ]);
    expect(order).toEqual(['put', 'let go']);
    const due = await lease(queue, START + HOUR, { limit: 2 * MANY, perDomain: 2 * MANY });
    expect(due).toHaveLength(MANY + 1);
    await queue.close();
  });

  it('Q-4, Q-11: that was being let go when the process died is let go by the next success', async () => {
    const file = path();
    const { queue, sent } = await heldPartner(file);
    const settling = queue.settle(sent, delivered(sent));
    await put(queue, { id: 'other', domains: ['c.example'] });
    const copy = path();
    for (const suffix of ['', '-wal']) copyFileSync(`${file}${suffix}`, `${copy}${suffix}`);
    await settling;
    await queue.close();
    const after = sqliteQueue(copy);
    expect((await after.find({ id: sent.job.id }))[0]?.state).toBe('done');
    const [probe, ...more] = (await lease(after, START + HOUR)).filter(
      ({ job }) => job.domain === 'b.example',
    );
    expect([probe?.job.domain, more]).toEqual(['b.example', []]);
    await after.settle(probe as Lease, delivered(probe as Lease));
    const due = await lease(after, START + HOUR, { limit: 2 * MANY, perDomain: 2 * MANY });
    expect(due).toHaveLength(MANY - 1);
    await after.close();
  });

  it('Q-22: is flushed in steps too', async () => {
    const { queue } = await heldPartner(path());
    const order: string[] = [];
    const [count] = await Promise.all([
      queue.flush('b.example', START + HOUR).finally(() => order.push('flushed')),
      put(queue, { id: 'other', domains: ['c.example'] }).then(() => order.push('put')),
    ]);
    expect(count).toBe(MANY);
    expect(order).toEqual(['put', 'flushed']);
    const due = await lease(queue, START + HOUR, { limit: 2 * MANY, perDomain: 2 * MANY });
    expect(due).toHaveLength(MANY + 1);
    await queue.close();
  });

  it('Q-4, Q-20: hands out all that cannot wait longer, however many they are', async () => {
    const { queue, sent } = await heldPartner(path());
    await queue.settle(sent, { ...delivered(sent), putOff: START + 30 * DAY });
    expect(await queue.nextDue()).toBe(START + 5 * DAY);
    expect(await lease(queue, START + 5 * DAY - 1, { limit: 2 * MANY, perDomain: 2 * MANY })).toEqual([]);
    let count = 0;
    for (let some = 1; some > 0;) {
      const leases = await lease(queue, START + 5 * DAY, { limit: 100, perDomain: 100 });
      for (const held of leases) await queue.settle(held, settlement(held, { kind: 'done' }));
      some = leases.length;
      count += some;
    }
    expect(count).toBe(MANY);
    await queue.close();
  });
});
