/**
 * The tables of the SQLite queue, and how a file of an earlier version becomes one of this version.
 *
 *   submission   one `send`: its key, the facts of its message
 *   content      the octets of a message, written before the submission or together with it
 *   part         a piece of a content; key: content * 2^20 + number
 *   job          a submission's part for one domain
 *   job_reason   why recipients of a job wait or failed, to find jobs by it
 *   head         for each domain and priority with jobs that wait: when the first of them may go
 *   domain       what is under lease and what is put off, for domains where there is any
 *   suspension   what an operator keeps back
 *
 * `head` and `domain` follow from `job`; they are there so that a lease costs the same with a thousand jobs and with a
 * million. Times are milliseconds since the epoch.
 */
import { QueueError } from '../core/errors.js';
import type { Database } from './sqlite-database.js';

/** One step for each version; a step is never changed once it has been released. */
const STEPS: readonly string[] = [
  `
  CREATE TABLE content (id INTEGER PRIMARY KEY AUTOINCREMENT, staged_at INTEGER);
  CREATE INDEX content_staged ON content (staged_at) WHERE staged_at IS NOT NULL;
  CREATE TABLE part (id INTEGER PRIMARY KEY, octets BLOB NOT NULL);
  CREATE TABLE submission (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key TEXT UNIQUE, content INTEGER NOT NULL, facts TEXT NOT NULL,
    open_jobs INTEGER NOT NULL, kept_jobs INTEGER NOT NULL
  );
  CREATE TABLE job (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, submission INTEGER NOT NULL, domain TEXT NOT NULL,
    state TEXT NOT NULL, suspended INTEGER NOT NULL DEFAULT 0, priority INTEGER NOT NULL, due_at INTEGER NOT NULL,
    latest_at INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    interruptions INTEGER NOT NULL DEFAULT 0,
    token TEXT, lease_until INTEGER, owner TEXT, kept TEXT NOT NULL, recipients TEXT NOT NULL, floor TEXT NOT NULL,
    floor_by TEXT, ended_at INTEGER
  );
  CREATE INDEX job_ready ON job (domain, priority, due_at, seq) WHERE state = 'ready' AND suspended = 0;
  CREATE INDEX job_latest ON job (domain, priority, latest_at) WHERE state = 'ready' AND suspended = 0;
  CREATE INDEX job_leased ON job (lease_until) WHERE state = 'leased';
  CREATE INDEX job_submission ON job (submission);
  CREATE INDEX job_ended ON job (ended_at) WHERE ended_at IS NOT NULL;
  CREATE TABLE job_reason (reason TEXT NOT NULL, job INTEGER NOT NULL, PRIMARY KEY (reason, job)) WITHOUT ROWID;
  CREATE INDEX job_reason_job ON job_reason (job);
  CREATE TABLE head (
    priority INTEGER NOT NULL, domain TEXT NOT NULL, due_at INTEGER NOT NULL, PRIMARY KEY (domain, priority)
  ) WITHOUT ROWID;
  CREATE INDEX head_due ON head (priority, due_at);
  CREATE TABLE domain (name TEXT PRIMARY KEY, leased INTEGER NOT NULL, put_off_until INTEGER) WITHOUT ROWID;
  CREATE TABLE suspension (
    kind TEXT NOT NULL, name TEXT NOT NULL, reason TEXT NOT NULL, by TEXT NOT NULL, until INTEGER,
    PRIMARY KEY (kind, name)
  ) WITHOUT ROWID;
  CREATE INDEX suspension_until ON suspension (until) WHERE until IS NOT NULL;
  `,
];

/** "eTLS", so that no other program's file is taken for a queue. */
const APPLICATION_ID = 0x65544c53;

/**
 * Brings the file to this version, in one transaction.
 * @throws QueueError `queue-newer`, `queue-foreign`
 */
export function migrate(database: Database): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    const { version, application, tables } = database.get(
      `SELECT (SELECT user_version FROM pragma_user_version) AS version,
        (SELECT application_id FROM pragma_application_id) AS application,
        (SELECT count(*) FROM sqlite_master) AS tables`,
    ) as { version: number; application: number; tables: number };
    if (application !== APPLICATION_ID && tables > 0) {
      throw new QueueError(
        'queue-foreign',
        'queue: the SQLite file belongs to another program; give the queue a file of its own',
      );
    }
    if (version > STEPS.length) {
      throw new QueueError(
        'queue-newer',
        `queue: the SQLite file has version ${version}, this release knows ${STEPS.length}; a newer release has used it. Update this one, or give it another file`,
      );
    }
    for (const step of STEPS.slice(version)) database.exec(step);
    // Written even where nothing changes: a file that cannot be written is told now, not at the first mail.
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${STEPS.length}`);
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
