/**
 * The last parameter of everything that waits: whose clock counts, and who may call it off.
 */
import { type Clock, systemClock } from './clock.js';

/** Clock and cancellation for one piece of work. */
export interface Context {
  readonly clock: Clock;
  /** When it aborts, the work stops with `signal.reason`. */
  readonly signal: AbortSignal;
}

/**
 * Shared by all that nobody may call off: a signal of its own for each costs more than much that is done under it. It never
 * aborts, so it keeps nobody who waits for that: it would keep them for as long as the process lives, and look through all
 * of them for each that comes.
 */
const NEVER: AbortSignal = Object.assign(new AbortController().signal, { addEventListener: () => undefined });

/** Makes a Context; without options: this machine's clock and a signal that never aborts. */
export function createContext(options: { clock?: Clock; signal?: AbortSignal } = {}): Context {
  return {
    clock: options.clock ?? systemClock,
    signal: options.signal ?? NEVER,
  };
}

/** Resolves after `ms` milliseconds of the context's clock; rejects with the signal's reason when called off. */
export function sleep(ms: number, ctx: Context): Promise<void> {
  return new Promise((resolve, reject) => {
    if (ctx.signal.aborted) {
      reject(ctx.signal.reason);
      return;
    }
    const abort = (): void => {
      cancel();
      reject(ctx.signal.reason);
    };
    const cancel = ctx.clock.after(ms, () => {
      ctx.signal.removeEventListener('abort', abort);
      resolve();
    });
    ctx.signal.addEventListener('abort', abort, { once: true });
  });
}

/**
 * Waits for `work`, at most `ms` milliseconds of the context's clock. On time-out or when called off the promise
 * rejects (with `expired()` or the signal's reason); `work` itself is not stopped, its owner must do that.
 */
export function within<T>(work: Promise<T>, ms: number, ctx: Context, expired: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    if (ctx.signal.aborted) {
      work.catch(() => undefined);
      reject(ctx.signal.reason);
      return;
    }
    const done = (): void => {
      cancel();
      ctx.signal.removeEventListener('abort', abort);
    };
    const abort = (): void => {
      done();
      reject(ctx.signal.reason);
    };
    const cancel = ctx.clock.after(ms, () => {
      done();
      reject(expired());
    });
    ctx.signal.addEventListener('abort', abort, { once: true });
    work.then(
      (value) => {
        done();
        resolve(value);
      },
      (error: unknown) => {
        done();
        reject(error);
      },
    );
  });
}
