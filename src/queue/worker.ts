/**
 * Works a queue off: leases what is due, attempts it, settles it together with the reports it causes. It keeps no mail
 * and knows no protocol. A lost lease changes nothing; a call-off gives the lease back without counting an attempt; an
 * attempt that breaks in an unforeseen way is tried again later and told to the host, never lost.
 */
import { type Clock, systemClock } from '../core/clock.js';
import { publish } from '../core/channels.js';
import { createContext, sleep } from '../core/context.js';
import type { Job } from '../deliver/job.js';
import type { Outcome } from '../deliver/outcome.js';
import { settleAttempt, type Settled } from '../deliver/settle.js';
import { nextAttempt, type Schedule, SCHEDULE } from './backoff.js';
import type { Lease, Next, QueueDriver, Submission } from './driver.js';

/** What a worker needs. */
export interface WorkerOptions {
  readonly driver: QueueDriver;
  /** One attempt; an outcome for each recipient that has not ended. */
  readonly attempt: (job: Job, signal: AbortSignal) => Promise<readonly Outcome[]>;
  /** The reports that a settlement causes, as submissions. */
  readonly reports: (job: Job, settled: Settled) => Promise<readonly Submission[]>;
  /** Told after each settlement that took effect. */
  readonly onSettled?: (job: Job, settled: Settled, next: Next) => void;
  /** Told of errors that nobody foresaw: of the store, or of an attempt. */
  readonly onError?: (error: unknown) => void;
  readonly owner: string;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly schedule?: Schedule;
  /** Jobs at the same time. Default 20. */
  readonly concurrency?: number;
  /** Jobs at the same time per domain, over all workers. Default 2. */
  readonly perDomain?: number;
  /** Milliseconds that a lease lasts before it has to be renewed. Default 10 minutes. */
  readonly leaseMs?: number;
}

/** A worker. */
export interface Worker {
  /** Works until it is stopped. */
  start(): void;
  /** Works off what is due now, for at most `maxMs` milliseconds; the number of attempts. For cron and serverless. */
  processOnce(options?: { readonly maxMs?: number }): Promise<number>;
  /** Takes nothing new; waits for what runs, at most `timeoutMs`, then calls it off and gives the leases back. */
  drain(options?: { readonly timeoutMs?: number }): Promise<void>;
}

/** Even without a wake-up the queue is looked at this often: another process may have put something. */
const POLL_MS = 60_000;
const LEAST_PAUSE_MS = 1000;

/** Makes a worker; it does nothing until it is started. */
export function createWorker(options: WorkerOptions): Worker {
  const { driver } = options;
  const clock = options.clock ?? systemClock;
  const concurrency = options.concurrency ?? 20;
  const leaseMs = options.leaseMs ?? 600_000;
  const running = new Set<Promise<void>>();
  const abort = new AbortController();
  let working = false;
  let looking: Promise<void> | null = null;
  let again = false;
  let cancelTimer = (): void => undefined;
  let stopListening = (): void => undefined;

  const lease = (limit: number): Promise<readonly Lease[]> =>
    driver.lease({
      owner: options.owner,
      now: clock.now(),
      leaseMs,
      limit,
      perDomain: options.perDomain ?? 2,
    });

  const launch = (held: Lease): Promise<void> => {
    const run = work(held, options, { clock, leaseMs, signal: abort.signal })
      .catch((error: unknown) => options.onError?.(error))
      .finally(() => {
        running.delete(run);
        look();
      });
    running.add(run);
    return run;
  };
  const lookOnce = async (): Promise<void> => {
    cancelTimer();
    while (working && running.size < concurrency) {
      const leases = await lease(concurrency - running.size);
      for (const held of leases) void launch(held);
      if (leases.length === 0) break;
    }
    if (!working) return;
    const due = await driver.nextDue();
    const pause = due === null ? POLL_MS : Math.min(POLL_MS, Math.max(LEAST_PAUSE_MS, due - clock.now()));
    cancelTimer();
    if (working) cancelTimer = clock.after(pause, look);
  };
  /** One look at a time; a wish that comes in between is remembered. */
  const look = (): void => {
    if (!working) return;
    if (looking !== null) {
      again = true;
      return;
    }
    looking = lookOnce()
      .catch((error: unknown) => {
        options.onError?.(error);
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
  return {
    start() {
      if (working) return;
      working = true;
      stopListening = driver.onWork(look);
      look();
    },
    async processOnce({ maxMs = 60_000 } = {}) {
      const end = clock.now() + maxMs;
      let count = 0;
      while (clock.now() < end) {
        const leases = await lease(concurrency);
        if (leases.length === 0) break;
        count += leases.length;
        await Promise.all(leases.map(launch));
      }
      return count;
    },
    async drain({ timeoutMs = 30_000 } = {}) {
      working = false;
      cancelTimer();
      stopListening();
      await looking;
      const all = Promise.all(running);
      const stopped = new AbortController();
      const late = sleep(timeoutMs, createContext({ clock, signal: stopped.signal })).catch(() => undefined);
      await Promise.race([all, late]);
      stopped.abort(new Error('drained'));
      if (running.size > 0) abort.abort(new Error('the worker was drained'));
      await Promise.all(running);
    },
  };
}

interface Working {
  readonly clock: Clock;
  readonly leaseMs: number;
  readonly signal: AbortSignal;
}

/** One lease from beginning to end. */
async function work(held: Lease, options: WorkerOptions, { clock, leaseMs, signal }: Working): Promise<void> {
  const { driver } = options;
  const stopRenewing = keepLease(held, driver, { clock, leaseMs, signal });
  try {
    let outcomes: readonly Outcome[];
    try {
      outcomes = await options.attempt(held.job, signal);
    } catch (error) {
      if (!signal.aborted) options.onError?.(error);
      await (signal.aborted ? driver.release(held) : postpone(held, options, clock));
      return;
    }
    await settle(held, outcomes, options, clock);
  } finally {
    stopRenewing();
  }
}

async function settle(
  held: Lease,
  outcomes: readonly Outcome[],
  options: WorkerOptions,
  clock: Clock,
): Promise<void> {
  const { job } = held;
  const now = clock.now();
  const settled = settleAttempt(job, outcomes, now);
  const next = nextOf(job, settled, options, now);
  const reports = await options.reports(job, settled);
  const done = await options.driver.settle(held, { recipients: settled.recipients, next, reports, at: now });
  if (!done) return;
  tell(job, settled, outcomes);
  options.onSettled?.(job, settled, next);
}

function nextOf(job: Job, settled: Settled, options: WorkerOptions, now: number): Next {
  if (settled.buriedFor !== null) return { kind: 'buried', reason: settled.buriedFor };
  if (!settled.goesOn) return { kind: 'done' };
  const waiting = settled.recipients.filter(({ state }) => state !== 'delivered' && state !== 'failed');
  const reasons = waiting.flatMap(({ reason }) => (reason === null ? [] : [reason]));
  const retry = { attempts: job.attempts, reasons, now, expiresAt: job.expiresAt };
  const at = nextAttempt(retry, options.schedule ?? SCHEDULE, options.random ?? Math.random);
  return { kind: 'again', at, countAttempt: true };
}

/** What broke in an unforeseen way is tried again on the ordinary schedule. */
async function postpone(held: Lease, options: WorkerOptions, clock: Clock): Promise<void> {
  const now = clock.now();
  const retry = { attempts: held.job.attempts, reasons: [], now, expiresAt: Number.POSITIVE_INFINITY };
  const at = nextAttempt(retry, options.schedule ?? SCHEDULE, options.random ?? Math.random);
  const next: Next = { kind: 'again', at, countAttempt: true };
  await options.driver.settle(held, { recipients: held.job.recipients, next, reports: [], at: now });
}

/** Renews a lease at half its time for as long as the work takes. */
function keepLease(held: Lease, driver: QueueDriver, { clock, leaseMs, signal }: Working): () => void {
  let cancel = (): void => undefined;
  const arm = (): void => {
    cancel = clock.after(leaseMs / 2, () => {
      if (signal.aborted) return;
      driver.renew(held, clock.now() + leaseMs).then(
        (kept) => (kept ? arm() : undefined),
        () => arm(),
      );
    });
  };
  arm();
  return () => cancel();
}

function tell(job: Job, settled: Settled, outcomes: readonly Outcome[]): void {
  const { id, domain } = job;
  if (settled.holdStarted !== null) publish('hold.started', { job: id, domain, reason: settled.holdStarted });
  if (settled.holdCleared) publish('hold.cleared', { job: id, domain });
  const delayed = settled.delayed[0]?.reason;
  if (delayed) publish('delivery.delayed', { job: id, domain, reason: delayed });
  const unknown = outcomes.find((outcome) => outcome.state === 'unknown');
  if (unknown !== undefined) publish('delivery.ambiguous', { job: id, domain, host: unknown.host ?? '' });
  if (settled.buriedFor !== null) publish('job.buried', { job: id, domain, reason: settled.buriedFor });
}
