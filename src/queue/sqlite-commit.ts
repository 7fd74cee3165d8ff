/**
 * Group commit: the steps that are asked for in one turn of the event loop share one transaction, so that many messages
 * cost one write to the disk. Each step is all or nothing, and resolves only when it is durable.
 *
 *   1. steps gather until the turn ends
 *   2. BEGIN IMMEDIATE; where another process holds the lock, everything waits some milliseconds and begins again
 *   3. the steps run, for a few milliseconds at most; the rest is for the next transaction
 *   4. COMMIT, and only then each step has its answer
 *
 * A step that throws a QueueError has left everything as it was, and the other steps go on. When anything else goes wrong
 * (TakeBack: the step had begun to change things) the transaction is taken back and its steps run again, each in a
 * transaction of its own.
 * Failure: QueueError; `queue-busy` when the lock is not free for 30 seconds.
 */
import { isQueueError, QueueError } from '../core/errors.js';
import { queueClosed } from './job-record.js';
import { type Database, failure, isBusy } from './sqlite-database.js';

/** A step cannot be done, and finds out when it has changed something already. */
export class TakeBack extends Error {
  readonly because: QueueError;
  constructor(because: QueueError) {
    super(because.message);
    this.because = because;
  }
}

/** Runs steps in common transactions. */
export interface Committer {
  /** Runs a step that changes something. */
  write<T>(step: () => T): Promise<T>;
  /** Runs a step that only reads. */
  read<T>(step: () => T): Promise<T>;
  /** Refuses what comes from now on; resolves when what was asked before has ended. */
  close(): Promise<void>;
}

interface Pending {
  readonly step: () => unknown;
  readonly since: number;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** A transaction takes no more steps after this time: the event loop has other work. */
const BUDGET_MS = 5;
const PATIENCE_MS = 30_000;

type Answer = { readonly value: unknown } | { readonly error: unknown };

/** Makes a committer. `random` spreads the tries of several processes. */
export function createCommitter(database: Database, random: () => number = Math.random): Committer {
  let pending: Pending[] = [];
  let scheduled = false;
  let closed = false;
  let onIdle = (): void => undefined;

  const schedule = (delayMs: number): void => {
    if (scheduled) return;
    scheduled = true;
    if (delayMs === 0) setImmediate(flush);
    else setTimeout(flush, delayMs);
  };
  const flush = (): void => {
    scheduled = false;
    const batch = pending;
    pending = [];
    const left = runBatch(database, batch);
    pending = [...left, ...pending];
    if (pending.length === 0) return onIdle();
    // Somebody else holds the lock, or the time was up.
    schedule(left.length === batch.length ? 1 + Math.round(15 * random()) : 0);
  };
  return {
    write: <T>(step: () => T) =>
      new Promise<T>((resolve, reject) => {
        if (closed) return reject(queueClosed());
        pending.push({ step, since: Date.now(), resolve: resolve as (value: unknown) => void, reject });
        schedule(0);
      }),
    read: async (step) => {
      if (closed) throw queueClosed();
      try {
        return step();
      } catch (error) {
        throw failure(error, 'read');
      }
    },
    close: () => {
      closed = true;
      if (pending.length === 0) return Promise.resolve();
      return new Promise<void>((resolve) => (onIdle = resolve));
    },
  };
}

/** Runs what it can; gives what has to wait. */
function runBatch(database: Database, batch: readonly Pending[]): readonly Pending[] {
  const group = runGroup(database, batch);
  if (group.kind === 'ran') return batch.slice(group.count);
  if (group.kind === 'busy') return batch.filter((each) => !gaveUp(each));
  // Something unforeseen: each by itself, so that only the guilty one fails.
  for (const [index, each] of batch.slice(0, group.count).entries()) {
    const alone = runGroup(database, [each]);
    if (alone.kind === 'busy') return batch.slice(index).filter((one) => !gaveUp(one));
    if (alone.kind === 'broken') {
      each.reject(alone.error instanceof TakeBack ? alone.error.because : failure(alone.error, 'write'));
    }
  }
  return batch.slice(group.count);
}

function gaveUp(each: Pending): boolean {
  if (Date.now() - each.since < PATIENCE_MS) return false;
  each.reject(
    new QueueError(
      'queue-busy',
      `queue: another process holds the lock of the SQLite file for more than ${PATIENCE_MS / 1000} s; look for a transaction or a backup that does not end`,
    ),
  );
  return true;
}

type Ran =
  | { readonly kind: 'ran'; readonly count: number }
  | { readonly kind: 'busy' }
  | { readonly kind: 'broken'; readonly count: number; readonly error: unknown };

/** One transaction with as many steps as fit into its time. */
function runGroup(database: Database, batch: readonly Pending[]): Ran {
  const answers: Answer[] = [];
  try {
    database.exec('BEGIN IMMEDIATE');
    const end = performance.now() + BUDGET_MS;
    for (const { step } of batch) {
      answers.push(runStep(step));
      if (performance.now() > end) break;
    }
    database.exec('COMMIT');
  } catch (error) {
    rollBack(database);
    return isBusy(error) ? { kind: 'busy' } : { kind: 'broken', count: answers.length + 1, error };
  }
  answers.forEach((answer, index) => {
    if ('value' in answer) batch[index]?.resolve(answer.value);
    else batch[index]?.reject(answer.error);
  });
  return { kind: 'ran', count: answers.length };
}

function runStep(step: () => unknown): Answer {
  try {
    return { value: step() };
  } catch (error) {
    if (isQueueError(error)) return { error };
    throw error;
  }
}

function rollBack(database: Database): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // There is none to take back: SQLite has done so itself, or it never began.
  }
}
