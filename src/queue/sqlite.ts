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
import type { JobView, Lease, QueueDriver, Settlement, Submission } from './driver.js';
import { applySettlement } from './job-record.js';
import { createCommitter } from './sqlite-commit.js';
import {
  type ContentStore,
  dropStaged,
  readBody,
  readHeader,
  stage,
  unstage,
  type Whose,
} from './sqlite-content.js';
import {
  configureDatabase,
  endOpening,
  failure,
  openFile,
  prepareDatabase,
  type Row,
  type SqliteHandle,
} from './sqlite-database.js';
import {
  countWaiting,
  forgetEnded,
  knownId,
  type Prepared,
  putSubmission,
  releaseLease,
  renewLease,
  settleLease,
} from './sqlite-jobs.js';
import {
  type Grant,
  grant,
  leaseDue,
  interrupt,
  markUrgent,
  nextDue,
  takeBackExpired,
} from './sqlite-line.js';
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
import { migrate } from './sqlite-schema.js';
import { readAll, reviveRow, type StoredRow } from './stored-job.js';
import type { Sealing } from './stored-message.js';
import { createWatch } from './sqlite-watch.js';

/** Options of the SQLite queue. */
export interface SqliteQueueOptions {
  /** The file; made with mode 0600 where there is none. */
  readonly path?: string;
  /** Instead of `path`: an open better-sqlite3 database or node:sqlite `DatabaseSync`. `close` closes it. */
  readonly database?: SqliteHandle;
  /** Seals the octets of messages at rest, for example with AES-GCM. Envelopes stay readable. */
  readonly sealing?: Sealing;
}

/** What one queue works with. */
interface Store extends ContentStore {
  /** Tells the workers of this process that something new may be due. */
  wake(): void;
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
  try {
    configureDatabase(database);
    migrate(database);
    endOpening(database);
  } catch (error) {
    database.close();
    throw failure(error, `open ${path ?? 'the database'}`);
  }
  const committer = createCommitter(database);
  let closing: Promise<void> | null = null;
  const watch = createWatch(() => database.get('PRAGMA data_version')?.['data_version']);
  const store: Store = { database, committer, sealing: sealing ?? null, wake: watch.wake };
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
      closing ??= committer.close().then(() => database.close());
      return closing;
    },
  };
}

/** How mail comes in and goes out of the queue. */
function entering(store: Store): Pick<QueueDriver, 'put' | 'settle'> {
  const { database, committer } = store;
  return {
    async put(submission) {
      // A key that is known costs no reading of the message.
      const { idempotencyKey: key } = submission;
      const known = key === null ? null : await committer.read(() => knownId(database, key));
      if (known !== null) return { id: known, existing: true };
      const prepared = await prepare(store, submission);
      const put = await orUnstage(store, [prepared], () =>
        committer.write(() => putSubmission(database, prepared)),
      );
      if (put.existing) await unstage(store, prepared.staged);
      await submission.message.dispose?.();
      store.wake();
      return put;
    },
    async settle(lease: Lease, settlement: Settlement) {
      const { attempts } = applySettlement(lease.job, settlement);
      const reports: Prepared[] = [];
      for (const report of settlement.reports) reports.push(await prepare(store, report));
      const { done, going } = await orUnstage(store, reports, () =>
        committer.write(() => settleLease(database, lease, { ...settlement, attempts }, reports)),
      );
      if (!done) for (const { staged } of reports) await unstage(store, staged);
      await letAllGo(store, going);
      store.wake();
      return done;
    },
  };
}

async function prepare(store: Store, submission: Submission): Promise<Prepared> {
  const now = submission.jobs[0]?.createdAt ?? 0;
  return { submission, staged: await stage(store, submission.message, now) };
}

/** What was staged for a step that failed is given up. */
async function orUnstage<T>(store: Store, prepared: readonly Prepared[], step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    for (const { staged } of prepared) await unstage(store, staged).catch(() => undefined);
    throw error;
  }
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

function jobOf(store: Store, row: Row): Promise<Job> {
  const { submission, content, header } = row as unknown as Whose;
  return reviveRow(row as unknown as StoredRow, {
    header: (sha256) => readHeader(store, { submission, content, header }, sha256),
    body: (sha256) => readBody(store, { submission, content, header: null }, sha256),
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
      const rows = await committer.read(() =>
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
    count: (query) => committer.read(() => countRows(database, query)),
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
