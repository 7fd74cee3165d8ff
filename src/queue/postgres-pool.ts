/**
 * The way to PostgreSQL: the pool that the host passes in (structural, so that pg is no dependency), one statement for
 * each step, and patience. Every step may be repeated: what was lost is at most its answer, and a step that would not
 * bear it hears that it is asked `again`.
 *
 * Each statement is a transaction by itself, unnamed and without session state, so a transaction pooler may stand between.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { QueueError } from '../core/errors.js';
import { queueClosed } from './job-record.js';
import { failureOf, isTransient } from './postgres-failure.js';

/** A row by column name. The queue asks for text and octets only, so the pool's parsers of types do not matter. */
export type PostgresRow = Readonly<Record<string, unknown>>;

/** What can be bound. */
export type PostgresValue = string | number | boolean | Uint8Array | null;

/** What the queue uses of a connection of pg. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<{ rows: PostgresRow[] }>;
  on(event: string, listener: (...args: never[]) => void): unknown;
  removeListener(event: string, listener: (...args: never[]) => void): unknown;
  /** true: the connection is closed, not given back. */
  release(destroy?: boolean): void;
}

/** What the queue uses of a `Pool` of pg. */
export interface PostgresPool {
  query(text: string, values?: unknown[]): Promise<{ rows: PostgresRow[] }>;
  connect(): Promise<PostgresClient>;
  on(event: string, listener: (...args: never[]) => void): unknown;
  removeListener(event: string, listener: (...args: never[]) => void): unknown;
}

/** Runs one statement as one step. */
export interface Caller {
  /**
   * The rows of a statement. `again` is true when an earlier try may have succeeded without our hearing of it.
   * @throws QueueError
   */
  call(sql: string, values: (again: boolean) => readonly PostgresValue[]): Promise<PostgresRow[]>;
  /** Refuses what comes from now on; resolves when what was asked before has ended. */
  close(): Promise<void>;
}

/** How long a server is waited for that was there before, and one that never was: more likely its address is wrong. */
const PATIENCE_MS = 30_000;
const FIRST_PATIENCE_MS = 5000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/** Makes a caller. `open` is run before the first statement, and again until it has succeeded. */
export function createCaller(
  pool: PostgresPool,
  open: () => Promise<void>,
  random: () => number = Math.random,
): Caller {
  const running = new Set<Promise<unknown>>();
  let opening: Promise<void> | null = null;
  let isOpen = false;
  let closed = false;
  const ready = async (): Promise<void> => {
    opening ??= open();
    try {
      await opening;
      isOpen = true;
    } catch (error) {
      opening = null;
      throw error;
    }
  };
  const persist = async (
    sql: string,
    values: (again: boolean) => readonly PostgresValue[],
  ): Promise<PostgresRow[]> => {
    const end = performance.now() + (isOpen ? PATIENCE_MS : FIRST_PATIENCE_MS);
    let asked = false;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        await ready();
        const again = asked;
        asked = true;
        return (await pool.query(sql, [...values(again)])).rows;
      } catch (error) {
        const cause = error instanceof QueueError ? error.cause : error;
        const waitMs = pauseMs * (0.5 + random());
        if (!isTransient(cause ?? error) || performance.now() + waitMs > end) throw error;
        await pause(waitMs);
      }
    }
  };
  return {
    async call(sql, values) {
      if (closed) throw queueClosed();
      const run = persist(sql, values);
      running.add(run);
      try {
        return await run;
      } catch (error) {
        throw failureOf(error, 'ask PostgreSQL');
      } finally {
        running.delete(run);
      }
    },
    async close() {
      closed = true;
      await Promise.allSettled(running);
    },
  };
}
