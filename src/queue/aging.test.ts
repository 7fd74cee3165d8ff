/**
 * Held mail that grows old: told at half and at nine tenths of its life, each once.
 */
import { describe, expect, it } from 'vitest';
import { DAY, HOUR, put, START } from '../testing/queue-suite-mail.js';
import { noLaterThanThreshold, passedShare } from './aging.js';
import { all, useWorker } from './worker.fixture.js';

const LIFE = { createdAt: START, expiresAt: START + 5 * DAY };
const HALF = START + 60 * HOUR;
const LATE = START + 108 * HOUR;

describe('thresholds', () => {
  it('one lies between the due time and now, both inclusive; the later one where both do', () => {
    expect(passedShare(LIFE, HALF - 1, HALF - 1)).toBeNull();
    expect(passedShare(LIFE, HALF, HALF)).toBe(0.5);
    expect(passedShare(LIFE, HALF - HOUR, HALF + HOUR)).toBe(0.5);
    expect(passedShare(LIFE, HALF + 1, LATE - 1)).toBeNull();
    expect(passedShare(LIFE, HALF + 1, LATE)).toBe(0.9);
    expect(passedShare(LIFE, START, LATE)).toBe(0.9);
    expect(passedShare(LIFE, LATE + 1, LIFE.expiresAt)).toBeNull();
  });

  it('no plan reaches beyond one that lies ahead', () => {
    expect(noLaterThanThreshold(LIFE, START, START + HOUR)).toBe(START + HOUR);
    expect(noLaterThanThreshold(LIFE, HALF - 1, LATE)).toBe(HALF);
    expect(noLaterThanThreshold(LIFE, HALF, LIFE.expiresAt)).toBe(LATE);
    expect(noLaterThanThreshold(LIFE, LATE, LIFE.expiresAt)).toBe(LIFE.expiresAt);
  });
});

describe('hold.aging', () => {
  const bench = useWorker();

  it('is told when half and when nine tenths of the life have passed, at most once each', async () => {
    await put(bench.queue, { id: 's' });
    const told: unknown[] = [];
    const aging = bench.collect('hold.aging');
    // A reason that says nothing of the domain: other ones put it off, and then it is told when that ends.
    bench.make({ attempt: async (job) => all(job, 'held', 'policy-lowered') }).start();
    for (let hour = 0; hour < 119; hour += 1) {
      await bench.clock.advance(HOUR);
      await bench.clock.settle();
      // An operator who has it tried now does not make it older.
      if (hour % 20 === 11) await bench.queue.flush('b.example', bench.clock.now());
      for (const event of aging.splice(0)) told.push([(bench.clock.now() - START) / HOUR, event]);
    }
    const event = {
      job: 's.1',
      domain: 'b.example',
      reason: 'policy-lowered',
      expiresAt: LIFE.expiresAt,
    };
    expect(told).toEqual([
      [60, { ...event, share: 0.5 }],
      [108, { ...event, share: 0.9 }],
    ]);
    expect(bench.errors).toEqual([]);
  });

  it('is told by a worker that was away at the time, and by another one than held it before', async () => {
    await put(bench.queue, { id: 's' });
    const aging = bench.collect('hold.aging');
    const attempt = async (job: Parameters<typeof all>[0]) => all(job, 'held', 'certificate-expired');
    await bench.make({ attempt }).processOnce();
    bench.clock.set(HALF + 20 * HOUR);
    await bench.make({ attempt }).processOnce();
    expect(aging).toMatchObject([{ share: 0.5 }]);
    bench.clock.set(HALF + 30 * HOUR);
    await bench.make({ attempt }).processOnce();
    expect(aging).toHaveLength(1);
  });

  it('says nothing of mail that is only deferred, or whose life is over', async () => {
    await put(bench.queue, { id: 's' });
    const aging = bench.collect('hold.aging');
    bench.make({ attempt: async (job) => all(job, 'deferred', 'connect-timeout') }).start();
    await bench.clock.advance(6 * DAY);
    expect((await bench.view('s.1'))?.state).toBe('buried');
    expect(aging).toEqual([]);
  });

  it('a store that cannot say when the job was due does not keep the outcome from being kept', async () => {
    await put(bench.queue, { id: 's' });
    const find = (): Promise<never> => Promise.reject(new Error('gone'));
    bench.clock.set(HALF + HOUR);
    bench.make({
      driver: { ...bench.queue, find },
      attempt: async (job) => all(job, 'held', 'certificate-expired'),
    });
    await bench.worker.processOnce();
    expect(await bench.view('s.1')).toMatchObject({ state: 'ready', job: { attempts: 1 } });
    expect(bench.errors).toMatchObject([{ message: 'gone' }]);
  });
});
