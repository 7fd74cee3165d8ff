import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { systemClock } from '../../src/core/clock.js';
import { workThroughFalls } from './falls.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { onEvent } from '../../src/core/channels.js';
import { isConfigError } from '../../src/core/errors.js';
import { bullmqQueue } from '../../src/queue/bullmq.js';
import type { Lease } from '../../src/queue/driver.js';
import { MAX_IN_MEMORY } from '../../src/queue/stored-message.js';
import { makeSubmission, put, readContent, settlement } from '../../src/testing/queue-suite-mail.js';
import { connect, createQueues, leaseNow, leaseSoon } from './bullmq-fixture.js';
import { hasRedis, type RedisServer, startRedis } from './redis-server.js';

const skipped = !hasRedis();
let redis: RedisServer;
let client: Redis;
const queues = createQueues(() => redis);
beforeAll(async () => {
  if (skipped) return;
  redis = await startRedis();
  client = connect(redis);
});
afterAll(async () => {
  await queues.closeAll();
  client?.disconnect();
  await redis?.stop();
});
afterEach(async () => {
  await client?.config('SET', 'maxmemory', '0');
});

/** Keys of one queue that fit a pattern. */
const keys = (name: string, pattern: string): Promise<string[]> =>
  client.keys(`bull:${name}-mail:${pattern}`);

/** An addition to BullMQ that never comes to pass, as when the process ends just before it. */
async function without<T>(name: string, step: () => Promise<T>): Promise<T> {
  const { Queue } = await import('bullmq');
  const original = Queue.prototype.addBulk;
  Queue.prototype.addBulk = function addBulk(...given) {
    if (this.name === name) throw new Error('the process has ended');
    return original.apply(this, given);
  };
  try {
    return await step();
  } finally {
    Queue.prototype.addBulk = original;
  }
}

describe.skipIf(skipped)('mail in a BullMQ queue between two steps', () => {
  it('Q-8: that BullMQ was not told of is handed out by whoever leases next', async () => {
    await without('told', () => put(queues.make({ name: 'told' }), { id: 's1', key: 'k' }));
    const next = queues.make({ name: 'told' });
    expect(await put(next, { id: 's2', key: 'k' })).toEqual({ id: 's1', existing: true });
    expect((await leaseNow(next)).map(({ job }) => job.id)).toEqual(['s1.1']);
    expect(await client.exists('bull:told-mail:outbox')).toBe(0);
  });

  it('Q-23: a report that BullMQ was not told of is handed out too', async () => {
    const queue = queues.make({ name: 'report' });
    await put(queue, { id: 's1' });
    const [held] = (await leaseNow(queue)) as [Lease];
    const report = await makeSubmission({ id: 'r1', kind: 'report', key: 'ndr' });
    const end = settlement(held, { kind: 'buried', reason: 'recipient-rejected' }, { reports: [report] });
    expect(await without('report', () => queue.settle(held, end))).toBe(true);
    const next = queues.make({ name: 'report' });
    expect((await leaseNow(next)).map(({ job }) => job.id)).toEqual(['r1.1']);
  });

  it('Q-11: a job that was settled while BullMQ still held it is not handed out again', async () => {
    const queue = queues.make({ name: 'held' });
    await put(queue, { id: 's1' });
    const [held] = (await leaseNow(queue, { leaseMs: 200 })) as [Lease];
    const { Job } = await import('bullmq');
    const original = Job.prototype.moveToCompleted;
    Job.prototype.moveToCompleted = async () => {
      throw new Error('the process has ended');
    };
    expect(await queue.settle(held, settlement(held, { kind: 'done' }))).toBe(true);
    Job.prototype.moveToCompleted = original;
    // It takes no place in its domain any more.
    await put(queue, { id: 's0' });
    expect((await leaseNow(queue, { perDomain: 1 })).map(({ job }) => job.id)).toEqual(['s0.1']);
    // The lease was long enough to tell BullMQ even if it had been about to end.
    expect(await client.pttl('bull:held:mail-s1.1:lock')).toBeGreaterThan(5000);
    await client.del('bull:held:mail-s1.1:lock');
    await put(queue, { id: 's2' });
    // It comes back as a stalled job before this one, and goes where BullMQ keeps finished jobs.
    while ((await client.zcard('bull:held:completed')) === 0) await leaseNow(queue);
    expect(await queue.count({ state: 'done' })).toBe(1);
  });

  it('Q-11: one that is to be tried later is not handed out earlier because BullMQ still held it', async () => {
    const queue = queues.make({ name: 'later' });
    await put(queue, { id: 's1' });
    const [held] = (await leaseNow(queue, { leaseMs: 200 })) as [Lease];
    const { Job } = await import('bullmq');
    const original = Job.prototype.moveToDelayed;
    Job.prototype.moveToDelayed = async () => {
      throw new Error('the process has ended');
    };
    const at = Date.now() + 3_600_000;
    const next = { kind: 'again', at, latestAt: at, countAttempt: true } as const;
    expect(await queue.settle(held, settlement(held, next))).toBe(true);
    Job.prototype.moveToDelayed = original;
    await client.del('bull:later:mail-s1.1:lock');
    while ((await client.zcard('bull:later:delayed')) === 0) expect(await leaseNow(queue)).toEqual([]);
    expect(await queue.nextDue()).toBe(at);
  });

  it('Q-11: BullMQ never gives mail up because processes ended', async () => {
    const queue = queues.make({ name: 'stalled' });
    await put(queue, { id: 's1' });
    await leaseNow(queue, { leaseMs: 100 });
    expect((await leaseSoon(queue))[0]?.job.interruptions).toBe(1);
    expect(await client.hexists('bull:stalled:mail-s1.1', 'defa')).toBe(0);
  });

  it('Q-5: a job that waits for its domain goes although the one that it waits for is gone with its process', async () => {
    const queue = queues.make({ name: 'stuck' });
    await put(queue, { id: 's1' });
    await put(queue, { id: 's2' });
    await leaseNow(queue, { perDomain: 1 });
    expect(await leaseNow(queue, { perDomain: 1 })).toEqual([]);
    await client.del('bull:stuck:mail-s1.1:lock', 'bull:stuck:active');
    const next = queues.make({ name: 'stuck' });
    expect((await leaseNow(next, { perDomain: 1 })).map(({ job }) => job.id)).toEqual(['s2.1']);
  });

  it('Q-11, Q-24: an operator who takes a job whose lease ran out knows that it did', async () => {
    const queue = queues.make({ name: 'taken' });
    await put(queue, { id: 's1' });
    await leaseNow(queue);
    await client.del('bull:taken:mail-s1.1:lock');
    const taken = await queue.take('s1.1', { owner: 'op', now: Date.now(), leaseMs: 60_000 });
    expect(taken?.job.interruptions).toBe(1);
  });

  it('Q-8: octets without a submission expire; those with one stay until its last job has ended', async () => {
    const queue = queues.make({ name: 'octets' });
    await put(queue, { id: 's1', domains: ['b.example', 'c.example'] });
    const [key = ''] = await keys('octets', 'octets:*');
    expect(await client.pttl(key)).toBe(-1);
    await expect(queue.put(await makeSubmission({ id: 's1' }))).rejects.toMatchObject({
      code: 'submission-id-taken',
    });
    expect(await keys('octets', 'octets:*')).toEqual([key]);
    for (const held of await leaseNow(queue)) {
      expect(await client.exists(key)).toBe(1);
      await queue.settle(held, settlement(held, { kind: 'done' }));
    }
    expect(await keys('octets', 'octets:*')).toEqual([]);
    const broken = await makeSubmission({ id: 's3' });
    const open = async function* (): AsyncGenerator<Uint8Array> {
      yield broken.message.header;
      yield randomBytes(MAX_IN_MEMORY);
      const [staged = ''] = await keys('octets', 'octets:*');
      expect(await client.pttl(staged)).toBeGreaterThan(0);
      throw new Error('the source broke');
    };
    const message = { ...broken.message, size: MAX_IN_MEMORY + 1, open };
    await expect(queue.put({ ...broken, message })).rejects.toThrow(/source broke/);
    expect(await keys('octets', 'octets:*')).toEqual([]);
  });

  it('Q-8: a step whose answer was lost is sent again, and gives the same answer', async () => {
    const { Queue, Worker, QueueEvents } = await import('bullmq');
    /** Sends what counts twice, as ioredis does after a connection that broke. */
    class Twice extends Queue {
      readonly client = this.getBackend().client.then(
        (given) =>
          new Proxy(given as unknown as Record<PropertyKey, unknown>, {
            get(target, name) {
              const step = target[name] as (...words: unknown[]) => Promise<unknown>;
              if (name !== 'enforcedTls_keep' && name !== 'enforcedTls_settle') return step;
              return async (...words: unknown[]) => {
                await step(...words);
                return step(...words);
              };
            },
          }),
      );
    }
    const queue = queues.make({ name: 'twice', bullmq: { Queue: Twice, Worker, QueueEvents } });
    expect(await put(queue, { id: 's1', key: 'k' })).toEqual({ id: 's1', existing: false });
    expect(await put(queue, { id: 's2' })).toEqual({ id: 's2', existing: false });
    const [held] = (await leaseNow(queue, { limit: 1 })) as [Lease];
    const report = await makeSubmission({ id: 'r1', kind: 'report' });
    const end = settlement(held, { kind: 'buried', reason: 'recipient-rejected' }, { reports: [report] });
    expect(await queue.settle(held, end)).toBe(true);
    expect(await queue.count({})).toBe(3);
    expect(await leaseNow(queue)).toHaveLength(2);
  });

  it('Q-11: a lease that ran out before it was granted is not taken from the next holder', async () => {
    const { Worker } = await import('bullmq');
    class Slow extends Worker {
      override async getNextJob(token: string, options?: { block?: boolean }) {
        const job = await super.getNextJob(token, options);
        if (job !== undefined) await client.set('bull:slow:mail-s1.1:lock', 'of the next holder');
        return job;
      }
    }
    const queue = queues.make({ name: 'slow', bullmq: { ...(await import('bullmq')), Worker: Slow } });
    await put(queue, { id: 's1' });
    expect(await leaseNow(queue)).toEqual([]);
    expect(await client.get('bull:slow:mail-s1.1:lock')).toBe('of the next holder');
  });

  it('Q-8: octets that did not all arrive are not accepted', async () => {
    const { Queue } = await import('bullmq');
    class Losing extends Queue {
      readonly client = this.getBackend().client.then(
        (given) =>
          new Proxy(given as unknown as Record<PropertyKey, unknown>, {
            get(target, name) {
              if (name === 'hset') return async () => 1;
              return target[name];
            },
          }),
      );
    }
    const queue = queues.make({ name: 'losing', bullmq: { ...(await import('bullmq')), Queue: Losing } });
    await expect(put(queue, { id: 's1' })).rejects.toMatchObject({ code: 'octets-gone' });
    expect(await queue.count({})).toBe(0);
  });

  it('Q-8: what is forgotten leaves nothing behind', async () => {
    const queue = queues.make({ name: 'clean' });
    await put(queue, { id: 's1', key: 'k' });
    const [held] = (await leaseNow(queue)) as [Lease];
    await queue.settle(held, settlement(held, { kind: 'done' }, { at: 1000 }));
    expect(await queue.clean(1001)).toBe(1);
    expect(await keys('clean', '*')).toEqual(['bull:clean-mail:seq']);
    expect(await client.exists('bull:clean:mail-s1.1')).toBe(0);
  });
});

describe.skipIf(skipped)('a BullMQ queue in trouble', () => {
  it('Q-8: nothing is lost when Redis is killed and starts again', async () => {
    const queue = queues.make({ name: 'restart' });
    await put(queue, { id: 's1', domains: ['b.example', 'c.example'] });
    const [held] = (await leaseNow(queue, { limit: 1, leaseMs: 60_000 })) as [Lease];
    await redis.restart();
    await put(queue, { id: 's2' });
    expect(await queue.settle(held, settlement(held, { kind: 'done' }))).toBe(true);
    const rest = await leaseSoon(queue);
    expect(rest.map(({ job }) => job.id).toSorted()).toEqual(['s1.2', 's2.1']);
    for (const each of rest) expect(await readContent(each)).toContain('Hello.');
    expect(await queue.count({ state: 'done' })).toBe(1);
  });

  it('Q-8, Q-11: while two workers run: nothing is lost, and nothing goes out twice unmarked', async () => {
    const fallen = await workThroughFalls({
      queues: [0, 1].map(() => queues.make({ name: 'falls' })),
      clock: systemClock,
      leaseMs: 1000,
      fall: () => redis.restart(),
    });
    expect(fallen).toMatchObject({ lost: [], unmarked: [] });
    expect(fallen.accepted).toBeGreaterThan(90);
  }, 120_000);

  it('Q-8: a Redis without memory refuses, says what to do, and what it had stays', async () => {
    const queue = queues.make({ name: 'full' });
    await put(queue, { id: 's1' });
    await client.config('SET', 'maxmemory', '1');
    await expect(put(queue, { id: 's2' })).rejects.toMatchObject({ code: 'queue-full' });
    await client.config('SET', 'maxmemory', '0');
    expect(await queue.count({})).toBe(1);
    expect((await put(queue, { id: 's2' })).existing).toBe(false);
  });

  it('AT-55: octets that somebody changed are not sent; a job without octets keeps no other back', async () => {
    const queue = queues.make({ name: 'damaged' });
    await put(queue, { id: 's1' });
    const [changed = ''] = await keys('damaged', 'octets:*');
    await client.hset(changed, '1', 'Goodbye.\r\n');
    const [held] = (await leaseNow(queue)) as [Lease];
    await expect(readContent(held)).rejects.toMatchObject({ code: 'message-changed' });
    await put(queue, { id: 's2' });
    const gone = (await keys('damaged', 'octets:*')).find((key) => key !== changed) as string;
    await client.del(gone);
    await put(queue, { id: 's3' });
    await expect(leaseNow(queue)).rejects.toMatchObject({ code: 'job-damaged' });
    expect((await leaseNow(queue)).map(({ job }) => job.id)).toEqual(['s3.1']);
  });

  it('AT-52: sealed octets are not to be read in Redis, and come out as they were', async () => {
    const flip = (octets: Uint8Array): Uint8Array => octets.map((octet) => octet ^ 0xff);
    const sealing = { seal: flip, open: flip };
    const queue = queues.make({ name: 'sealed', sealing });
    await put(queue, { id: 's1' });
    const [key = ''] = await keys('sealed', 'octets:*');
    for (const part of await client.hvals(key)) expect(part).not.toContain('Hello.');
    expect(await readContent((await leaseNow(queue))[0] as Lease)).toContain('Hello.');
  });

  it('Q-8: a job of somebody else in the same queue is put with the failed ones, mail goes on', async () => {
    const { Queue } = await import('bullmq');
    const foreign = new Queue('foreign', { connection: { host: redis.host, port: redis.port } });
    await foreign.add('invoice', { number: 1 });
    const queue = queues.make({ name: 'foreign' });
    await put(queue, { id: 's1' });
    expect((await leaseNow(queue)).map(({ job }) => job.id)).toEqual(['s1.1']);
    expect((await foreign.getFailed()).map(({ failedReason }) => failedReason)).toEqual([
      'no mail is kept for this job',
    ]);
    await foreign.close();
  });
});

describe.skipIf(skipped)('what Redis says of itself', () => {
  const warningsOf = async (settings: readonly string[]): Promise<{ durable: boolean; warned: string[] }> => {
    const server = await startRedis(settings);
    const warned: string[] = [];
    const stop = onEvent('environment.warning', ({ variable }) => warned.push(variable));
    const queue = bullmqQueue({ connection: { host: server.host, port: server.port } });
    await queue.count({});
    const { durable } = queue.supports;
    stop();
    await queue.close();
    await server.stop();
    return { durable, warned };
  };

  it('Q-8: one that writes every step to its disk, or every second, is durable', async () => {
    expect(await warningsOf([])).toEqual({ durable: true, warned: [] });
    expect(await warningsOf(['--appendfsync', 'everysec'])).toEqual({ durable: true, warned: [] });
  });

  it('Q-8: one without an append-only file is not, and one that evicts is warned of', async () => {
    expect(await warningsOf(['--appendonly', 'no'])).toEqual({
      durable: false,
      warned: ['redis appendonly'],
    });
    const evicting = await warningsOf(['--maxmemory-policy', 'allkeys-lru']);
    expect(evicting).toEqual({ durable: true, warned: ['redis maxmemory-policy'] });
  });

  it('Q-8: one that does not tell its settings is asked what it does tell', async () => {
    expect(await warningsOf(['--rename-command', 'CONFIG', ''])).toEqual({ durable: true, warned: [] });
    const forgetful = ['--rename-command', 'CONFIG', '', '--appendonly', 'no'];
    expect(await warningsOf(forgetful)).toEqual({ durable: false, warned: ['redis appendonly'] });
  });
});

describe('the options of the BullMQ queue', () => {
  it('AT-54: mistakes are told at once', () => {
    expect(() => bullmqQueue({} as never)).toThrow(/expected options or a client of ioredis/);
    expect(() => bullmqQueue({ connection: {}, name: 'a:b' })).toThrow(expect.toSatisfy(isConfigError));
    expect(() => bullmqQueue({ connection: {}, nam: 'x' } as never)).toThrow(/did you mean|unknown option/);
  });

  it('AT-54: a client that cannot give octets as they are is refused with what to do', async () => {
    class Queue {
      readonly client = Promise.resolve({});
      on(): void {}
      async close(): Promise<void> {}
    }
    const queue = bullmqQueue({ connection: {}, bullmq: { Queue } });
    await expect(queue.count({})).rejects.toMatchObject({ code: 'bullmq-client' });
    await queue.close();
  });
});
