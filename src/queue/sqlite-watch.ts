/**
 * Wakes workers when the file of a SQLite queue changes: at once for changes of this process, twice a second for those
 * of others. It looks only while somebody listens, and never keeps the process alive.
 */

/** Somebody to wake. */
export interface Watch {
  /** Adds a listener; returns the function that takes it away. */
  listen(listener: () => void): () => void;
  readonly wake: () => void;
  end(): void;
}

const LOOK_EVERY_MS = 500;

/** Makes a watch; `version` gives a value that changes when another process has committed something. */
export function createWatch(version: () => unknown): Watch {
  const listeners = new Set<() => void>();
  let timer: NodeJS.Timeout | null = null;
  let seen: unknown;
  const wake = (): void => {
    for (const listener of listeners) queueMicrotask(listener);
  };
  const look = (): void => {
    const now = version();
    if (now !== seen) wake();
    seen = now;
  };
  const stop = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };
  return {
    wake,
    listen(listener) {
      listeners.add(listener);
      if (timer === null) {
        seen = version();
        timer = setInterval(look, LOOK_EVERY_MS);
        timer.unref();
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) stop();
      };
    },
    end() {
      listeners.clear();
      stop();
    },
  };
}
