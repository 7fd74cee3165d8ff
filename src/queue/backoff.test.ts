import { describe, expect, it } from 'vitest';
import { isConfigError } from '../core/errors.js';
import { nextAttempt, parseSchedule, type Retry, SCHEDULE } from './backoff.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const retry = (change: Partial<Retry> = {}): Retry => ({
  attempts: 0,
  reasons: ['connect-timeout'],
  now: 0,
  expiresAt: 5 * DAY,
  ...change,
});
const gap = (change: Partial<Retry>, random = 0): number =>
  nextAttempt(retry(change), SCHEDULE, () => random);

describe('nextAttempt', () => {
  it('Q-2: 30 minutes, 1 hour, 2 hours, then every 3 hours', () => {
    expect([0, 1, 2, 3, 4, 40].map((attempts) => gap({ attempts }) / MINUTE)).toEqual([
      30, 60, 120, 180, 180, 180,
    ]);
  });

  it('Q-2: 0 to 10 % more by chance, never less', () => {
    expect(gap({}, 0.999)).toBeGreaterThan(32.9 * MINUTE);
    expect(gap({}, 0.999)).toBeLessThanOrEqual(33 * MINUTE);
  });

  it('Q-2: the first retry is fast only where it is turned on and every reason is known to pass soon', () => {
    const fast = parseSchedule({ fastFirstRetry: true });
    const at = (change: Partial<Retry>): number => nextAttempt(retry(change), fast, () => 0) / MINUTE;
    expect(at({ reasons: ['recipient-deferred'] })).toBe(5);
    expect(at({ reasons: ['recipient-deferred', 'certificate-expired'] })).toBe(30);
    expect(at({ reasons: ['recipient-deferred'], attempts: 1 })).toBe(60);
    expect(gap({ reasons: ['recipient-deferred'] }) / MINUTE).toBe(30);
  });

  it('Q-21, Q-27: the last try falls on the stored end, not after it', () => {
    expect(gap({ attempts: 40, now: 5 * DAY - HOUR }, 1)).toBe(5 * DAY);
  });

  it('Q-20, Q-22: a policy refusal is tried on the same schedule', () => {
    expect(gap({ attempts: 3, reasons: ['certificate-expired'] })).toBe(3 * HOUR);
  });
});

it('Q-20, Q-22: a policy refusal has a schedule of its own where the host wants one', () => {
  const schedule = parseSchedule({ heldGaps: ['15m', '1h'], jitter: 0 });
  const next = (attempts: number, reasons: Retry['reasons']): number =>
    nextAttempt(retry({ attempts, reasons }), schedule, () => 0);
  expect([0, 1, 2].map((attempts) => next(attempts, ['certificate-expired']))).toEqual([
    15 * MINUTE,
    HOUR,
    HOUR,
  ]);
  expect(next(0, ['connect-timeout'])).toBe(30 * MINUTE);
  expect(next(0, ['certificate-expired', 'connect-timeout'])).toBe(30 * MINUTE);
});

describe('parseSchedule', () => {
  it('Q-3: gaps, jitter and the fast first retry are the choice of the host', () => {
    expect(parseSchedule({ gaps: ['10m', '4h'], jitter: 0, fastFirstRetry: '2m' })).toEqual({
      gapsMs: [10 * MINUTE, 4 * HOUR],
      jitter: 0,
      fastFirstMs: 2 * MINUTE,
    });
    expect(parseSchedule({})).toEqual(SCHEDULE);
  });

  it.each([
    { gaps: [] },
    { heldGaps: ['1s'] },
    { gaps: ['1s'] },
    { jitter: 2 },
    { jitter: Number.NaN },
    { gap: ['1h'] },
  ])('Q-3: refuses %j and says what was expected', (options) => {
    expect(() => parseSchedule(options as never)).toThrow(expect.toSatisfy(isConfigError));
  });
});
