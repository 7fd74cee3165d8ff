/**
 * The queue in one SQLite file, the default: what `send` has promised survives the end of the process and of the power.
 * Several processes of one machine may share the file (not over a network file system: locks do not hold there).
 *
 *   sqlite-database   opening, settings, what an error means
 *   sqlite-schema     tables and versions
 *   sqlite-commit     many steps in one transaction, waiting for the lock without stopping the process
 *   sqlite-content    octets of messages
 *   sqlite-line       who goes next
 *   sqlite-put-off    domains that wait as a whole
 *   sqlite-jobs       put, settle, give back, forget
 *   sqlite-operate    what operators ask
 */
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import type { Job } from '../deliver/job.js';
import type { JobView, Lease, QueueDriver } from './driver.js';
import { createCommitter } from './sqlite-commit.js';
import { dropStaged, readBody, readHeader, type Whose } from './sqlite-content.js';
import {
  configureDatabase,
  endOpening,
  failure,
  openFile,
  prepareDatabase,
  type Row,
  type SqliteHandle,
} from './sqlite-database.js';
import { entering, type Store } from './sqlite-enter.js';
import { countWaiting, forgetEnded, releaseLease, renewLease } from './sqlite-jobs.js';
import {
  type Grant,
  grant,
  leaseDue,
  interrupt,
  markUrgent,
  nextDue,
  takeBackExpired,
} from './sqlite-line.js';
import { type Log, openLog } from './sqlite-log.js';
import {
  countRows,
  endPauses,
  findRows,
  JOB_COLUMNS,
  JOB_TABLES,
  resumeWhat,
  stateOf,
  suspendWhat,
} from './sqlite-operate.js';
import { letAllGo, lettingGo } from './sqlite-put-off.js';
import { createRecent } from './sqlite-recent.js';
import { migrate } from './sqlite-schema.js';
import { readAll, reviveRow, type StoredRow } from './stored-job.js';
import type { Sealing } from './stored-message.js';
import { createWatch } from './sqlite-watch.js';

/** Options of the SQLite queue. */
export interface SqliteQueueOptions {
  /** The file; made with mode 0600 where there is none. */
  readonly path?: string;
  /**
   * Instead of `path`: an open better-sqlite3 database or node:sqlite `DatabaseSync`. `close` closes it. Nothing else in the
   * process may close the same file (no second library, no copying of it): that lets go of the locks, and the queue refuses
   * from then on as soon as another process has removed its log.
   */
  readonly database?: SqliteHandle;
  /** Seals the octets of messages at rest, for example with AES-GCM. Envelopes stay readable. */
  readonly sealing?: Sealing;
}

/** Finished jobs that one transaction forgets. */
const CLEAN_AT_ONCE = 500;

/**
 * A queue in a SQLite file.
 * @throws ConfigError `queue-path-missing`, `sqlite-missing`, `option-unknown`
 * @throws QueueError when the file cannot be used, with what to do
 */
export function sqliteQueue(options: string | SqliteQueueOptions): QueueDriver {
  const { path, database: handle, sealing } = typeof options === 'string' ? { path: options } : options;
  if (typeof options !== 'string')
    refuseUnknownOptions(options, ['path', 'database', 'sealing'], 'sqliteQueue');
  if ((path === undefined || path === '') === (handle === undefined)) {
    throw new ConfigError(
      'queue-path-missing',
      'sqliteQueue: expected one of a path such as "./mail.sqlite" and an open database',
    );
  }
  const database = prepareDatabase(handle ?? openFile(path as string));
  let log: Log;
  try {
    configureDatabase(database);
    migrate(database);
    endOpening(database);
    log = openLog(database);
  } catch (error) {
    database.close();
    throw failure(error, `open ${path ?? 'the database'}`);
  }
  const committer = createCommitter(database, log);
  let closing: Promise<void> | null = null;
  const watch = createWatch(() => database.get('PRAGMA data_version')?.['data_version']);
  const store: Store = {
    database,
    committer,
    sealing: sealing ?? null,
    recent: createRecent({ remembers: sealing === undefined }),
    wake: watch.wake,
  };
  return {
    name: 'sqlite',
    supports: {
      durable: true,
      shared: true,
      atomicSettle: true,
      domainLimit: true,
      priorities: true,
      putsOff: true,
      toldTime: true,
    },
    ...entering(store),
    ...leasing(store),
    ...operating(store),
    onWork: (listener) => watch.listen(listener),
    close() {
      watch.end();
      closing ??= committer
        .close()
        .then(() => log.close())
        .then(() => database.close());
      return closing;
    },
  };
}

/** What workers call. */
function leasing(store: Store): Pick<QueueDriver, 'lease' | 'take' | 'renew' | 'release' | 'nextDue'> {
  const { database, committer } = store;
  return {
    async lease(request) {
      // Nothing to do costs no transaction.
      const due = await committer.read(() => nextDue(database));
      if (due === null || due > request.now) return [];
      for (;;) {
        const { grants, more } = await committer.write(() => {
          endPauses(database, request.now);
          takeBackExpired(database, request.now);
          const moreUrgent = markUrgent(database, request.now);
          const granted = leaseDue(database, request);
          return {
            grants: granted.map((each) => ({ ...each, row: rowOf(database, each.seq) })),
            more: moreUrgent,
          };
        });
        if (grants.length > 0 || !more) return readAll(grants.map((each) => leaseOf(store, each)));
      }
    },
    async take(id, request) {
      const taken = await committer.write(() => {
        const row = database.get(
          `SELECT seq, domain, priority, state, lease_until FROM job WHERE id = ? AND state IN ('ready', 'leased')`,
          id,
        ) as { seq: number; domain: string; priority: number; state: string; lease_until: number } | null;
        if (row === null || (row.state === 'leased' && row.lease_until > request.now)) return null;
        if (row.state === 'leased') interrupt(database, row.seq, row.domain);
        return { ...grant(database, row, request), row: rowOf(database, row.seq) };
      });
      return taken === null ? null : leaseOf(store, taken);
    },
    renew: (lease, until) => committer.write(() => renewLease(database, lease, until)),
    async release(lease) {
      if (await committer.write(() => releaseLease(database, lease))) store.wake();
    },
    nextDue: () => committer.read(() => nextDue(database)),
  };
}

function rowOf(database: Store['database'], seq: number): Row {
  return database.get(`SELECT ${JOB_COLUMNS} FROM ${JOB_TABLES} WHERE job.seq = ?`, seq) as Row;
}

async function leaseOf(store: Store, { token, until, row }: Grant & { readonly row: Row }): Promise<Lease> {
  return { job: await jobOf(store, row), token, until };
}

async function jobOf(store: Store, row: Row): Promise<Job> {
  const stored = row as unknown as StoredRow;
  const known = store.recent.jobOf(stored);
  if (known !== null) return known;
  const { submission, content } = row as unknown as Whose;
  return reviveRow(stored, {
    header: (sha256) => readHeader(store, { submission, content }, sha256),
    body: (sha256) => readBody(store, { submission, content }, sha256),
  });
}

/** What operators call. */
function operating(
  store: Store,
): Pick<QueueDriver, 'find' | 'count' | 'suspend' | 'resume' | 'flush' | 'acceptFloor' | 'clean'> {
  const { database, committer } = store;
  const woken = async (step: () => number): Promise<number> => {
    const count = await committer.write(step);
    store.wake();
    return count;
  };
  return {
    async find(query) {
      const rows = await committer.readKept(() =>
        findRows(database, query).map((row) => ({ row, ...stateOf(database, row) })),
      );
      return Promise.all(
        rows.map(async ({ row, state, suspended }): Promise<JobView> => ({
          job: await jobOf(store, row),
          state,
          suspended,
          dueAt: row['dueAt'] as number,
          priority: row['priority'] as number,
          floorAcceptedBy: row['floorBy'] as string | null,
          endedAt: row['endedAt'] as number | null,
        })),
      );
    },
    count: (query) => committer.readKept(() => countRows(database, query)),
    suspend: (what, suspension) => committer.write(() => suspendWhat(database, what, suspension)),
    resume: (what) => woken(() => resumeWhat(database, what)),
    async flush(domain, now) {
      await letAllGo(store, await committer.read(() => lettingGo(database, domain, now)));
      return woken(() => countWaiting(database, domain));
    },
    acceptFloor: (id, floor, by) =>
      committer.write(() => {
        const sql = 'UPDATE job SET floor = ?, floor_by = ? WHERE id = ? AND ended_at IS NULL';
        return database.run(sql, JSON.stringify(floor), by, id).changes > 0;
      }),
    async clean(before) {
      let count = 0;
      for (let more = true; more;) {
        const forgotten = await committer.write(() => forgetEnded(database, before, CLEAN_AT_ONCE));
        count += forgotten.count;
        more = forgotten.more;
      }
      await committer.write(() => dropStaged(database, before));
      return count;
    },
  };
}
