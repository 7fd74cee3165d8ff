/**
 * The rate of a domain: the bucket by itself, and a worker that gives back what is over it.
 */
import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, put, START } from '../testing/queue-suite-mail.js';
import type { QueueDriver } from './driver.js';
import { createRate, parseRate } from './rate.js';
import { all, useWorker } from './worker.fixture.js';

describe('the bucket', () => {
  const takeAll = (rate: ReturnType<typeof createRate>, count: number, now: number) =>
    Array.from({ length: count }, () => rate.take('b.example', now));

  it('lets so many go at once, then tells each of the rest a turn of its own', () => {
    const rate = createRate({ messages: 3, perMs: 60_000 });
    expect(takeAll(rate, 5, START)).toEqual([null, null, null, START + 20_000, START + 40_000]);
    expect(rate.take('c.example', START)).toBeNull();
    expect(rate.take('b.example', START + 19_999)).toBe(START + 60_000);
    expect(rate.take('b.example', START + 20_000)).toBeNull();
    expect(takeAll(rate, 3, START + 60_000)).toEqual([null, null, START + 80_000]);
  });

  it('never lets more go than the rate, however often it is asked, and no fewer where there is work', () => {
    const rate = createRate({ messages: 7, perMs: 60_000 });
    let gone = 0;
    for (let ms = 0; ms < 600_000; ms += 100) if (rate.take('b.example', START + ms) === null) gone += 1;
    expect(gone).toBe(7 + 69);
  });

  it('is full again after a pause, and then turns begin anew', () => {
    const rate = createRate({ messages: 2, perMs: 60_000 });
    takeAll(rate, 50, START);
    expect(takeAll(rate, 3, START + 60_000)).toEqual([null, null, START + 90_000]);
  });

  it('gives no turn further ahead than an hour and a gap', () => {
    const rate = createRate({ messages: 1, perMs: 60_000 });
    const turns = takeAll(rate, 1000, START).map((turn) => turn ?? START);
    expect(Math.max(...turns)).toBe(START + HOUR + MINUTE);
    expect(Math.min(...turns.slice(1))).toBe(START + MINUTE);
  });

  it('Q-27: a clock that jumps back keeps nobody waiting for longer than a gap', () => {
    const rate = createRate({ messages: 2, perMs: 60_000 });
    takeAll(rate, 2, START + HOUR);
    expect(rate.take('b.example', START + 30_000)).not.toBeNull();
    expect(rate.take('b.example', START + MINUTE)).toBeNull();
  });

  it('says beforehand what it would say, without counting it', () => {
    const rate = createRate({ messages: 1, perMs: 60_000 });
    expect([rate.look('b.example', START), rate.take('b.example', START)]).toEqual([null, null]);
    expect([1, 2].map(() => rate.look('b.example', START))).toEqual([START + MINUTE, START + MINUTE]);
    expect(rate.take('b.example', START)).toBe(START + MINUTE);
  });

  it('takes back what was not used', () => {
    const rate = createRate({ messages: 1, perMs: 60_000 });
    rate.take('b.example', START);
    rate.giveBack('b.example');
    expect(takeAll(rate, 2, START)).toEqual([null, START + MINUTE]);
  });

  it('keeps a bounded number of domains', () => {
    const rate = createRate({ messages: 1, perMs: 60_000 });
    for (let i = 0; i <= 10_000; i += 1) rate.take(`d${i}.example`, START);
    expect(rate.take('d0.example', START)).toBeNull();
    expect(rate.take('d10000.example', START)).not.toBeNull();
  });
});

describe('options', () => {
  it('are read in words', () => {
    const perDomain = { messages: 100, perMs: 60_000 };
    expect(parseRate({ perDomain: { messages: 100, per: '1m' } })).toEqual({ perDomain });
    expect(
      parseRate({ perDomain: { messages: 100, per: '1m' }, perHost: { messages: 9, per: '2s' } }),
    ).toEqual({ perDomain, perHost: { messages: 9, perMs: 2000 } });
  });

  it.each([
    [{ perDomian: { messages: 1, per: '1m' } }, 'did you mean "perDomain"?'],
    [{ perDomain: { message: 1, per: '1m' } }, 'did you mean "messages"?'],
    [{}, 'expected "perDomain" or "perHost" or both'],
    [{ perDomain: 5 }, 'rate: perDomain: expected the likes of'],
    [{ perHost: { messages: 1, per: 'soon' } }, 'rate: perHost: per: expected milliseconds or text'],
    [{ perDomain: { messages: 0, per: '1m' } }, 'a whole number from 1'],
    [{ perDomain: { messages: 1.5, per: '1m' } }, 'a whole number from 1'],
    [{ perDomain: { messages: 1, per: '999ms' } }, '"1s" or more'],
    [{ perDomain: { messages: 1 } }, '"1s" or more'],
    [{ perDomain: { messages: 1, per: 'soon' } }, 'expected milliseconds or text'],
  ])('%j is refused', (options, text) => {
    expect(() => parseRate(options as never)).toThrow(text);
  });
});

describe('a worker with a rate', () => {
  const bench = useWorker();
  const rate = { messages: 2, perMs: 60_000 };

  it('Q-10: gives back untried what is over the rate, counts no attempt, and does not ask again before its turn', async () => {
    for (let i = 0; i < 6; i += 1) await put(bench.queue, { id: `s${i}` });
    await put(bench.queue, { id: 'other', domains: ['c.example'] });
    const attempted: string[] = [];
    let leases = 0;
    const driver: QueueDriver = {
      ...bench.queue,
      async lease(request) {
        const found = await bench.queue.lease(request);
        leases += found.length;
        return found;
      },
    };
    bench
      .make({
        driver,
        rate,
        attempt: async (job) => {
          attempted.push(`${(bench.clock.now() - START) / 1000} ${job.id}`);
          return all(job, 'delivered');
        },
      })
      .start();
    await bench.clock.settle();
    expect(attempted.toSorted()).toEqual(['0 other.1', '0 s0.1', '0 s1.1']);
    expect(await bench.view('s3.1')).toMatchObject({
      state: 'ready',
      dueAt: START + MINUTE,
      job: { attempts: 0, recipients: [{ state: 'waiting' }] },
    });
    await bench.clock.advance('10m');
    expect(attempted.slice(3)).toEqual(['30 s2.1', '60 s3.1', '90 s4.1', '120 s5.1']);
    expect(leases).toBe(7 + 4);
    expect(bench.errors).toEqual([]);
  });

  it('does not count as an attempt what was not tried', async () => {
    for (let i = 0; i < 6; i += 1) await put(bench.queue, { id: `s${i}` });
    bench.make({ rate, attempt: async (job) => all(job, 'delivered') });
    expect(await bench.worker.processOnce()).toBe(2);
    expect(await bench.worker.processOnce()).toBe(0);
    bench.clock.set(START + MINUTE);
    expect(await bench.worker.processOnce()).toBe(2);
  });

  it('Q-10: what an attempt leaves untried because of its host comes back when the host has room, and costs its domain nothing', async () => {
    await put(bench.queue, { id: 's0' });
    let tries = 0;
    bench.make({
      rate: { messages: 1, perMs: 3_600_000 },
      attempt: async (job) => {
        tries += 1;
        return tries === 1 ? { roomAt: START + MINUTE } : all(job, 'delivered');
      },
    });
    expect(await bench.worker.processOnce()).toBe(0);
    expect(await bench.view('s0.1')).toMatchObject({
      state: 'ready',
      dueAt: START + MINUTE,
      job: { attempts: 0, recipients: [{ state: 'waiting' }] },
    });
    bench.clock.set(START + MINUTE);
    expect(await bench.worker.processOnce()).toBe(1);
  });

  it('Q-23: mail whose life is over is tried and reported, whatever the rate', async () => {
    for (let i = 0; i < 3; i += 1) await put(bench.queue, { id: `s${i}` });
    bench.clock.set(START + 5 * 24 * HOUR);
    bench.make({ rate, attempt: async (job) => all(job, 'deferred', 'connect-timeout') });
    await bench.worker.processOnce();
    expect(await bench.queue.count({ state: 'buried' })).toBe(3);
  });
});
