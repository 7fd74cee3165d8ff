/**
 * Two workers and somebody who puts mail, while the server of their queue falls over in between.
 */
import type { Clock } from '../../src/core/clock.js';
import type { QueueDriver } from '../../src/queue/driver.js';
import { createWorker } from '../../src/queue/worker.js';
import { all } from '../../src/queue/worker.fixture.js';
import { put } from '../../src/testing/queue-suite-mail.js';

/** What became of the mail. */
export interface Fallen {
  readonly accepted: number;
  readonly lost: readonly string[];
  /** Jobs that went out twice without anybody knowing that this could be. */
  readonly unmarked: readonly string[];
  readonly errors: readonly unknown[];
}

const FALLS = 3;
const PUTS_BETWEEN = 30;

/** Lets the server fall over three times, then everything be worked off. */
export async function workThroughFalls(options: {
  /** One for each worker, on the same queue. */
  readonly queues: readonly QueueDriver[];
  readonly clock: Clock;
  readonly leaseMs?: number;
  readonly fall: () => Promise<void>;
  /** Lets run out what a worker held whose answer was lost. */
  readonly expire?: () => void;
}): Promise<Fallen> {
  const { queues, clock, leaseMs } = options;
  const [queue] = queues as [QueueDriver];
  const sent = new Map<string, number>();
  const unmarked: string[] = [];
  const errors: unknown[] = [];
  const workers = queues.map((driver, i) =>
    createWorker({
      driver,
      owner: `w${i}`,
      clock,
      perDomain: 3,
      ...(leaseMs === undefined ? {} : { leaseMs }),
      attempt: async (job) => {
        const times = (sent.get(job.id) ?? 0) + 1;
        sent.set(job.id, times);
        if (times > 1 && job.interruptions === 0) unmarked.push(job.id);
        return all(job, 'delivered');
      },
      reports: async () => [],
      onError: (error) => errors.push(error),
    }),
  );
  for (const worker of workers) worker.start();
  const accepted: string[] = [];
  let putting = true;
  const sender = (async () => {
    for (let i = 0; putting; i += 1) {
      await put(queue, { id: `s${i}`, domains: [`d${i % 5}.example`] });
      accepted.push(`s${i}.1`);
    }
  })();
  for (let fall = 0; fall < FALLS; fall += 1) {
    const before = accepted.length;
    while (accepted.length < before + PUTS_BETWEEN) await new Promise((resolve) => setImmediate(resolve));
    await options.fall();
  }
  putting = false;
  await sender;
  options.expire?.();
  while ((await queue.count({ state: 'ready' })) + (await queue.count({ state: 'leased' })) > 0)
    await new Promise((resolve) => setTimeout(resolve, 5));
  await Promise.all(workers.map((worker) => worker.drain()));
  return { accepted: accepted.length, lost: accepted.filter((id) => !sent.has(id)), unmarked, errors };
}
