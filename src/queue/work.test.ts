/**
 * One lease from beginning to end: renewals, losses, and what nobody foresaw.
 */
import { describe, expect, it } from 'vitest';
import { QueueError } from '../core/errors.js';
import type { Outcome } from '../deliver/outcome.js';
import type { Settled } from '../deliver/settle.js';
import {
  DAY,
  HOUR,
  LEASE_MS,
  leaseOne,
  MINUTE,
  put,
  settlement,
  START,
} from '../testing/queue-suite-mail.js';
import type { QueueDriver } from './driver.js';
import { all, outcome, parked, useWorker } from './worker.fixture.js';

const bench = useWorker();

describe('leases', () => {
  it('Q-11: a lease is renewed for as long as the attempt takes', async () => {
    await put(bench.queue, { id: 's' });
    const jobs = parked();
    bench.make({ attempt: jobs.attempt, leaseMs: LEASE_MS }).start();
    await bench.clock.settle();
    for (let i = 0; i < 12; i += 1) {
      await bench.clock.advance(LEASE_MS);
      expect(
        await bench.queue.lease({
          owner: 'w2',
          now: bench.clock.now(),
          leaseMs: LEASE_MS,
          limit: 1,
          perDomain: 2,
        }),
      ).toEqual([]);
    }
    jobs.end('s.1', [outcome('anna@b.example', 'delivered')]);
    await bench.clock.settle();
    expect(await bench.view('s.1')).toMatchObject({ state: 'done', job: { attempts: 1 } });
  });

  it('Q-11: what a dead worker held is attempted when its lease has run out, and not counted twice', async () => {
    await put(bench.queue, { id: 's' });
    await leaseOne(bench.queue, bench.clock.now());
    const attempts: number[] = [];
    bench
      .make({
        attempt: async (job) => {
          attempts.push(job.attempts);
          return all(job, 'delivered');
        },
      })
      .start();
    await bench.clock.advance(LEASE_MS - 1);
    expect(attempts).toEqual([]);
    await bench.clock.advance(MINUTE);
    expect(attempts).toEqual([0]);
    expect(await bench.view('s.1')).toMatchObject({ state: 'done', job: { attempts: 1 } });
  });

  it('Q-11: who has lost its lease is called off, and what it found out changes nothing', async () => {
    await put(bench.queue, { id: 's' });
    const jobs = parked();
    const lost = bench.collect('lease.lost');
    const settled: string[] = [];
    bench
      .make({
        attempt: jobs.attempt,
        leaseMs: LEASE_MS,
        onSettled: (job) => void settled.push(job.id),
      })
      .start();
    await bench.clock.settle();
    // This process slept; meanwhile another one took over.
    const taken = await leaseOne(bench.queue, START + LEASE_MS);
    await bench.clock.advance(LEASE_MS / 2);
    expect(jobs.signals.get('s.1')?.aborted).toBe(true);
    expect(
      await bench.queue.settle(
        taken,
        settlement(taken, { kind: 'done' }, { change: { state: 'delivered' } }),
      ),
    ).toBe(true);
    await bench.clock.settle();
    expect(await bench.states('s.1')).toEqual(['delivered']);
    expect(settled).toEqual([]);
    expect(bench.errors).toEqual([]);
    expect(lost).toEqual([{ job: 's.1', domain: 'b.example' }]);
  });

  it('Q-11: an outcome that comes after the lease was lost is discarded and told', async () => {
    await put(bench.queue, { id: 's' });
    const lost = bench.collect('lease.lost');
    let end: (outcomes: Outcome[]) => void = () => undefined;
    const settled: string[] = [];
    bench
      .make({
        attempt: () => new Promise((resolve) => (end = resolve)),
        leaseMs: LEASE_MS,
        onSettled: (job) => void settled.push(job.id),
      })
      .start();
    await bench.clock.settle();
    const taken = await leaseOne(bench.queue, START + LEASE_MS);
    end([outcome('anna@b.example', 'failed', 'recipient-rejected')]);
    await bench.clock.settle();
    expect(lost).toEqual([{ job: 's.1', domain: 'b.example' }]);
    expect(settled).toEqual([]);
    expect(await bench.view('s.1')).toMatchObject({
      state: 'leased',
      job: { attempts: 0, recipients: [{ state: 'waiting' }] },
    });
    await bench.queue.release(taken);
  });

  it('Q-11: a renewal that is under way when the work ends is the last one', async () => {
    await put(bench.queue, { id: 's' });
    const jobs = parked();
    let answer: (kept: boolean) => void = () => undefined;
    const renew = (): Promise<boolean> => new Promise((resolve) => (answer = resolve));
    bench.make({ driver: { ...bench.queue, renew }, attempt: jobs.attempt, leaseMs: LEASE_MS });
    const working = bench.worker.processOnce();
    await bench.clock.advance(LEASE_MS / 2);
    jobs.end('s.1', [outcome('anna@b.example', 'delivered')]);
    await working;
    answer(true);
    await bench.clock.settle();
    expect(bench.clock.pending).toBe(0);
  });

  it('Q-11: a renewal that fails is tried again before the lease ends, and nothing is renewed after the end', async () => {
    await put(bench.queue, { id: 's' });
    const jobs = parked();
    const { renew } = bench.queue;
    let renewals = 0;
    const driver: QueueDriver = {
      ...bench.queue,
      renew(held, until) {
        renewals += 1;
        if (renewals === 1) return Promise.reject(new QueueError('store-away', 'gone'));
        return renew(held, until);
      },
    };
    bench.make({ driver, attempt: jobs.attempt, leaseMs: LEASE_MS }).start();
    await bench.clock.advance(LEASE_MS);
    expect(renewals).toBeGreaterThan(1);
    expect(
      await bench.queue.lease({
        owner: 'w2',
        now: bench.clock.now(),
        leaseMs: LEASE_MS,
        limit: 1,
        perDomain: 2,
      }),
    ).toEqual([]);
    jobs.end('s.1', [outcome('anna@b.example', 'delivered')]);
    await bench.clock.settle();
    const before = renewals;
    await bench.clock.advance('1h');
    expect(renewals).toBe(before);
    expect(bench.errors).toMatchObject([{ code: 'store-away' }]);
  });
});

describe('what nobody foresaw', () => {
  it('an attempt that throws is postponed and told, and nothing that stood is changed', async () => {
    await put(bench.queue, { id: 's' });
    const told = bench.collect('worker.error');
    const cleared = bench.collect('hold.cleared');
    const secret = Object.assign(new TypeError('password is hunter2'), { code: 'E_BUG' });
    let round = 0;
    bench
      .make({
        attempt: async (job) => {
          round += 1;
          if (round === 1) return all(job, 'held', 'certificate-expired');
          throw secret;
        },
      })
      .start();
    await bench.clock.settle();
    await bench.clock.advance('31m');
    expect(round).toBe(2);
    expect(await bench.states('s.1')).toEqual(['held certificate-expired']);
    expect(await bench.view('s.1')).toMatchObject({ state: 'ready', job: { attempts: 2 } });
    expect((await bench.view('s.1'))?.dueAt).toBe(START + 90 * MINUTE);
    expect(bench.errors).toEqual([secret]);
    expect(told).toEqual([{ job: 's.1', domain: 'b.example', step: 'attempt', error: 'TypeError E_BUG' }]);
    expect(cleared).toEqual([]);
  });

  it('Q-3, Q-21: an attempt that always throws does not prolong the life of the mail: it ends, and is reported', async () => {
    for (const [first, reason] of [
      [null, 'internal-error'],
      ['certificate-expired', 'certificate-expired'],
    ] as const) {
      bench.begin();
      await put(bench.queue, { id: 's' });
      const ended: Settled['ended'][number][] = [];
      let round = 0;
      bench
        .make({
          attempt: async (job) => {
            round += 1;
            if (round === 1 && first !== null) return all(job, 'held', first);
            throw new Error('broken');
          },
          reports: async (_, settled) => {
            ended.push(...settled.ended);
            return [];
          },
        })
        .start();
      await bench.clock.advance(5 * DAY - HOUR);
      expect(ended).toEqual([]);
      await bench.clock.advance(4 * HOUR);
      expect(ended).toMatchObject([{ recipient: 'anna@b.example', state: 'failed', reason }]);
      expect((await bench.view('s.1'))?.state).toBe('buried');
    }
  });

  it('Q-23: where no report can be made, the delivered stay delivered and nobody ends untold', async () => {
    await put(bench.queue, { id: 's', recipients: ['anna', 'bo'] });
    const attempted: string[][] = [];
    let broken = true;
    bench
      .make({
        attempt: async (job) => {
          attempted.push(all(job, 'delivered').map(({ recipient }) => recipient));
          return all(job, 'failed', 'recipient-rejected').map((each) =>
            each.recipient.startsWith('anna') ? { ...each, state: 'delivered', reason: null } : each,
          );
        },
        reports: async () => {
          if (broken) throw new Error('no report');
          return [];
        },
      })
      .start();
    await bench.clock.settle();
    expect(await bench.states('s.1')).toEqual(['delivered', 'deferred recipient-rejected']);
    expect((await bench.view('s.1'))?.state).toBe('ready');
    broken = false;
    await bench.clock.advance('31m');
    expect(attempted).toEqual([['anna@b.example', 'bo@b.example'], ['bo@b.example']]);
    expect(await bench.states('s.1')).toEqual(['delivered', 'failed recipient-rejected']);
    expect((await bench.view('s.1'))?.state).toBe('buried');
    expect(bench.errors).toMatchObject([{ message: 'no report' }]);
  });

  it('Q-8: a store that fails for a moment does not make the mail go out twice', async () => {
    await put(bench.queue, { id: 's' });
    const { settle } = bench.queue;
    let attempts = 0;
    let failures = 3;
    const driver: QueueDriver = {
      ...bench.queue,
      settle(held, given) {
        failures -= 1;
        if (failures >= 0) return Promise.reject(new QueueError('store-away', 'gone'));
        return settle(held, given);
      },
    };
    bench
      .make({
        driver,
        attempt: async (job) => {
          attempts += 1;
          return all(job, 'delivered');
        },
      })
      .start();
    await bench.clock.advance('20m');
    expect(attempts).toBe(1);
    expect((await bench.view('s.1'))?.state).toBe('done');
    expect(bench.errors).toHaveLength(3);
  });

  it('a store that cannot lease is asked again', async () => {
    await put(bench.queue, { id: 's' });
    const { lease } = bench.queue;
    let failures = 2;
    const driver: QueueDriver = {
      ...bench.queue,
      lease(request) {
        failures -= 1;
        return failures >= 0 ? Promise.reject(new QueueError('store-away', 'gone')) : lease(request);
      },
    };
    bench.make({ driver, attempt: async (job) => all(job, 'delivered') }).start();
    await bench.clock.advance('5s');
    expect((await bench.view('s.1'))?.state).toBe('done');
    expect(bench.errors).toHaveLength(2);
  });
});
