/**
 * A worker over the memory queue, on a clock that the test moves, for the tests of this folder.
 */
import { afterEach, beforeEach } from 'vitest';
import { type EventName, type Events, onEvent } from '../core/channels.js';
import type { Reason } from '../core/reasons.js';
import { hasEnded, type Job } from '../deliver/job.js';
import { type Outcome, outcomeWithoutSession, type State } from '../deliver/outcome.js';
import { createFakeClock, type FakeClock } from '../testing/clock.js';
import { START } from '../testing/queue-suite-mail.js';
import type { JobView, QueueDriver } from './driver.js';
import { memoryQueue } from './memory.js';
import { createWorker, type Worker, type WorkerOptions } from './worker.js';

/** What each test has afresh. */
export interface WorkerBench {
  readonly clock: FakeClock;
  readonly queue: QueueDriver;
  readonly worker: Worker;
  /** What the worker told its host. */
  readonly errors: readonly unknown[];
  /** Another clock and queue, in the middle of a test. */
  begin(): void;
  /** Makes the worker of the test. */
  make(options: Partial<WorkerOptions> & Pick<WorkerOptions, 'attempt'>): Worker;
  /** Drains and lets no attempt end by itself. */
  drainNow(): Promise<void>;
  /** Events of this name from now on. */
  collect<N extends EventName>(name: N): Events[N][];
  view(id: string): Promise<JobView | undefined>;
  /** State and reason of each recipient of a job. */
  states(id: string): Promise<string[]>;
}

/** Registers the bench for the tests of a file. */
export function useWorker(): WorkerBench {
  let clock = createFakeClock(START);
  let queue = memoryQueue();
  let worker: Worker | null = null;
  let errors: unknown[] = [];
  let stops: (() => void)[] = [];
  const bench: WorkerBench = {
    get clock() {
      return clock;
    },
    get queue() {
      return queue;
    },
    get worker() {
      if (worker === null) throw new Error('make one first');
      return worker;
    },
    get errors() {
      return errors;
    },
    begin() {
      clock = createFakeClock(START);
      queue = memoryQueue();
    },
    make(options) {
      worker = createWorker({
        driver: queue,
        owner: 'w1',
        clock,
        random: () => 0,
        reports: async () => [],
        onError: (error) => void errors.push(error),
        ...options,
      });
      return worker;
    },
    async drainNow() {
      const drained = bench.worker.drain({ timeout: 0 });
      await clock.advance('5s');
      await drained;
    },
    collect<N extends EventName>(name: N) {
      const events: Events[N][] = [];
      stops.push(onEvent(name, (event) => events.push(event)));
      return events;
    },
    view: async (id) => (await queue.find({ id }))[0],
    async states(id) {
      const view = await bench.view(id);
      return (view?.job.recipients ?? []).map(({ state, reason }) =>
        reason === null ? state : `${state} ${reason}`,
      );
    },
  };
  beforeEach(() => {
    bench.begin();
    errors = [];
    stops = [];
  });
  afterEach(async () => {
    for (const stop of stops) stop();
    await bench.drainNow();
  });
  return bench;
}

export function outcome(recipient: string, state: State, reason: Reason | null = null): Outcome {
  return outcomeWithoutSession({ recipient, state, reason, detail: '', at: START });
}

/** The same outcome for all recipients that wait. */
export function all(job: Job, state: State, reason: Reason | null = null): Outcome[] {
  return job.recipients
    .filter((each) => !hasEnded(each))
    .map(({ address }) => outcome(address.text, state, reason));
}

/** Attempts that wait until the test ends them, and how many ran at the same time. */
export function parked() {
  const open = new Map<string, (outcomes: Outcome[]) => void>();
  const most = new Map<string, number>();
  const now = new Map<string, number>();
  const signals = new Map<string, AbortSignal>();
  const count = (key: string, by: number): void => {
    now.set(key, (now.get(key) ?? 0) + by);
    most.set(key, Math.max(most.get(key) ?? 0, now.get(key) ?? 0));
  };
  return {
    open,
    most,
    signals,
    attempt: (job: Job, signal: AbortSignal): Promise<Outcome[]> => {
      count(job.domain, 1);
      count('all', 1);
      signals.set(job.id, signal);
      return new Promise<Outcome[]>((resolve, reject) => {
        open.set(job.id, resolve);
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      }).finally(() => {
        open.delete(job.id);
        count(job.domain, -1);
        count('all', -1);
      });
    },
    end: (id: string, outcomes: Outcome[]): void => open.get(id)?.(outcomes),
  };
}
