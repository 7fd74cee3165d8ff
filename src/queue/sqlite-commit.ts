/**
 * Group commit: the steps that are asked for while the disk is busy share one transaction, so that many messages cost one
 * write to the disk. Each step is all or nothing, and resolves only when it is durable.
 *
 *   1. steps gather until the turn ends, and the transaction before them is on the disk
 *   2. BEGIN IMMEDIATE; where another process holds the lock, everything waits some milliseconds and begins again
 *   3. the steps run, for a few milliseconds at most; the rest is for the next transaction
 *   4. COMMIT; the log goes to the disk while the event loop goes on (sqlite-log.ts), and only then each step has its answer
 *
 * A step that throws a QueueError has left everything as it was, and the other steps go on. When anything else goes wrong
 * (TakeBack: the step had begun to change things) the transaction is taken back and its steps run again, each in a
 * transaction of its own.
 * Failure: QueueError; `queue-busy` when the lock is not free for 30 seconds; `queue-disk-error` from the first time that the
 * disk does not take the log: what has been committed since then may be lost, so nothing more is promised.
 */
import { isQueueError, QueueError } from '../core/errors.js';
import { queueClosed } from './job-record.js';
import { type Database, failure, isBusy, rollBack } from './sqlite-database.js';
import type { Log } from './sqlite-log.js';

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
  /** Runs a step that only reads; a power cut may still take what it saw. */
  read<T>(step: () => T): Promise<T>;
  /** Runs a step that only reads, and resolves when what it saw is durable, whoever wrote it. */
  readKept<T>(step: () => T): Promise<T>;
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
/** A step with the answer that it has once the log is on the disk. */
type Answered = readonly [step: Pending, answer: Answer];

/** Makes a committer. `random` spreads the tries of several processes. */
export function createCommitter(database: Database, log: Log, random: () => number = Math.random): Committer {
  let pending: Pending[] = [];
  let scheduled = false;
  let closed = false;
  let broken: QueueError | null = null;
  let onIdle = (): void => undefined;

  const sync = async (): Promise<void> => {
    if (broken === null) await log.sync().catch((error: unknown) => (broken = notTaken(error)));
    if (broken !== null) throw broken;
  };
  const schedule = (delayMs: number): void => {
    if (scheduled) return;
    scheduled = true;
    if (delayMs === 0) setImmediate(() => void flush());
    else setTimeout(() => void flush(), delayMs);
  };
  const flush = async (): Promise<void> => {
    const batch = pending;
    pending = [];
    const { answered, left } = broken === null ? runBatch(database, batch) : refuse(batch, broken);
    pending = [...left, ...pending];
    if (answered.length > 0) {
      const lost = await sync().then(
        () => null,
        (error: unknown) => ({ error }),
      );
      for (const [step, answer] of answered) tell(step, lost ?? answer);
    }
    scheduled = false;
    if (pending.length === 0) return onIdle();
    // Somebody else holds the lock, or the time was up.
    schedule(left.length === batch.length ? 1 + Math.round(15 * random()) : 0);
  };
  const read = async <T>(step: () => T): Promise<T> => {
    if (closed) throw queueClosed();
    try {
      return step();
    } catch (error) {
      throw failure(error, 'read');
    }
  };
  return {
    write: <T>(step: () => T) =>
      new Promise<T>((resolve, reject) => {
        if (closed) return reject(queueClosed());
        if (broken !== null) return reject(broken);
        pending.push({ step, since: Date.now(), resolve: resolve as (value: unknown) => void, reject });
        schedule(0);
      }),
    read,
    async readKept(step) {
      const value = await read(step);
      await sync();
      return value;
    },
    close: () => {
      closed = true;
      if (pending.length === 0 && !scheduled) return Promise.resolve();
      return new Promise<void>((resolve) => (onIdle = resolve));
    },
  };
}

function notTaken(error: unknown): QueueError {
  const said = error instanceof Error ? error.message : String(error);
  return new QueueError(
    'queue-disk-error',
    `queue: the disk did not take the log (${said}): what was just written may be lost, and nothing more is promised; check the disk, then open the queue again`,
    error,
  );
}

function tell(step: Pending, answer: Answer): void {
  if ('value' in answer) step.resolve(answer.value);
  else step.reject(answer.error);
}

/** What a batch came to: who has an answer, and who has to wait. */
interface Batch {
  readonly answered: readonly Answered[];
  readonly left: readonly Pending[];
}

/** What waited while the disk failed is not begun: nobody is to find later what was refused here. */
function refuse(batch: readonly Pending[], error: QueueError): Batch {
  for (const each of batch) each.reject(error);
  return { answered: [], left: [] };
}

/** Runs what it can. */
function runBatch(database: Database, batch: readonly Pending[]): Batch {
  const group = runGroup(database, batch);
  if (group.kind === 'ran') return { answered: group.answered, left: batch.slice(group.answered.length) };
  if (group.kind === 'busy') return { answered: [], left: batch.filter((each) => !gaveUp(each)) };
  // Something unforeseen: each by itself, so that only the guilty one fails.
  const answered: Answered[] = [];
  for (const [index, each] of batch.slice(0, group.count).entries()) {
    const alone = runGroup(database, [each]);
    if (alone.kind === 'busy') return { answered, left: batch.slice(index).filter((one) => !gaveUp(one)) };
    if (alone.kind === 'ran') answered.push(...alone.answered);
    else {
      each.reject(alone.error instanceof TakeBack ? alone.error.because : failure(alone.error, 'write'));
    }
  }
  return { answered, left: batch.slice(group.count) };
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
  | { readonly kind: 'ran'; readonly answered: readonly Answered[] }
  | { readonly kind: 'busy' }
  | { readonly kind: 'broken'; readonly count: number; readonly error: unknown };

/** One transaction with as many steps as fit into its time. */
function runGroup(database: Database, batch: readonly Pending[]): Ran {
  const answered: Answered[] = [];
  try {
    database.exec('BEGIN IMMEDIATE');
    const end = performance.now() + BUDGET_MS;
    for (const each of batch) {
      answered.push([each, runStep(each.step)]);
      if (performance.now() > end) break;
    }
    database.exec('COMMIT');
  } catch (error) {
    rollBack(database);
    return isBusy(error) ? { kind: 'busy' } : { kind: 'broken', count: answered.length + 1, error };
  }
  return { kind: 'ran', answered };
}

function runStep(step: () => unknown): Answer {
  try {
    return { value: step() };
  } catch (error) {
    if (isQueueError(error)) return { error };
    throw error;
  }
}
