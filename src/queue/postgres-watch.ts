/**
 * Wakes workers when another process has put or freed something: by LISTEN (postgres-ear.ts), and while that is not to be
 * had by looking once a second. What a process announces, it announces one at a time and outside of the transactions that
 * it speaks of: NOTIFY within them would let them commit only one after the other. An announcement that a crash swallows
 * costs time, no mail: workers also look by themselves.
 */
import { randomUUID } from 'node:crypto';
import { createEar } from './postgres-ear.js';
import type { PostgresPool } from './postgres-pool.js';

/** Somebody to wake. */
export interface Watch {
  /** Adds a listener; returns the function that takes it away. */
  listen(listener: () => void): () => void;
  /** Wakes the workers of this process. */
  readonly wake: () => void;
  /** Wakes those of the others. */
  readonly announce: () => void;
  end(): Promise<void>;
}

const LOOK_EVERY_MS = 1000;

/** Makes a watch. `listens` false: it only looks. */
export function createWatch(pool: PostgresPool, channel: string, listens: boolean): Watch {
  const self = randomUUID();
  const listeners = new Set<() => void>();
  const wake = (): void => {
    for (const listener of listeners) queueMicrotask(listener);
  };
  const announcer = createAnnouncer(() =>
    pool.query('SELECT pg_notify($1, $2)', [channel, self]).then(() => undefined),
  );
  const ear = listens
    ? createEar(pool, channel, (from) => {
        if (from !== self) wake();
      })
    : null;
  let timer: NodeJS.Timeout | null = null;
  const look = (): void => {
    // Without an ear somebody may have put something.
    if (ear === null || !ear.check()) wake();
  };
  const start = (): void => {
    timer = setInterval(look, LOOK_EVERY_MS);
    timer.unref();
    ear?.open();
  };
  const stop = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
    ear?.close();
  };
  return {
    wake,
    announce: announcer.announce,
    listen(listener) {
      listeners.add(listener);
      if (timer === null) start();
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) stop();
      };
    },
    async end() {
      listeners.clear();
      stop();
      await announcer.end();
    },
  };
}

/** One announcement at a time; those that are wished for meanwhile become one more. */
function createAnnouncer(send: () => Promise<void>): {
  readonly announce: () => void;
  end(): Promise<void>;
} {
  let sending: Promise<void> | null = null;
  let again = false;
  const run = async (): Promise<void> => {
    do {
      again = false;
      await send().catch(() => undefined);
    } while (again);
    sending = null;
  };
  return {
    announce() {
      if (sending === null) sending = run();
      else again = true;
    },
    async end() {
      await sending;
    },
  };
}
