/**
 * Works a queue off: leases what is due, up to its limits, and looks again when something new may be due. What becomes of
 * one lease is in work.ts. It keeps no mail and knows no protocol.
 */
import { type Clock, systemClock } from '../core/clock.js';
import { createContext, sleep } from '../core/context.js';
import { type Duration, parseDuration } from '../core/duration.js';
import { refuseUnknownOptions } from '../core/options.js';
import { SCHEDULE } from './backoff.js';
import { type Cancellation, type CancelRequest, cancelSubmission } from './cancel.js';
import type { Job } from '../deliver/job.js';
import type { Lease } from './driver.js';
import { createLeaseKeeper, type LeaseKeeper } from './keeper.js';
import { createPace } from './pace.js';
import { createRate, type RateLimit } from './rate.js';
import { work, type WorkOptions } from './work.js';
import { turnEnd } from './turn-end.js';
import { tellError } from './work-events.js';

/** What a worker needs. */
export interface WorkerOptions extends WorkOptions {
  readonly owner: string;
  readonly clock?: Clock;
  /** Jobs at the same time, those that wait for their turn on a connection among them. Default 240. */
  readonly concurrency?: number;
  /** Jobs at the same time per domain, over all workers. Default a fifth of `concurrency`, and 4 at least. */
  readonly perDomain?: number;
  /** Messages per time and domain, tried by this worker. Default: no limit. */
  readonly rate?: RateLimit;
  /** Milliseconds that a lease lasts before it has to be renewed. Default 10 minutes. */
  readonly leaseMs?: number;
  /** Milliseconds for which finished jobs are kept for questions. Default 7 days. */
  readonly keepFinishedMs?: number;
}

/** A worker. */
export interface Worker {
  /** Works until it is stopped. */
  start(): void;
  /**
   * Works off what is due now; takes nothing new after `maxMs` milliseconds (default 60,000) and waits for what runs. The
   * number of attempts. For cron and serverless: `drain` ends it earlier.
   */
  processOnce(options?: { readonly maxMs?: number }): Promise<number>;
  /**
   * Takes nothing new; waits for what runs, at most `timeout` (default 30 seconds), then calls it off and gives the leases
   * back. Afterwards the worker may be started again. Rejects with ConfigError `option-unknown`, `duration-invalid`; then
   * nothing has changed.
   */
  drain(options?: { readonly timeout?: Duration }): Promise<void>;
  /** Takes a message back, whether the worker runs or not; one result for each of its jobs. @throws ConfigError, QueueError */
  cancel(submissionId: string, request: CancelRequest): Promise<readonly Cancellation[]>;
}

/** A job that waits for its turn costs little; one that is not there when a window has room costs a round trip. */
const CONCURRENCY = 240;
/** So many domains are served at the same time, however much there is for one of them. */
const DOMAINS_SERVED = 5;
const LEAST_PER_DOMAIN = 4;
/** Even without a wake-up the queue is looked at this often: another process may have put something. */
const POLL_MS = 60_000;
const LEAST_PAUSE_MS = 1000;
/** So long a called-off attempt has to end. */
const GRACE_MS = 5000;
const CLEAN_EVERY_MS = 3_600_000;
const KEEP_FINISHED_MS = 7 * 86_400_000;

/** Makes a worker; it does nothing until it is started. */
export function createWorker(options: WorkerOptions): Worker {
  const { driver } = options;
  const clock = options.clock ?? systemClock;
  const pace = createPace(options.schedule ?? SCHEDULE, options.random ?? Math.random);
  const rate = options.rate === undefined ? null : createRate(options.rate);
  const concurrency = options.concurrency ?? CONCURRENCY;
  const perDomain = options.perDomain ?? Math.max(LEAST_PER_DOMAIN, Math.floor(concurrency / DOMAINS_SERVED));
  const leaseMs = options.leaseMs ?? 600_000;
  const running = new Set<Promise<boolean>>();
  let abort = new AbortController();
  let keeper = keeperOf(abort.signal);
  let drains = 0;
  let working = false;
  let looking: Promise<void> | null = null;
  let again = false;
  let cleanedAt = Number.NEGATIVE_INFINITY;
  let cancelTimer = (): void => undefined;
  let stopListening = (): void => undefined;

  function keeperOf(signal: AbortSignal): LeaseKeeper {
    const onError = (error: unknown, job: Job): void => tellError(options, error, 'renew', job);
    return createLeaseKeeper({ driver, clock, leaseMs, signal, onError });
  }
  const lease = (limit: number): Promise<readonly Lease[]> =>
    driver.lease({
      owner: options.owner,
      now: clock.now(),
      leaseMs,
      limit,
      perDomain,
    });
  /** Works off a lease; false when it was not its turn. */
  const run = async (held: Lease): Promise<boolean> => {
    try {
      return await work(held, options, { clock, pace, rate, keeper, signal: abort.signal });
    } catch (error) {
      tellError(options, error, 'settle', held.job);
      return true;
    }
  };
  const launch = (held: Lease, onEnd: (isAttempt: boolean) => void): void => {
    const ending = run(held).then((isAttempt) => {
      running.delete(ending);
      onEnd(isAttempt);
      return isAttempt;
    });
    running.add(ending);
  };
  /** Forgets finished jobs, now and then; that it fails is no reason not to work. */
  const clean = async (): Promise<void> => {
    const now = clock.now();
    if (Math.abs(now - cleanedAt) < CLEAN_EVERY_MS) return;
    cleanedAt = now;
    const before = now - (options.keepFinishedMs ?? KEEP_FINISHED_MS);
    await driver.clean(before).catch((error: unknown) => tellError(options, error, 'clean', null));
  };
  const lookOnce = async (): Promise<void> => {
    cancelTimer();
    while (working && running.size < concurrency) {
      const leases = await lease(concurrency - running.size);
      for (const held of leases) launch(held, look);
      if (leases.length === 0) break;
    }
    await clean();
    if (!working || running.size >= concurrency) return;
    const due = await driver.nextDue();
    const pause = due === null ? POLL_MS : Math.min(POLL_MS, Math.max(LEAST_PAUSE_MS, due - clock.now()));
    cancelTimer();
    if (working) cancelTimer = clock.after(pause, look);
  };
  /**
   * Looks when the turn of the event loop is over, so that all that ends or is put in one turn is one look. One look at a
   * time; a wish that comes in between is remembered.
   */
  const look = (): void => {
    // Where no more can be taken, the end of an attempt is the time to look again.
    if (!working || running.size >= concurrency) return;
    if (looking !== null) {
      again = true;
      return;
    }
    looking = turnEnd()
      .then(lookOnce)
      .catch((error: unknown) => {
        tellError(options, error, 'lease', null);
        cancelTimer();
        cancelTimer = clock.after(LEAST_PAUSE_MS, look);
      })
      .finally(() => {
        looking = null;
        if (again) {
          again = false;
          look();
        }
      });
  };
  /** Waits for what runs, at most `ms` milliseconds. */
  const settleWithin = async (ms: number): Promise<void> => {
    const ended = new AbortController();
    const late = sleep(ms, createContext({ clock, signal: ended.signal })).catch(() => undefined);
    await Promise.race([Promise.all(running), late]);
    ended.abort(new Error('nothing runs any more'));
  };
  return {
    start() {
      if (working) return;
      working = true;
      stopListening = driver.onWork(look);
      look();
    },
    async processOnce({ maxMs = 60_000 } = {}) {
      const end = clock.now() + maxMs;
      const drainsBefore = drains;
      let mine = 0;
      let ends = 0;
      let count = 0;
      let wake = (): void => undefined;
      const someEnd = (): Promise<void> => new Promise((resolve) => (wake = resolve));
      const onEnd = (isAttempt: boolean): void => {
        mine -= 1;
        ends += 1;
        if (isAttempt) count += 1;
        look();
        wake();
      };
      while (clock.now() < end && drains === drainsBefore) {
        const endsBefore = ends;
        const leases = mine < concurrency ? await lease(concurrency - mine) : [];
        mine += leases.length;
        for (const held of leases) launch(held, onEnd);
        if (mine === 0) break;
        if (leases.length > 0) continue;
        if (ends === endsBefore) await someEnd();
        await turnEnd();
      }
      // Never called off for the time alone: a partner that always needs longer would never get its mail.
      while (mine > 0) await someEnd();
      await clean();
      return count;
    },
    async drain(how = {}) {
      refuseUnknownOptions(how, ['timeout'], 'drain');
      const timeoutMs = parseDuration(how.timeout ?? '30s', 'drain: timeout');
      drains += 1;
      working = false;
      cancelTimer();
      stopListening();
      await looking;
      await settleWithin(timeoutMs);
      if (running.size > 0) abort.abort(new Error('the worker was drained'));
      // What does not listen to a call-off is left to its lease, which runs out.
      await settleWithin(GRACE_MS);
      abort = new AbortController();
      keeper = keeperOf(abort.signal);
    },
    cancel: (submissionId, request) =>
      cancelSubmission(submissionId, request, options, { owner: options.owner, clock, leaseMs }),
  };
}
