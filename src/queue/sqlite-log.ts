/**
 * The write-ahead log of a SQLite file, put on the disk beside the event loop. With `synchronous = FULL` SQLite waits for
 * the disk within COMMIT and the process stands still. Here COMMIT writes the log and does not wait (`NORMAL`: SQLite still
 * syncs in order around each checkpoint, so the file never breaks), and `sync` does the same fdatasync on a thread of Node:
 * what was committed before it was called survives a power cut once it has resolved.
 *
 * So others may see what a power cut may still take. Who answers for what was read, and not only for what was written, asks
 * for a `sync` too; it holds for what other processes wrote, because it is the same file.
 */
import { close, fdatasync, fstatSync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Database } from './sqlite-database.js';

/** The log of an open database. */
export interface Log {
  /** Resolves when everything committed before the call is on the disk. @throws the error of the disk */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** SQLite waits for the disk itself. */
const ITSELF: Log = { sync: () => Promise.resolve(), close: () => Promise.resolve() };

/**
 * Takes the waiting for the disk over; not within a transaction, and after the first write, which makes the log. Where there
 * is none (a database in memory, a file system without shared memory) SQLite goes on to wait itself.
 * @throws the error of the file system
 */
export function openLog(database: Database): Log {
  const file = database.get(`SELECT file FROM pragma_database_list WHERE name = 'main'`)?.['file'];
  const fd = typeof file === 'string' && file !== '' ? openIfThere(`${file}-wal`) : null;
  if (fd === null) return ITSELF;
  database.exec('PRAGMA synchronous = NORMAL');
  const { nlink } = fstatSync(fd);
  const sync = oneForAll(async () => {
    await promisify(fdatasync)(fd);
    if (fstatSync(fd).nlink < nlink) throw removed();
  });
  return {
    sync,
    // Behind the last one.
    close: () =>
      sync()
        .catch(() => undefined)
        .then(() => promisify(close)(fd)),
  };
}

/** Runs of `work`, one at a time; all who ask while one goes on share the next, which begins after they have asked. */
export function oneForAll(work: () => Promise<void>): () => Promise<void> {
  let last = Promise.resolve();
  let next: Promise<void> | null = null;
  return () => {
    if (next === null) {
      next = last
        .catch(() => undefined)
        .then(() => {
          next = null;
          return work();
        });
      last = next;
    }
    return next;
  };
}

/** Locks of SQLite are on other files: to close this one lets go of none. */
function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    // Others who use the log do not wait within COMMIT: to go without it would vouch for what they may still lose.
    throw error;
  }
}

/** Only whoever takes itself for the last one that uses the file does that. */
function removed(): Error {
  return new Error(
    'the log of the file was removed while it was in use: something in this process has opened and closed the file, which lets go of its locks',
  );
}
