import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { isConfigError } from '../core/errors.js';
import { lease, leaseOne, makeSubmission, put, settlement, START } from '../testing/queue-suite-mail.js';
import { queueSuite } from '../testing/queue-suite.js';
import type { QueueDriver, Submission } from './driver.js';
import { memoryQueue } from './memory.js';

describe('the memory queue keeps what every queue promises', () => {
  for (const { name, run } of queueSuite) it(name, () => run(async () => memoryQueue()));
});

describe('the memory queue', () => {
  it('Q-8: says that it forgets at a restart', () => {
    expect(memoryQueue().supports).toMatchObject({ durable: false, atomicSettle: true, domainLimit: true });
  });

  it('Q-8: refuses more than it may keep and says what to do', async () => {
    const queue = memoryQueue({ maxJobs: 1 });
    await put(queue, { id: 's1' });
    await expect(put(queue, { id: 's2' })).rejects.toMatchObject({ code: 'queue-full' });
    expect(await queue.count({})).toBe(1);
    expect(() => memoryQueue({ maxJobs: 0 })).toThrow(expect.toSatisfy(isConfigError));
  });

  it('Q-11: wakes workers when something may be due, until they stop listening', async () => {
    const queue = memoryQueue();
    let woken = 0;
    const stop = queue.onWork(() => (woken += 1));
    await put(queue, { id: 's1' });
    await Promise.resolve();
    expect(woken).toBe(1);
    await queue.release(await leaseOne(queue, START));
    expect(woken).toBe(2);
    stop();
    await put(queue, { id: 's2' });
    expect(woken).toBe(2);
  });

  it('Q-8: a message that was spooled is removed when its last job has ended, not before', async () => {
    const queue = memoryQueue();
    let removed = 0;
    const plain = await makeSubmission({ id: 's1', domains: ['b.example', 'c.example'] });
    const message = { ...plain.message, dispose: async () => void (removed += 1) };
    await queue.put({ ...plain, message } satisfies Submission);
    const leases = await lease(queue, START);
    for (const held of leases) {
      expect(removed).toBe(0);
      await queue.settle(held, settlement(held, { kind: 'done' }));
    }
    expect(removed).toBe(1);
    const [view] = await queue.find({ id: 's1.1' });
    expect(() => view?.job.message.open({} as never)).toThrow(/not kept/);
  });

  it('Q-8: the octets of a message are let go with its last job, though the job is kept for questions', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const queue = memoryQueue();
    const octets = await (async () => {
      const submission = await makeSubmission({ id: 's1', domains: ['b.example'] });
      const held = { ...submission.message };
      await queue.put({ ...submission, message: held });
      return new WeakRef(held);
    })();
    await leaseAndEnd(queue);
    // A WeakRef is kept alive for the turn in which it was made or read.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(octets.deref()).toBeUndefined();
    expect(await queue.count({ state: 'done' })).toBe(1);
  });

  it('Q-4: what a lease costs does not grow with a domain of 50,000 held jobs', async () => {
    const queue = memoryQueue();
    const { message, jobs } = await makeSubmission({ id: 'x', domains: ['dead.example'] });
    const [job] = jobs;
    if (job === undefined) throw new Error('no job');
    const many = Array.from({ length: 50_000 }, (_, i) => ({ ...job, id: `x.${i}` }));
    await queue.put({ id: 'x', idempotencyKey: null, message, jobs: many });
    await lease(queue, START, { limit: 10, perDomain: 2 });
    await put(queue, { id: 'live', domains: ['live.example'] });
    const began = performance.now();
    for (let i = 0; i < 1000; i += 1) {
      const [held] = await lease(queue, START + 1, { limit: 10, perDomain: 2 });
      expect(held?.job.domain).toBe('live.example');
      if (held !== undefined) await queue.release(held);
    }
    // A walk along the 50,000 would take seconds.
    expect(performance.now() - began).toBeLessThan(1500);
  });
});

async function leaseAndEnd(queue: QueueDriver): Promise<void> {
  const held = await leaseOne(queue, START);
  await queue.settle(held, settlement(held, { kind: 'done' }));
}
