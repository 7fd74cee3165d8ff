/**
 * After how many messages a host says 421: for how long, and for how many hosts, that is remembered.
 */
import { describe, expect, it } from 'vitest';
import { createMessageLimits } from './message-limits.js';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 15, 12);

describe('the count of messages that a host takes', () => {
  it('CV-14: is remembered for an hour, for that host alone', () => {
    const limits = createMessageLimits();
    limits.note('mx1', 1000, START);
    expect(limits.of('mx1', START)).toBe(1000);
    expect(limits.of('mx1', START + HOUR - 1)).toBe(1000);
    expect(limits.of('mx2', START)).toBe(Number.POSITIVE_INFINITY);
    expect(limits.of('mx1', START + HOUR)).toBe(Number.POSITIVE_INFINITY);
  });

  it('CV-14: is what the host said last, for an hour from then', () => {
    const limits = createMessageLimits();
    limits.note('mx1', 1000, START);
    limits.note('mx1', 10, START + HOUR / 2);
    expect(limits.of('mx1', START + HOUR)).toBe(10);
  });

  it('AT-13: is forgotten for the host that was noted longest ago when there are more than a thousand', () => {
    const limits = createMessageLimits();
    for (let i = 0; i < 1000; i += 1) limits.note(`mx${i}`, 5, START);
    limits.note('mx0', 5, START);
    limits.note('mx1000', 5, START);
    const known = ['mx0', 'mx1', 'mx2', 'mx1000'].map((host) => limits.of(host, START) === 5);
    expect(known).toEqual([true, false, true, true]);
  });

  it('Q-27: is not believed before the time at which it was noted', () => {
    const limits = createMessageLimits();
    limits.note('mx1', 1000, START);
    expect(limits.of('mx1', START - 1)).toBe(Number.POSITIVE_INFINITY);
  });
});
