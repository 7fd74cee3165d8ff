import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Clock } from './clock.js';
import { createContext, sleep, within } from './context.js';

/** A clock whose timers the test fires; `waiting` holds those that are neither fired nor cancelled. */
function handClock(): Clock & { readonly waiting: Map<() => void, number> } {
  const waiting = new Map<() => void, number>();
  return {
    waiting,
    now: () => 0,
    after(ms, fn) {
      waiting.set(fn, ms);
      return () => waiting.delete(fn);
    },
  };
}

function fire(clock: ReturnType<typeof handClock>): void {
  for (const fn of clock.waiting.keys()) fn();
  clock.waiting.clear();
}

describe('waiting', () => {
  it('AT-13: work that ends in time gives its result and leaves no timer', async () => {
    const clock = handClock();
    const work = within(Promise.resolve(7), 100, createContext({ clock }), () => new Error('late'));
    expect([...clock.waiting.values()]).toEqual([100]);
    expect(await work).toBe(7);
    expect(clock.waiting.size).toBe(0);
  });

  it('AT-13: work that fails gives its error and leaves no timer', async () => {
    const clock = handClock();
    const work = within(
      Promise.reject(new Error('broken')),
      1,
      createContext({ clock }),
      () => new Error('late'),
    );
    await expect(work).rejects.toThrow('broken');
    expect(clock.waiting.size).toBe(0);
  });

  it('AT-13: work that does not end is given up when its time is over', async () => {
    const clock = handClock();
    const work = within(new Promise(() => undefined), 100, createContext({ clock }), () => new Error('late'));
    fire(clock);
    await expect(work).rejects.toThrow('late');
  });

  it('AT-13: a call-off ends both kinds of waiting with its reason and leaves no timer', async () => {
    const clock = handClock();
    const controller = new AbortController();
    const ctx = createContext({ clock, signal: controller.signal });
    const waits = [sleep(5, ctx), within(new Promise(() => undefined), 5, ctx, () => new Error('late'))];
    const ended = Promise.allSettled(waits);
    controller.abort(new Error('called off'));
    expect(await ended).toEqual([
      { status: 'rejected', reason: new Error('called off') },
      { status: 'rejected', reason: new Error('called off') },
    ]);
    expect(clock.waiting.size).toBe(0);
  });

  it('AT-13: who is called off already does not begin to wait', async () => {
    const clock = handClock();
    const ctx = createContext({ clock, signal: AbortSignal.abort(new Error('called off')) });
    await expect(sleep(5, ctx)).rejects.toThrow('called off');
    const failing = within(Promise.reject(new Error('unheard')), 5, ctx, () => new Error('late'));
    await expect(failing).rejects.toThrow('called off');
    expect(clock.waiting.size).toBe(0);
  });

  it('AT-13: sleep ends when its time is over', async () => {
    const clock = handClock();
    const slept = sleep(42, createContext({ clock }));
    expect([...clock.waiting.values()]).toEqual([42]);
    fire(clock);
    await expect(slept).resolves.toBeUndefined();
  });
});

it('AT-13: a signal that never aborts keeps nobody who waits for that', () => {
  const { signal } = createContext();
  signal.addEventListener('abort', () => undefined);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(AbortSignal.any([signal, AbortSignal.abort()]).aborted).toBe(true);
});
