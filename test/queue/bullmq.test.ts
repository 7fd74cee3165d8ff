import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bullmqQueue } from '../../src/queue/bullmq.js';
import type { Lease, Next } from '../../src/queue/driver.js';
import { HOUR, put, settlement } from '../../src/testing/queue-suite-mail.js';
import { queueSuite } from '../../src/testing/queue-suite.js';
import { createQueues, leaseNow, leaseSoon } from './bullmq-fixture.js';
import { hasRedis, type RedisServer, startRedis } from './redis-server.js';

let redis: RedisServer;
const queues = createQueues(() => redis);
const skipped = !hasRedis();
beforeAll(async () => {
  if (!skipped) redis = await startRedis();
});
afterAll(async () => {
  await queues.closeAll();
  await redis?.stop();
});

const again = (at: number, latestAt = at): Next => ({ kind: 'again', at, latestAt, countAttempt: true });
const ids = (leases: readonly Lease[]): string[] => leases.map(({ job }) => job.id);

describe.skipIf(skipped)('the BullMQ queue keeps what every queue promises', () => {
  const { supports } = bullmqQueue({ connection: {} });
  it('Q-8: all of it but the times that it is told', () => {
    expect(Object.entries(supports).filter(([, can]) => !can)).toEqual([['toldTime', false]]);
  });
  for (const { name, requires, run } of queueSuite) {
    if (requires.every((key) => supports[key])) it(name, () => run(async () => queues.make()));
  }
});

describe.skipIf(skipped)('time in the BullMQ queue', () => {
  it('Q-40: a job is not handed out before its time, and the next time to look is that', async () => {
    const queue = queues.make();
    const notBefore = Date.now() + 400;
    await put(queue, { id: 's1', notBefore });
    expect(await leaseNow(queue)).toEqual([]);
    expect(await queue.nextDue()).toBe(notBefore);
    await leaseSoon(queue);
    expect(Date.now()).toBeGreaterThanOrEqual(notBefore);
  });

  it('Q-10: jobs are handed out in the order in which they fell due', async () => {
    const queue = queues.make();
    const now = Date.now();
    await put(queue, { id: 'late', domains: ['c.example'], notBefore: now + 200 });
    await put(queue, { id: 'early', notBefore: now + 100 });
    await pause(250);
    expect(ids(await leaseNow(queue))).toEqual(['early.1', 'late.1']);
  });

  it('Q-11: an expired lease is taken over, no attempt is counted, and the next holder knows', async () => {
    const queue = queues.make();
    await put(queue, { id: 's1' });
    const [lost] = await leaseNow(queue, { leaseMs: 200 });
    expect(await leaseNow(queue)).toEqual([]);
    const [taken] = await leaseSoon(queue, { leaseMs: 60_000 });
    expect(taken?.token).not.toBe(lost?.token);
    expect([lost?.job.interruptions, taken?.job.interruptions, taken?.job.attempts]).toEqual([0, 1, 0]);
  });

  it('Q-11: a lost lease can do nothing any more', async () => {
    const queue = queues.make();
    await put(queue, { id: 's1' });
    const [lost] = (await leaseNow(queue, { leaseMs: 200 })) as [Lease];
    const [taken] = (await leaseSoon(queue)) as [Lease];
    expect(await queue.renew(lost, Date.now() + HOUR)).toBe(false);
    const end = settlement(lost, { kind: 'done' }, { change: { state: 'delivered' } });
    expect(await queue.settle(lost, end)).toBe(false);
    await queue.release(lost);
    const [view] = await queue.find({ id: 's1.1' });
    expect([view?.state, view?.job.recipients[0]?.state]).toEqual(['leased', 'waiting']);
    expect(await queue.settle(taken, settlement(taken, { kind: 'done' }))).toBe(true);
  });

  it('Q-11: a renewed lease is not taken over before its new end', async () => {
    const queue = queues.make();
    await put(queue, { id: 's1' });
    const [held] = (await leaseNow(queue, { leaseMs: 200 })) as [Lease];
    expect(await queue.renew(held, Date.now() + 60_000)).toBe(true);
    await pause(500);
    expect(await leaseNow(queue)).toEqual([]);
    expect((await queue.nextDue()) ?? 0).toBeGreaterThan(Date.now() + 50_000);
  });

  it('Q-14: a job is tried again at its next time, with what became of its recipients', async () => {
    const queue = queues.make();
    await put(queue, { id: 's1', recipients: ['anna', 'bo'] });
    const [held] = (await leaseNow(queue)) as [Lease];
    const at = Date.now() + 300;
    const change = { state: 'held', reason: 'certificate-expired' } as const;
    await queue.settle(held, settlement(held, again(at), { change }));
    expect(await leaseNow(queue)).toEqual([]);
    const [next] = (await leaseSoon(queue)) as [Lease];
    expect(Date.now()).toBeGreaterThanOrEqual(at);
    expect(next.job.attempts).toBe(1);
    expect(next.job.recipients.map(({ state }) => state)).toEqual(['held', 'held']);
  });

  it('Q-24: a suspension with an end ends by itself, one without waits for its end', async () => {
    const queue = queues.make();
    await put(queue, { id: 's1' });
    await put(queue, { id: 's2' });
    await queue.suspend({ id: 's1.1' }, { reason: 'r', by: 'ops', until: Date.now() + 300 });
    await queue.suspend({ id: 's2.1' }, { reason: 'r', by: 'ops', until: null });
    expect(await leaseNow(queue)).toEqual([]);
    expect(ids(await leaseSoon(queue))).toEqual(['s1.1']);
    await queue.resume({ id: 's2.1' });
    expect(ids(await leaseNow(queue))).toEqual(['s2.1']);
  });

  it('Q-22: flushing a domain makes its waiting jobs due, and those of no other', async () => {
    const queue = queues.make();
    await put(queue, { id: 's1', notBefore: Date.now() + HOUR });
    await put(queue, { id: 's2', domains: ['c.example'], notBefore: Date.now() + HOUR });
    expect(await queue.flush('b.example', Date.now())).toBe(1);
    expect(ids(await leaseNow(queue))).toEqual(['s1.1']);
  });
});

describe.skipIf(skipped)('domains in the BullMQ queue', () => {
  it('Q-4, Q-20, Q-22: the jobs of a domain that is put off wait, except one that cannot, until it is flushed', async () => {
    const queue = queues.make();
    await put(queue, { id: 's1' });
    const [probe] = (await leaseNow(queue)) as [Lease];
    const off = Date.now() + HOUR;
    await queue.settle(probe, settlement(probe, again(off, off), { putOff: off }));
    await put(queue, { id: 's2', latestAt: off + HOUR });
    await put(queue, { id: 's3', latestAt: Date.now() + 300 });
    expect(await leaseNow(queue)).toEqual([]);
    expect(ids(await leaseSoon(queue))).toEqual(['s3.1']);
    expect(await queue.flush('b.example', Date.now())).toBe(2);
    expect(ids(await leaseNow(queue)).toSorted()).toEqual(['s1.1', 's2.1']);
  });

  it('Q-4, Q-22: after that time one at a time finds out, and the first success makes all of them due', async () => {
    const queue = queues.make();
    for (const id of ['s1', 's2', 's3']) await put(queue, { id, latestAt: Date.now() + HOUR });
    const [failed] = (await leaseNow(queue, { limit: 1 })) as [Lease];
    const off = Date.now() + 300;
    await queue.settle(failed, settlement(failed, again(off + HOUR, off + HOUR), { putOff: off }));
    expect(await leaseNow(queue)).toEqual([]);
    const probes = await leaseSoon(queue);
    expect(probes).toHaveLength(1);
    expect(await leaseNow(queue)).toEqual([]);
    const [sent] = probes as [Lease];
    const end = settlement(sent, { kind: 'done' }, { at: Date.now(), putOff: null });
    await queue.settle(sent, end);
    expect(await leaseNow(queue)).toHaveLength(2);
  });

  it('Q-5: a job that waits for its domain goes when another one of it is given back', async () => {
    const queue = queues.make();
    await put(queue, { id: 's1' });
    await put(queue, { id: 's2' });
    const [first] = (await leaseNow(queue, { perDomain: 1 })) as [Lease];
    expect(await leaseNow(queue, { perDomain: 1 })).toEqual([]);
    await queue.suspend({ id: first.job.id }, { reason: 'r', by: 'ops', until: null });
    await queue.release(first);
    expect(ids(await leaseNow(queue, { perDomain: 1 }))).toEqual(['s2.1']);
  });
});

describe.skipIf(skipped)('several processes with one BullMQ queue', () => {
  it('Q-11: a worker wakes when another process puts something', async () => {
    const [here, there] = [queues.make({ name: 'shared' }), queues.make({ name: 'shared' })];
    await here.count({});
    let stop = (): void => undefined;
    const woken = new Promise<void>((resolve) => (stop = here.onWork(resolve)));
    // Events are heard from the moment at which the connection for them stands.
    for (let i = 0, done = false; !done; i += 1) {
      await put(there, { id: `s${i}` });
      done = (await Promise.race([woken, pause(200, 'late')])) !== 'late';
    }
    stop();
  });

  it('Q-8, Q-11: what one keeps, another leases, with the limit of the domain over both', async () => {
    const [here, there] = [queues.make({ name: 'shared-2' }), queues.make({ name: 'shared-2' })];
    for (const id of ['s1', 's2', 's3']) await put(here, { id });
    const [held] = (await leaseNow(there, { perDomain: 1 })) as [Lease];
    expect(await leaseNow(here, { perDomain: 1 })).toEqual([]);
    await there.settle(held, settlement(held, { kind: 'done' }));
    expect(await leaseNow(here, { perDomain: 1 })).toHaveLength(1);
  });
});
