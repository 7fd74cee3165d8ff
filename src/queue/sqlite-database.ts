/**
 * The database of the SQLite queue: `node:sqlite`, or a handle of better-sqlite3 that the host passes in; both speak
 * the same few methods. Values are numbers, text, octets and null only, bound by position.
 *
 * Settings: WAL; synchronous FULL, so that what was committed survives a power cut, until sqlite-log.ts takes the waiting
 * over; no busy timeout once it is open, because waiting inside SQLite would stop the whole process (who meets a lock tries
 * again later, see sqlite-commit.ts).
 * Failure: ConfigError `sqlite-missing`; QueueError with what can be done about it.
 */
import { accessSync, closeSync, constants, openSync } from 'node:fs';
import { ConfigError, QueueError } from '../core/errors.js';

/** What can be bound and read. */
export type SqlValue = number | string | Uint8Array | null;
/** A row by column name. */
export type Row = Readonly<Record<string, SqlValue>>;

interface Statement {
  run(...values: SqlValue[]): {
    readonly changes: number | bigint;
    readonly lastInsertRowid: number | bigint;
  };
  get(...values: SqlValue[]): unknown;
  all(...values: SqlValue[]): unknown[];
}

/** A `DatabaseSync` of node:sqlite or a `Database` of better-sqlite3. */
export interface SqliteHandle {
  prepare(sql: string): Statement;
  exec(sql: string): unknown;
  close(): unknown;
}

/** A database with its statements kept ready. */
export interface Database {
  /** Runs a statement; the number of rows it changed and the key of the row it put. */
  run(sql: string, ...values: SqlValue[]): { readonly changes: number; readonly key: number };
  get(sql: string, ...values: SqlValue[]): Row | null;
  all(sql: string, ...values: SqlValue[]): Row[];
  exec(sql: string): void;
  close(): void;
}

/**
 * Opens a database file, made with mode 0600 where there is none.
 * @throws ConfigError `sqlite-missing`
 * @throws QueueError `queue-unusable`
 */
export function openFile(path: string): SqliteHandle {
  const sqlite = process.getBuiltinModule?.('node:sqlite');
  if (sqlite === undefined) {
    throw new ConfigError(
      'sqlite-missing',
      `sqliteQueue: Node ${process.versions.node} has no node:sqlite; use Node 22.15 or newer, or pass a better-sqlite3 database: sqliteQueue({ database })`,
    );
  }
  try {
    if (path !== ':memory:') makeFile(path);
    return new sqlite.DatabaseSync(path) as SqliteHandle;
  } catch (error) {
    throw failure(error, `open ${path}`);
  }
}

/**
 * A file that is there is not opened: whoever closes one lets go of all locks that this process has on it (POSIX), those of
 * another queue on it too. Then another process takes itself for the last one and removes the log that is still written to.
 */
function makeFile(path: string): void {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    makeAlone(path);
  }
}

function makeAlone(path: string): void {
  try {
    closeSync(openSync(path, 'ax', 0o600));
  } catch (error) {
    // Somebody was faster.
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/**
 * Makes a handle ready.
 * @throws QueueError
 */
export function prepareDatabase(handle: SqliteHandle): Database {
  const statements = new Map<string, Statement>();
  const statement = (sql: string): Statement => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const made = handle.prepare(sql);
    statements.set(sql, made);
    return made;
  };
  const database: Database = {
    run(sql, ...values) {
      const { changes, lastInsertRowid } = statement(sql).run(...values);
      return { changes: Number(changes), key: Number(lastInsertRowid) };
    },
    get: (sql, ...values) => (statement(sql).get(...values) as Row | undefined) ?? null,
    all: (sql, ...values) => statement(sql).all(...values) as Row[],
    exec: (sql) => void handle.exec(sql),
    close: () => void handle.close(),
  };
  return database;
}

/** So long an opening waits for others who open, or mend the file after a crash. */
const OPENING_MS = 5000;

/** Sets how the database works; not within a transaction. Until `endOpening` it waits for locks by stopping the process. */
export function configureDatabase(database: Database): void {
  database.exec(`PRAGMA busy_timeout = ${OPENING_MS}`);
  // Of a new file only. Three messages of 4 kB share a page, where of SQLite's 4 kB pages each would take more than one.
  database.exec('PRAGMA page_size = 16384');
  switchToWal(database);
  database.exec('PRAGMA synchronous = FULL');
  // macOS: an ordinary fsync leaves octets in the cache of the drive. Elsewhere it means nothing.
  database.exec('PRAGMA fullfsync = ON');
  // In pages: 5 MB go from the log into the file at once, which stops the event loop for some milliseconds.
  database.exec('PRAGMA wal_autocheckpoint = 300');
  database.exec('PRAGMA cache_size = -16000');
  database.exec('PRAGMA foreign_keys = OFF');
}

/**
 * Of several processes that open one file at the same moment, a new one or one that has to be mended, SQLite turns some away
 * at once whatever the busy timeout says, because two that wait for each other would wait for ever.
 */
function switchToWal(database: Database): void {
  const end = performance.now() + OPENING_MS;
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() >= end) throw error;
      Atomics.wait(nobody, 0, 0, 20);
    }
  }
}

/** From now on a lock is not waited for. */
export function endOpening(database: Database): void {
  database.exec('PRAGMA busy_timeout = 0');
}

const BUSY = [5, 6];
const UNIQUE = 2067;
const ADVICE: Readonly<Record<number, readonly [code: string, advice: string]>> = {
  3: ['queue-unusable', 'it may not be read or written; check its owner and mode'],
  8: [
    'queue-read-only',
    'its file or folder cannot be written; check owner and mode, and that the disk is mounted for writing',
  ],
  10: [
    'queue-disk-error',
    'the disk reports an error; check the disk, then the file with PRAGMA integrity_check',
  ],
  11: ['queue-damaged', 'its file is damaged; stop the workers and restore it from a backup'],
  13: ['queue-disk-full', 'the disk is full; free some space'],
  14: ['queue-unusable', 'it cannot be opened; check that its folder exists and can be written'],
  26: ['queue-damaged', 'the file is no SQLite database; name another one'],
};

/** SQLite's primary result code of an error of either library, or null. */
function resultCode(error: unknown): number | null {
  const { errcode, code } = error as { errcode?: unknown; code?: unknown };
  if (typeof errcode === 'number') return errcode & 0xff;
  const name = typeof code === 'string' ? /^SQLITE_([A-Z]+)/.exec(code)?.[1] : undefined;
  const names: Readonly<Record<string, number>> = {
    PERM: 3,
    BUSY: 5,
    LOCKED: 6,
    READONLY: 8,
    IOERR: 10,
    CORRUPT: 11,
    FULL: 13,
    CANTOPEN: 14,
    NOTADB: 26,
  };
  return name === undefined ? null : (names[name] ?? null);
}

/** True when somebody else holds the lock. */
export function isBusy(error: unknown): boolean {
  return BUSY.includes(resultCode(error) ?? -1);
}

/** True when a value that must be the only one of its kind is there already. */
export function isTaken(error: unknown): boolean {
  const { errcode, code } = error as { errcode?: unknown; code?: unknown };
  return errcode === UNIQUE || code === 'SQLITE_CONSTRAINT_UNIQUE';
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** Takes a transaction back; where there is none SQLite has done so itself, or it never began. */
export function rollBack(database: Database): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // What went wrong before is what counts.
  }
}

/** What a failure of the store means to the host. */
export function failure(error: unknown, what: string): unknown {
  if (error instanceof QueueError || error instanceof ConfigError) return error;
  const codes: Readonly<Record<string, number>> = {
    EACCES: 3,
    EROFS: 8,
    ENOENT: 14,
    ENOTDIR: 14,
    ENOSPC: 13,
  };
  const number = resultCode(error) ?? codes[codeOf(error) ?? ''] ?? -1;
  const [code, advice] = ADVICE[number] ?? ['queue-failed', 'see the cause'];
  const said = error instanceof Error ? error.message : String(error);
  return new QueueError(code, `queue: ${what}: ${advice} (${said})`, error);
}
