/**
 * The worker over the memory queue, on a clock that the test moves.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EventName, type Events, onEvent } from '../core/channels.js';
import { QueueError } from '../core/errors.js';
import type { Reason } from '../core/reasons.js';
import type { Job } from '../deliver/job.js';
import type { Outcome, State } from '../deliver/outcome.js';
import type { Settled } from '../deliver/settle.js';
import { createFakeClock, type FakeClock } from '../testing/clock.js';
import {
  DAY,
  HOUR,
  LEASE_MS,
  leaseOne,
  makeSubmission,
  MINUTE,
  put,
  settlement,
  START,
} from '../testing/queue-suite-mail.js';
import type { QueueDriver } from './driver.js';
import { memoryQueue } from './memory.js';
import { createWorker, type Worker, type WorkerOptions } from './worker.js';

let clock: FakeClock;
let queue: QueueDriver;
let worker: Worker;
let errors: unknown[];
let stops: (() => void)[];

beforeEach(() => {
  clock = createFakeClock(START);
  queue = memoryQueue();
  errors = [];
  stops = [];
});
afterEach(async () => {
  for (const stop of stops) stop();
  await drainNow();
});

/** Drains and lets no attempt end by itself. */
async function drainNow(): Promise<void> {
  const drained = worker.drain({ timeoutMs: 0 });
  await clock.advance('5s');
  await drained;
}

function make(options: Partial<WorkerOptions> & Pick<WorkerOptions, 'attempt'>): Worker {
  worker = createWorker({
    driver: queue,
    owner: 'w1',
    clock,
    random: () => 0,
    reports: async () => [],
    onError: (error) => void errors.push(error),
    ...options,
  });
  return worker;
}

function outcome(recipient: string, state: State, reason: Reason | null = null): Outcome {
  const nothing = { detail: '', reply: null, host: null, address: null, verdict: null };
  return { recipient, state, reason, ...nothing, status: '', at: clock.now(), dsnOffered: false };
}

/** The same outcome for all recipients that wait. */
function all(job: Job, state: State, reason: Reason | null = null): Outcome[] {
  return job.recipients
    .filter((each) => each.state !== 'delivered' && each.state !== 'failed')
    .map(({ address }) => outcome(address.text, state, reason));
}

/** Attempts that wait until the test ends them, and how many ran at the same time. */
function parked() {
  const open = new Map<string, (outcomes: Outcome[]) => void>();
  const most = new Map<string, number>();
  const now = new Map<string, number>();
  const signals = new Map<string, AbortSignal>();
  const count = (key: string, by: number): void => {
    now.set(key, (now.get(key) ?? 0) + by);
    most.set(key, Math.max(most.get(key) ?? 0, now.get(key) ?? 0));
  };
  return {
    open,
    most,
    signals,
    attempt: (job: Job, signal: AbortSignal): Promise<Outcome[]> => {
      count(job.domain, 1);
      count('all', 1);
      signals.set(job.id, signal);
      return new Promise<Outcome[]>((resolve, reject) => {
        open.set(job.id, resolve);
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      }).finally(() => {
        open.delete(job.id);
        count(job.domain, -1);
        count('all', -1);
      });
    },
    end: (id: string, outcomes: Outcome[]): void => open.get(id)?.(outcomes),
  };
}

function collect<N extends EventName>(name: N): Events[N][] {
  const events: Events[N][] = [];
  stops.push(onEvent(name, (event) => events.push(event)));
  return events;
}

const view = async (id: string) => (await queue.find({ id }))[0];
const states = async (id: string): Promise<(string | null)[]> =>
  (await view(id))?.job.recipients.map(({ state, reason }) =>
    reason === null ? state : `${state} ${reason}`,
  ) ?? [];

describe('limits', () => {
  it('Q-5: no more jobs of a domain, and of all domains, at the same time than allowed', async () => {
    for (let i = 0; i < 6; i += 1) {
      await put(queue, { id: `a${i}`, domains: ['a.example'] });
      await put(queue, { id: `b${i}`, domains: ['b.example'] });
      await put(queue, { id: `c${i}`, domains: ['c.example'] });
    }
    const jobs = parked();
    make({ attempt: jobs.attempt, concurrency: 5 }).start();
    for (let round = 0; round < 18; round += 1) {
      await clock.settle();
      expect(jobs.open.size).toBeGreaterThan(0);
      const [id = ''] = jobs.open.keys();
      jobs.end(id, [outcome(`anna@${id[0]}.example`, 'delivered')]);
    }
    await clock.settle();
    expect(await queue.count({ state: 'done' })).toBe(18);
    expect([...jobs.most].sort()).toEqual([
      ['a.example', 2],
      ['all', 5],
      ['b.example', 2],
      ['c.example', 2],
    ]);
  });

  it('Q-5: the limit of a domain holds over several workers', async () => {
    for (let i = 0; i < 6; i += 1) await put(queue, { id: `a${i}`, domains: ['a.example'] });
    const jobs = parked();
    make({ attempt: jobs.attempt, perDomain: 3 }).start();
    const other = createWorker({
      driver: queue,
      owner: 'w2',
      clock,
      attempt: jobs.attempt,
      reports: async () => [],
      perDomain: 3,
    });
    other.start();
    await clock.settle();
    expect(jobs.open.size).toBe(3);
    const drained = other.drain({ timeoutMs: 0 });
    await clock.advance(1);
    await drained;
  });
});

describe('outcomes', () => {
  it('Q-10, Q-14: each recipient has a state of its own; who has ended is not attempted again', async () => {
    await put(queue, { id: 's', recipients: ['anna', 'bo', 'cy', 'di'] });
    const attempted: string[][] = [];
    let round = 0;
    make({
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
    }).start();
    await clock.settle();
    expect(await states('s.1')).toEqual([
      'delivered',
      'failed recipient-rejected',
      'deferred recipient-deferred',
      'unknown delivery-unknown',
    ]);
    expect(await view('s.1')).toMatchObject({
      state: 'ready',
      dueAt: START + 30 * MINUTE,
      job: { attempts: 1 },
    });
    await clock.advance('31m');
    expect(attempted[1]).toEqual(['cy@b.example', 'di@b.example']);
    expect(await view('s.1')).toMatchObject({ state: 'buried', job: { attempts: 2 } });
  });

  it('Q-10: a job whose recipients all have the mail is done, one with a failure is buried', async () => {
    await put(queue, { id: 'good' });
    await put(queue, { id: 'bad', domains: ['c.example'] });
    const buried = collect('job.buried');
    make({
      attempt: async (job) =>
        all(
          job,
          ...((job.domain === 'b.example' ? ['delivered'] : ['failed', 'null-mx']) as [State, Reason]),
        ),
    }).start();
    await clock.settle();
    expect([(await view('good.1'))?.state, (await view('bad.1'))?.state]).toEqual(['done', 'buried']);
    expect(buried).toEqual([{ job: 'bad.1', domain: 'c.example', reason: 'null-mx' }]);
  });

  it('Q-10, Q-23: the report is kept in the same step as the outcome that causes it', async () => {
    await put(queue, { id: 's' });
    const report = await makeSubmission({ id: 'ndr', kind: 'report', domains: ['sender.example'] });
    const seen: string[] = [];
    make({
      attempt: async (job) => {
        if (job.kind === 'mail') return all(job, 'failed', 'recipient-rejected');
        seen.push(job.id);
        return all(job, 'delivered');
      },
      reports: async (job, settled) => (job.kind === 'mail' && settled.buriedFor !== null ? [report] : []),
    }).start();
    await clock.settle();
    expect(seen).toEqual(['ndr.1']);
    expect((await view('ndr.1'))?.state).toBe('done');
  });
});

describe('leases', () => {
  it('Q-11: a lease is renewed for as long as the attempt takes', async () => {
    await put(queue, { id: 's' });
    const jobs = parked();
    make({ attempt: jobs.attempt, leaseMs: LEASE_MS }).start();
    await clock.settle();
    for (let i = 0; i < 12; i += 1) {
      await clock.advance(LEASE_MS);
      expect(
        await queue.lease({ owner: 'w2', now: clock.now(), leaseMs: LEASE_MS, limit: 1, perDomain: 2 }),
      ).toEqual([]);
    }
    jobs.end('s.1', [outcome('anna@b.example', 'delivered')]);
    await clock.settle();
    expect(await view('s.1')).toMatchObject({ state: 'done', job: { attempts: 1 } });
  });

  it('Q-11: what a dead worker held is attempted when its lease has run out, and not counted twice', async () => {
    await put(queue, { id: 's' });
    await leaseOne(queue, clock.now());
    const attempts: number[] = [];
    make({
      attempt: async (job) => {
        attempts.push(job.attempts);
        return all(job, 'delivered');
      },
    }).start();
    await clock.advance(LEASE_MS - 1);
    expect(attempts).toEqual([]);
    await clock.advance(MINUTE);
    expect(attempts).toEqual([0]);
    expect(await view('s.1')).toMatchObject({ state: 'done', job: { attempts: 1 } });
  });

  it('Q-11: who has lost its lease is called off, and what it found out changes nothing', async () => {
    await put(queue, { id: 's' });
    const jobs = parked();
    const lost = collect('lease.lost');
    const settled: string[] = [];
    make({
      attempt: jobs.attempt,
      leaseMs: LEASE_MS,
      onSettled: (job) => void settled.push(job.id),
    }).start();
    await clock.settle();
    // This process slept; meanwhile another one took over.
    const taken = await leaseOne(queue, START + LEASE_MS);
    await clock.advance(LEASE_MS / 2);
    expect(jobs.signals.get('s.1')?.aborted).toBe(true);
    expect(
      await queue.settle(taken, settlement(taken, { kind: 'done' }, { change: { state: 'delivered' } })),
    ).toBe(true);
    await clock.settle();
    expect(await states('s.1')).toEqual(['delivered']);
    expect(settled).toEqual([]);
    expect(errors).toEqual([]);
    expect(lost).toEqual([{ job: 's.1', domain: 'b.example' }]);
  });

  it('Q-11: an outcome that comes after the lease was lost is discarded and told', async () => {
    await put(queue, { id: 's' });
    const lost = collect('lease.lost');
    let end = (_: Outcome[]): void => undefined;
    const settled: string[] = [];
    make({
      attempt: () => new Promise((resolve) => (end = resolve)),
      leaseMs: LEASE_MS,
      onSettled: (job) => void settled.push(job.id),
    }).start();
    await clock.settle();
    const taken = await leaseOne(queue, START + LEASE_MS);
    end([outcome('anna@b.example', 'failed', 'recipient-rejected')]);
    await clock.settle();
    expect(lost).toEqual([{ job: 's.1', domain: 'b.example' }]);
    expect(settled).toEqual([]);
    expect(await view('s.1')).toMatchObject({
      state: 'leased',
      job: { attempts: 0, recipients: [{ state: 'waiting' }] },
    });
    await queue.release(taken);
  });

  it('Q-11: a renewal that fails is tried again before the lease ends, and nothing is renewed after the end', async () => {
    await put(queue, { id: 's' });
    const jobs = parked();
    const { renew } = queue;
    let renewals = 0;
    const driver: QueueDriver = {
      ...queue,
      renew(held, until) {
        renewals += 1;
        if (renewals === 1) return Promise.reject(new QueueError('store-away', 'gone'));
        return renew(held, until);
      },
    };
    make({ driver, attempt: jobs.attempt, leaseMs: LEASE_MS }).start();
    await clock.advance(LEASE_MS);
    expect(renewals).toBeGreaterThan(1);
    expect(
      await queue.lease({ owner: 'w2', now: clock.now(), leaseMs: LEASE_MS, limit: 1, perDomain: 2 }),
    ).toEqual([]);
    jobs.end('s.1', [outcome('anna@b.example', 'delivered')]);
    await clock.settle();
    const before = renewals;
    await clock.advance('1h');
    expect(renewals).toBe(before);
    expect(errors).toMatchObject([{ code: 'store-away' }]);
  });
});

describe('what nobody foresaw', () => {
  it('an attempt that throws is postponed and told, and nothing that stood is changed', async () => {
    await put(queue, { id: 's' });
    const told = collect('worker.error');
    const cleared = collect('hold.cleared');
    const secret = Object.assign(new TypeError('password is hunter2'), { code: 'E_BUG' });
    let round = 0;
    make({
      attempt: async (job) => {
        round += 1;
        if (round === 1) return all(job, 'held', 'certificate-expired');
        throw secret;
      },
    }).start();
    await clock.settle();
    await clock.advance('31m');
    expect(round).toBe(2);
    expect(await states('s.1')).toEqual(['held certificate-expired']);
    expect(await view('s.1')).toMatchObject({ state: 'ready', job: { attempts: 2 } });
    expect((await view('s.1'))?.dueAt).toBe(START + 90 * MINUTE);
    expect(errors).toEqual([secret]);
    expect(told).toEqual([{ job: 's.1', domain: 'b.example', step: 'attempt', error: 'TypeError E_BUG' }]);
    expect(cleared).toEqual([]);
  });

  it('Q-3, Q-21: an attempt that always throws does not prolong the life of the mail: it ends, and is reported', async () => {
    for (const [first, reason] of [
      [null, 'internal-error'],
      ['certificate-expired', 'certificate-expired'],
    ] as const) {
      clock = createFakeClock(START);
      queue = memoryQueue();
      await put(queue, { id: 's' });
      const ended: Settled['ended'][number][] = [];
      let round = 0;
      make({
        attempt: async (job) => {
          round += 1;
          if (round === 1 && first !== null) return all(job, 'held', first);
          throw new Error('broken');
        },
        reports: async (_, settled) => {
          ended.push(...settled.ended);
          return [];
        },
      }).start();
      await clock.advance(5 * DAY - HOUR);
      expect(ended).toEqual([]);
      await clock.advance(4 * HOUR);
      expect(ended).toMatchObject([{ recipient: 'anna@b.example', state: 'failed', reason }]);
      expect((await view('s.1'))?.state).toBe('buried');
    }
  });

  it('Q-23: where no report can be made, the delivered stay delivered and nobody ends untold', async () => {
    await put(queue, { id: 's', recipients: ['anna', 'bo'] });
    const attempted: string[][] = [];
    let broken = true;
    make({
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
    }).start();
    await clock.settle();
    expect(await states('s.1')).toEqual(['delivered', 'deferred recipient-rejected']);
    expect((await view('s.1'))?.state).toBe('ready');
    broken = false;
    await clock.advance('31m');
    expect(attempted).toEqual([['anna@b.example', 'bo@b.example'], ['bo@b.example']]);
    expect(await states('s.1')).toEqual(['delivered', 'failed recipient-rejected']);
    expect((await view('s.1'))?.state).toBe('buried');
    expect(errors).toMatchObject([{ message: 'no report' }]);
  });

  it('Q-8: a store that fails for a moment does not make the mail go out twice', async () => {
    await put(queue, { id: 's' });
    const { settle } = queue;
    let attempts = 0;
    let failures = 3;
    const driver: QueueDriver = {
      ...queue,
      settle(held, given) {
        failures -= 1;
        if (failures >= 0) return Promise.reject(new QueueError('store-away', 'gone'));
        return settle(held, given);
      },
    };
    make({
      driver,
      attempt: async (job) => {
        attempts += 1;
        return all(job, 'delivered');
      },
    }).start();
    await clock.advance('20m');
    expect(attempts).toBe(1);
    expect((await view('s.1'))?.state).toBe('done');
    expect(errors).toHaveLength(3);
  });

  it('a store that cannot lease is asked again', async () => {
    await put(queue, { id: 's' });
    const { lease } = queue;
    let failures = 2;
    const driver: QueueDriver = {
      ...queue,
      lease(request) {
        failures -= 1;
        return failures >= 0 ? Promise.reject(new QueueError('store-away', 'gone')) : lease(request);
      },
    };
    make({ driver, attempt: async (job) => all(job, 'delivered') }).start();
    await clock.advance('5s');
    expect((await view('s.1'))?.state).toBe('done');
    expect(errors).toHaveLength(2);
  });
});

describe('when it works', () => {
  it('takes what is put while it runs, and what falls due', async () => {
    const attempted: string[] = [];
    make({
      attempt: async (job) => {
        attempted.push(job.id);
        return all(job, 'delivered');
      },
    }).start();
    await clock.settle();
    await put(queue, { id: 'now' });
    await clock.settle();
    expect(attempted).toEqual(['now.1']);
    await put(queue, { id: 'later', notBefore: START + HOUR });
    await clock.advance(HOUR - 1);
    expect(attempted).toEqual(['now.1']);
    await clock.advance(1000);
    expect(attempted).toEqual(['now.1', 'later.1']);
  });

  it('looks by itself each minute, since another process may have put something', async () => {
    const attempted: string[] = [];
    const driver: QueueDriver = { ...queue, onWork: () => () => undefined };
    make({
      driver,
      attempt: async (job) => {
        attempted.push(job.id);
        return all(job, 'delivered');
      },
    }).start();
    await clock.settle();
    await put(queue, { id: 's' });
    await clock.advance(59_999);
    expect(attempted).toEqual([]);
    await clock.advance(1);
    expect(attempted).toEqual(['s.1']);
  });

  it('works off by call what is due, and says how much', async () => {
    for (let i = 0; i < 5; i += 1) await put(queue, { id: `s${i}`, domains: [`d${i}.example`] });
    await put(queue, { id: 'later', notBefore: START + HOUR });
    make({ attempt: async (job) => all(job, 'delivered'), concurrency: 2 });
    expect(await worker.processOnce()).toBe(5);
    expect(await worker.processOnce()).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('works by call no longer than it may', async () => {
    for (let i = 0; i < 5; i += 1) await put(queue, { id: `s${i}`, domains: [`d${i}.example`] });
    make({
      attempt: async (job) => {
        clock.set(clock.now() + 40_000);
        return all(job, 'delivered');
      },
      concurrency: 1,
    });
    expect(await worker.processOnce({ maxMs: 60_000 })).toBe(2);
  });
});

describe('drain', () => {
  it('takes nothing new and waits for what runs', async () => {
    await put(queue, { id: 'a' });
    const jobs = parked();
    make({ attempt: jobs.attempt }).start();
    await clock.settle();
    let drained = false;
    void worker.drain({ timeoutMs: 10_000 }).then(() => (drained = true));
    await put(queue, { id: 'b' });
    await clock.advance(9999);
    expect([drained, [...jobs.open.keys()]]).toEqual([false, ['a.1']]);
    jobs.end('a.1', [outcome('anna@b.example', 'delivered')]);
    await clock.settle();
    expect(drained).toBe(true);
    expect((await view('a.1'))?.state).toBe('done');
    expect(await view('b.1')).toMatchObject({ state: 'ready', job: { attempts: 0 } });
    expect(clock.pending).toBe(0);
  });

  it('Q-11: calls off what runs too long, gives it back uncounted, and may be started again', async () => {
    await put(queue, { id: 'a' });
    const jobs = parked();
    make({ attempt: jobs.attempt }).start();
    await clock.settle();
    let drained = false;
    void worker.drain({ timeoutMs: 10_000 }).then(() => (drained = true));
    await clock.advance(9999);
    expect(drained).toBe(false);
    await clock.advance(1);
    expect(drained).toBe(true);
    expect(await view('a.1')).toMatchObject({ state: 'ready', dueAt: START, job: { attempts: 0 } });
    expect([errors, clock.pending]).toEqual([[], 0]);
    worker.start();
    await clock.settle();
    expect(jobs.signals.get('a.1')?.aborted).toBe(false);
    jobs.end('a.1', [outcome('anna@b.example', 'delivered')]);
    await clock.settle();
    expect(await view('a.1')).toMatchObject({ state: 'done', job: { attempts: 1 } });
  });

  it('does not wait for ever for an attempt that does not listen', async () => {
    await put(queue, { id: 'a' });
    make({ attempt: () => new Promise(() => undefined) }).start();
    await clock.settle();
    let drained = false;
    void worker.drain({ timeoutMs: 10_000 }).then(() => (drained = true));
    await clock.advance(14_999);
    expect(drained).toBe(false);
    await clock.advance(1);
    expect(drained).toBe(true);
    expect((await view('a.1'))?.state).toBe('leased');
  });

  it('ends work by call too', async () => {
    await put(queue, { id: 'a' });
    await put(queue, { id: 'b', domains: ['c.example'] });
    const jobs = parked();
    make({ attempt: jobs.attempt, concurrency: 1 });
    let count = -1;
    void worker.processOnce({ maxMs: HOUR }).then((n) => (count = n));
    await clock.settle();
    await drainNow();
    await clock.settle();
    expect(count).toBe(1);
    expect(await queue.count({ state: 'ready' })).toBe(2);
  });

  it('Q-14: an attempt that had delivered when it was called off is settled, not given back', async () => {
    await put(queue, { id: 'a', recipients: ['anna', 'bo'] });
    make({
      attempt: (job, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () =>
            resolve([
              ...all(job, 'deferred', 'connection-closed').slice(1),
              outcome('anna@b.example', 'delivered'),
            ]),
          );
        }),
    }).start();
    await clock.settle();
    await drainNow();
    expect(await states('a.1')).toEqual(['delivered', 'deferred connection-closed']);
  });
});
