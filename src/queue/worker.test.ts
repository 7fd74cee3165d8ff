/**
 * The worker: its limits, what becomes of jobs, when it looks, how it ends.
 */
import { describe, expect, it } from 'vitest';
import type { Reason } from '../core/reasons.js';
import type { State } from '../deliver/outcome.js';
import { HOUR, makeSubmission, MINUTE, put, START } from '../testing/queue-suite-mail.js';
import type { QueueDriver } from './driver.js';
import { createWorker } from './worker.js';
import { all, outcome, parked, useWorker } from './worker.fixture.js';

const bench = useWorker();

describe('limits', () => {
  it('Q-5: no more jobs of a domain, and of all domains, at the same time than allowed', async () => {
    for (const domain of ['a', 'b', 'c']) {
      for (let i = 0; i < 6; i += 1)
        await put(bench.queue, { id: `${domain}${i}`, domains: [`${domain}.example`] });
    }
    const jobs = parked();
    bench.make({ attempt: jobs.attempt, concurrency: 9 }).start();
    for (let round = 0; round < 18; round += 1) {
      await bench.clock.settle();
      expect(jobs.open.size).toBeGreaterThan(0);
      const [id = ''] = jobs.open.keys();
      jobs.end(id, [outcome(`anna@${id[0]}.example`, 'delivered')]);
    }
    await bench.clock.settle();
    expect(await bench.queue.count({ state: 'done' })).toBe(18);
    expect(Object.fromEntries(jobs.most)).toEqual({
      'a.example': 4,
      'b.example': 4,
      'c.example': 4,
      all: 9,
    });
  });

  it('Q-5: the limit of a domain holds over several workers', async () => {
    for (let i = 0; i < 6; i += 1) await put(bench.queue, { id: `a${i}`, domains: ['a.example'] });
    const jobs = parked();
    bench.make({ attempt: jobs.attempt, perDomain: 3 }).start();
    const other = createWorker({
      driver: bench.queue,
      owner: 'w2',
      clock: bench.clock,
      attempt: jobs.attempt,
      reports: async () => [],
      perDomain: 3,
    });
    other.start();
    await bench.clock.settle();
    expect(jobs.open.size).toBe(3);
    const drained = other.drain({ timeout: 0 });
    await bench.clock.advance(1);
    await drained;
  });
});

describe('outcomes', () => {
  it('Q-10, Q-14: each recipient has a state of its own; who has ended is not attempted again', async () => {
    await put(bench.queue, { id: 's', recipients: ['anna', 'bo', 'cy', 'di'] });
    const attempted: string[][] = [];
    let round = 0;
    bench
      .make({
        attempt: async (job) => {
          attempted.push(all(job, 'delivered').map(({ recipient }) => recipient));
          round += 1;
          if (round > 1) return all(job, 'delivered');
          return [
            outcome('anna@b.example', 'delivered'),
            outcome('bo@b.example', 'failed', 'recipient-rejected'),
            outcome('cy@b.example', 'deferred', 'recipient-deferred'),
            outcome('di@b.example', 'unknown', 'delivery-unknown'),
          ];
        },
      })
      .start();
    await bench.clock.settle();
    expect(await bench.states('s.1')).toEqual([
      'delivered',
      'failed recipient-rejected',
      'deferred recipient-deferred',
      'unknown delivery-unknown',
    ]);
    expect(await bench.view('s.1')).toMatchObject({
      state: 'ready',
      dueAt: START + 30 * MINUTE,
      job: { attempts: 1 },
    });
    await bench.clock.advance('31m');
    expect(attempted[1]).toEqual(['cy@b.example', 'di@b.example']);
    expect(await bench.view('s.1')).toMatchObject({ state: 'buried', job: { attempts: 2 } });
  });

  it('Q-10: a job whose recipients all have the mail is done, one with a failure is buried', async () => {
    await put(bench.queue, { id: 'good' });
    await put(bench.queue, { id: 'bad', domains: ['c.example'] });
    const buried = bench.collect('job.buried');
    bench
      .make({
        attempt: async (job) =>
          all(
            job,
            ...((job.domain === 'b.example' ? ['delivered'] : ['failed', 'null-mx']) as [State, Reason]),
          ),
      })
      .start();
    await bench.clock.settle();
    expect([(await bench.view('good.1'))?.state, (await bench.view('bad.1'))?.state]).toEqual([
      'done',
      'buried',
    ]);
    expect(buried).toEqual([{ job: 'bad.1', domain: 'c.example', reason: 'null-mx' }]);
  });

  it('Q-10, Q-23: the report is kept in the same step as the outcome that causes it', async () => {
    await put(bench.queue, { id: 's' });
    const report = await makeSubmission({ id: 'ndr', kind: 'report', domains: ['sender.example'] });
    const seen: string[] = [];
    bench
      .make({
        attempt: async (job) => {
          if (job.kind === 'mail') return all(job, 'failed', 'recipient-rejected');
          seen.push(job.id);
          return all(job, 'delivered');
        },
        reports: async (job, settled) => (job.kind === 'mail' && settled.buriedFor !== null ? [report] : []),
      })
      .start();
    await bench.clock.settle();
    expect(seen).toEqual(['ndr.1']);
    expect((await bench.view('ndr.1'))?.state).toBe('done');
  });
});

describe('when it works', () => {
  it('takes what is put while it runs, and what falls due', async () => {
    const attempted: string[] = [];
    bench
      .make({
        attempt: async (job) => {
          attempted.push(job.id);
          return all(job, 'delivered');
        },
      })
      .start();
    await bench.clock.settle();
    await put(bench.queue, { id: 'now' });
    await bench.clock.settle();
    expect(attempted).toEqual(['now.1']);
    await put(bench.queue, { id: 'later', notBefore: START + HOUR });
    await bench.clock.advance(HOUR - 1);
    expect(attempted).toEqual(['now.1']);
    await bench.clock.advance(1000);
    expect(attempted).toEqual(['now.1', 'later.1']);
  });

  it('looks by itself each minute, since another process may have put something', async () => {
    const attempted: string[] = [];
    const driver: QueueDriver = { ...bench.queue, onWork: () => () => undefined };
    bench
      .make({
        driver,
        attempt: async (job) => {
          attempted.push(job.id);
          return all(job, 'delivered');
        },
      })
      .start();
    await bench.clock.settle();
    await put(bench.queue, { id: 's' });
    await bench.clock.advance(59_999);
    expect(attempted).toEqual([]);
    await bench.clock.advance(1);
    expect(attempted).toEqual(['s.1']);
  });

  it('works off by call what is due, and says how much', async () => {
    for (let i = 0; i < 5; i += 1) await put(bench.queue, { id: `s${i}`, domains: [`d${i}.example`] });
    await put(bench.queue, { id: 'later', notBefore: START + HOUR });
    bench.make({ attempt: async (job) => all(job, 'delivered'), concurrency: 2 });
    expect(await bench.worker.processOnce()).toBe(5);
    expect(await bench.worker.processOnce()).toBe(0);
    expect(bench.clock.pending).toBe(0);
  });

  it('works by call no longer than it may', async () => {
    for (let i = 0; i < 5; i += 1) await put(bench.queue, { id: `s${i}`, domains: [`d${i}.example`] });
    bench.make({
      attempt: async (job) => {
        bench.clock.set(bench.clock.now() + 40_000);
        return all(job, 'delivered');
      },
      concurrency: 1,
    });
    expect(await bench.worker.processOnce({ maxMs: 60_000 })).toBe(2);
  });
});

describe('works by call', () => {
  it('a slow partner does not keep the others from being served', async () => {
    for (const domain of ['slow.example', 'a.example', 'b.example', 'c.example']) {
      await put(bench.queue, { id: domain, domains: [domain] });
    }
    const served: string[] = [];
    let finish = (): void => undefined;
    bench.make({
      concurrency: 2,
      attempt: async (job) => {
        if (job.domain === 'slow.example') await new Promise<void>((resolve) => (finish = resolve));
        served.push(job.domain);
        return all(job, 'delivered');
      },
    });
    let count = -1;
    void bench.worker.processOnce().then((n) => (count = n));
    await bench.clock.settle();
    expect(served).toEqual(['a.example', 'b.example', 'c.example']);
    await bench.clock.advance('1h');
    expect(count).toBe(-1);
    finish();
    await bench.clock.settle();
    expect(count).toBe(4);
    expect(bench.clock.pending).toBe(0);
  });
});

describe('drain', () => {
  it('takes nothing new and waits for what runs', async () => {
    await put(bench.queue, { id: 'a' });
    const jobs = parked();
    bench.make({ attempt: jobs.attempt }).start();
    await bench.clock.settle();
    let drained = false;
    void bench.worker.drain({ timeout: '10s' }).then(() => (drained = true));
    await put(bench.queue, { id: 'b' });
    await bench.clock.advance(9999);
    expect([drained, [...jobs.open.keys()]]).toEqual([false, ['a.1']]);
    jobs.end('a.1', [outcome('anna@b.example', 'delivered')]);
    await bench.clock.settle();
    expect(drained).toBe(true);
    expect((await bench.view('a.1'))?.state).toBe('done');
    expect(await bench.view('b.1')).toMatchObject({ state: 'ready', job: { attempts: 0 } });
    expect(bench.clock.pending).toBe(0);
  });

  it('Q-11: calls off what runs too long, gives it back uncounted, and may be started again', async () => {
    await put(bench.queue, { id: 'a' });
    const jobs = parked();
    bench.make({ attempt: jobs.attempt }).start();
    await bench.clock.settle();
    let drained = false;
    void bench.worker.drain({ timeout: '10s' }).then(() => (drained = true));
    await bench.clock.advance(9999);
    expect(drained).toBe(false);
    await bench.clock.advance(1);
    expect(drained).toBe(true);
    expect(await bench.view('a.1')).toMatchObject({ state: 'ready', dueAt: START, job: { attempts: 0 } });
    expect([bench.errors, bench.clock.pending]).toEqual([[], 0]);
    bench.worker.start();
    await bench.clock.settle();
    expect(jobs.signals.get('a.1')?.aborted).toBe(false);
    jobs.end('a.1', [outcome('anna@b.example', 'delivered')]);
    await bench.clock.settle();
    expect(await bench.view('a.1')).toMatchObject({ state: 'done', job: { attempts: 1 } });
  });

  it('does not wait for ever for an attempt that does not listen', async () => {
    await put(bench.queue, { id: 'a' });
    bench.make({ attempt: () => new Promise(() => undefined) }).start();
    await bench.clock.settle();
    let drained = false;
    void bench.worker.drain({ timeout: '10s' }).then(() => (drained = true));
    await bench.clock.advance(14_999);
    expect(drained).toBe(false);
    await bench.clock.advance(1);
    expect(drained).toBe(true);
    expect((await bench.view('a.1'))?.state).toBe('leased');
  });

  it('ends work by call too', async () => {
    await put(bench.queue, { id: 'a' });
    await put(bench.queue, { id: 'b', domains: ['c.example'] });
    const jobs = parked();
    bench.make({ attempt: jobs.attempt, concurrency: 1 });
    let count = -1;
    void bench.worker.processOnce({ maxMs: HOUR }).then((n) => (count = n));
    await bench.clock.settle();
    await bench.drainNow();
    await bench.clock.settle();
    expect(count).toBe(1);
    expect(await bench.queue.count({ state: 'ready' })).toBe(2);
  });

  it('Q-14: an attempt that had delivered when it was called off is settled, not given back', async () => {
    await put(bench.queue, { id: 'a', recipients: ['anna', 'bo'] });
    bench
      .make({
        attempt: (job, signal) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () =>
              resolve([
                ...all(job, 'deferred', 'connection-closed').slice(1),
                outcome('anna@b.example', 'delivered'),
              ]),
            );
          }),
      })
      .start();
    await bench.clock.settle();
    await bench.drainNow();
    expect(await bench.states('a.1')).toEqual(['delivered', 'deferred connection-closed']);
  });
});

it('an option of drain that nobody knows is refused', async () => {
  const worker = bench.make({ attempt: async () => [] });
  await expect(worker.drain({ timeoutMs: 5 } as object)).rejects.toMatchObject({ code: 'option-unknown' });
});
