import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from './clock.js';

describe('the clock of the machine', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('Q-27: now is wall time, and a timer fires once, when its time has come', () => {
    const fired = vi.fn<() => void>();
    systemClock.after(500, fired);
    expect(systemClock.now()).toBe(1_000_000);
    vi.advanceTimersByTime(499);
    expect(fired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10_000);
    expect(fired).toHaveBeenCalledTimes(1);
  });

  it('Q-27: a timer that is longer than Node can count does not fire early', () => {
    const fired = vi.fn<() => void>();
    const days = 86_400_000;
    systemClock.after(60 * days, fired);
    vi.advanceTimersByTime(60 * days - 1);
    expect(fired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(fired).toHaveBeenCalledTimes(1);
  });

  it('Q-27: a cancelled timer never fires, not even in its second stretch', () => {
    const fired = vi.fn<() => void>();
    const cancel = systemClock.after(2 ** 31 + 1000, fired);
    vi.advanceTimersByTime(2 ** 31);
    cancel();
    vi.advanceTimersByTime(2 ** 31);
    expect(fired).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});
