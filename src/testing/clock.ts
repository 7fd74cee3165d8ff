/**
 * A clock for tests: time stands still until the test moves it, so seven days of retries pass in milliseconds.
 *
 * `advance` fires the timers that fall due, in order, and between two of them lets the rest of the program catch up:
 * promises, and real sockets on loopback, whose two ends live in the same process. It does so by turns of the event
 * loop, not by waiting: each turn polls every socket once. `set` moves the wall clock alone, as an administrator or NTP
 * would; timers count elapsed time and do not notice.
 *
 * Failure: a program whose timers re-arm without end is stopped with an error instead of hanging the test.
 */
import type { Clock } from '../core/clock.js';
import { type Duration, parseDuration } from '../core/duration.js';
import { ConfigError } from '../core/errors.js';

/** A clock that a test moves by hand. */
export interface FakeClock extends Clock {
  /** Timers that wait. */
  readonly pending: number;
  /** Lets `duration` pass; resolves when every timer due in it has fired and what they started has come to rest. */
  advance(duration: Duration): Promise<void>;
  /**
   * Lets time pass up to the next timer and fires it; false, and nothing happens, when none waits (or none within
   * `limit`).
   */
  advanceToNext(limit?: Duration): Promise<boolean>;
  /** Jumps the wall clock, forwards or backwards; no timer notices. */
  set(time: number | string | Date): void;
  /** Lets promises and sockets come to rest without letting time pass. */
  settle(): Promise<void>;
  /**
   * Lets time pass, timer by timer, until the promise has settled, and gives what it gave.
   * @throws Error when it is still open and no timer waits: nothing can settle it any more
   */
  until<T>(promise: Promise<T>): Promise<T>;
  /**
   * Names something that counts its own activity (octets of a mock server, for example): settling goes on while the
   * count changes. Returns the function that takes it away.
   */
  watch(activity: () => number): () => void;
}

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly fn: () => void;
}

/** Turns of the event loop without any activity that count as rest. */
const QUIET_TURNS = 30;
/** Upper bound of one settling, against programs that never rest. */
const MOST_TURNS = 200_000;
/** Timers that one `advance` may fire. */
const MOST_TIMERS = 200_000;
/** Work that has begun and will end by itself: settling waits for it. */
const REQUESTS = /^(FSReq|CloseReq|TCPConnectWrap|WriteWrap|ShutdownWrap|GetAddrInfo)/;

/**
 * Makes a clock that stands at `start` (default 2026-01-15 12:00 UTC).
 * @throws ConfigError `time-invalid`
 */
export function createFakeClock(start: number | string | Date = Date.UTC(2026, 0, 15, 12)): FakeClock {
  let wallAtZero = toTime(start);
  let elapsed = 0;
  let order = 0;
  let queue: Promise<unknown> = Promise.resolve();
  const timers = new Set<Timer>();
  const watched = new Set<() => number>();
  const settle = (): Promise<void> => settleDown(() => sum(watched));

  /** Fires the earliest timer due until `until`; false when there is none. */
  const fireNext = async (until: number): Promise<boolean> => {
    const next = earliest(timers);
    if (next === null || next.due > until) return false;
    timers.delete(next);
    elapsed = Math.max(elapsed, next.due);
    next.fn();
    await settle();
    return true;
  };
  /** Two tests' helpers that advance at once take turns, so time never runs backwards. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work);
    queue = turn.catch(() => undefined);
    return turn;
  };
  const pass = async (until: number): Promise<void> => {
    await settle();
    for (let fired = 0; await fireNext(until); fired += 1) {
      if (fired > MOST_TIMERS) throw endless();
    }
    elapsed = Math.max(elapsed, until);
  };
  return {
    get pending() {
      return timers.size;
    },
    now: () => wallAtZero + elapsed,
    after(ms, fn) {
      const timer: Timer = { due: elapsed + Math.max(0, ms), order: order++, fn };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance: (duration) => {
      const ms = parseDuration(duration, 'advance');
      return inTurn(() => pass(elapsed + ms));
    },
    advanceToNext: (limit = Number.MAX_SAFE_INTEGER) => {
      const ms = parseDuration(limit, 'advanceToNext');
      return inTurn(async () => {
        await settle();
        return fireNext(elapsed + ms);
      });
    },
    until: (promise) => passUntil(promise, settle, () => inTurn(() => fireNext(Number.POSITIVE_INFINITY))),
    set(time) {
      wallAtZero = toTime(time) - elapsed;
    },
    settle,
    watch(activity) {
      watched.add(activity);
      return () => void watched.delete(activity);
    },
  };
}

/** Fires timer after timer until the promise has settled. */
async function passUntil<T>(
  promise: Promise<T>,
  settle: () => Promise<void>,
  fireNext: () => Promise<boolean>,
): Promise<T> {
  let settled = false;
  const note = (): void => void (settled = true);
  promise.then(note, note);
  await settle();
  for (let fired = 0; !settled; fired += 1) {
    if (fired > MOST_TIMERS) throw endless();
    // Firing settles down afterwards, so the promise is open for good when there was nothing to fire.
    if (!(await fireNext())) throw new Error('the fake clock: a promise is open and no timer waits for it');
  }
  return promise;
}

function endless(): Error {
  return new Error(
    `the fake clock fired ${MOST_TIMERS} timers and more are due: something re-arms without end`,
  );
}

function toTime(value: number | string | Date): number {
  const time = typeof value === 'number' ? value : new Date(value).getTime();
  if (Number.isFinite(time)) return time;
  throw new ConfigError(
    'time-invalid',
    `fake clock: expected milliseconds, a Date or an ISO date, got ${String(value)}`,
  );
}

function earliest(timers: ReadonlySet<Timer>): Timer | null {
  let first: Timer | null = null;
  for (const timer of timers) {
    if (first === null || timer.due < first.due || (timer.due === first.due && timer.order < first.order))
      first = timer;
  }
  return first;
}

function sum(counters: ReadonlySet<() => number>): number {
  let total = 0;
  for (const count of counters) total += count();
  return total;
}

/** Turns the event loop until nothing has happened for a while. */
async function settleDown(activity: () => number): Promise<void> {
  const total = (): number => activity() + loopEvents();
  let seen = total();
  let quiet = 0;
  settling += 1;
  for (let turn = 0; turn < MOST_TURNS && quiet < QUIET_TURNS; turn += 1) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    const now = total();
    // Asked only when the rest would be over: the list costs a walk over all handles.
    const busy = now !== seen || (quiet === QUIET_TURNS - 1 && hasRequests());
    quiet = busy ? 0 : quiet + 1;
    seen = now;
  }
  settling -= 1;
}

/** Settlings under way: each of the others has an immediate of its own waiting, which is no work. */
let settling = 0;

/** Events of sockets and of the thread pool that this loop has handled so far; 0 where Node does not count them. */
function loopEvents(): number {
  const { uvMetricsInfo } = performance.nodeTiming as { uvMetricsInfo?: { events: number } };
  return uvMetricsInfo?.events ?? 0;
}

function hasRequests(): boolean {
  const resources = process.getActiveResourcesInfo();
  const immediates = resources.filter((name) => name === 'Immediate').length;
  return immediates > settling - 1 || resources.some((name) => REQUESTS.test(name));
}
