/**
 * The tables of the SQLite queue, and how a file of an earlier version becomes one of this version.
 *
 *   submission   one `send`: its key, the facts of its message
 *   small        the octets of a message that is small; key: its submission
 *   content      the octets of a message that is not small, written before the submission or together with it
 *   part         a piece of a content; key: content * 2^20 + number
 *   job          a submission's part for one domain; key: submission * 2^20 + number
 *   job_reason   why recipients of a job wait or failed, to find jobs by it
 *   head         for each domain and priority with jobs that wait: when the first of them may go
 *   domain       what is under lease and what is put off, for domains where there is any
 *   suspension   what an operator keeps back
 *
 * A job is urgent once it cannot wait longer, even where its domain is put off. `head` and `domain` follow from `job`; they
 * are there so that a lease costs the same with a thousand jobs and with a million. Times are milliseconds since the epoch.
 */
import { QueueError } from '../core/errors.js';
import { type Database, rollBack } from './sqlite-database.js';

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
  // Fewer pages change with each put: a small message stands in the row of its submission, a job is found by the key of
  // its submission, who gives no idempotency key is in no index of them, and the time until which a job can wait is
  // ordered over all domains, so that a new one stands at the end.
  `
  CREATE TABLE submission_2 (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key TEXT, content INTEGER, facts TEXT NOT NULL,
    open_jobs INTEGER NOT NULL, kept_jobs INTEGER NOT NULL, header BLOB, body BLOB
  );
  INSERT INTO submission_2 SELECT seq, id, key, content, facts, open_jobs, kept_jobs, NULL, NULL FROM submission;
  CREATE TABLE job_2 (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, domain TEXT NOT NULL,
    state TEXT NOT NULL, suspended INTEGER NOT NULL DEFAULT 0, urgent INTEGER NOT NULL DEFAULT 0, priority INTEGER NOT NULL, due_at INTEGER NOT NULL,
    latest_at INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    interruptions INTEGER NOT NULL DEFAULT 0,
    token TEXT, lease_until INTEGER, owner TEXT, kept TEXT NOT NULL, recipients TEXT NOT NULL, floor TEXT NOT NULL,
    floor_by TEXT, ended_at INTEGER
  );
  INSERT INTO job_2 SELECT (submission << 20) + row_number() OVER (PARTITION BY submission ORDER BY seq) - 1, id, domain,
    state, suspended, 0, priority, due_at, latest_at, created_at, expires_at, attempts, interruptions, token, lease_until,
    owner, kept, recipients, floor, floor_by, ended_at FROM job;
  UPDATE job_reason SET job = -(SELECT job_2.seq FROM job JOIN job_2 ON job_2.id = job.id WHERE job.seq = job_reason.job);
  UPDATE job_reason SET job = -job;
  DROP TABLE job;
  DROP TABLE submission;
  ALTER TABLE submission_2 RENAME TO submission;
  ALTER TABLE job_2 RENAME TO job;
  CREATE UNIQUE INDEX submission_key ON submission (key) WHERE key IS NOT NULL;
  CREATE INDEX job_ready ON job (domain, priority, due_at) WHERE state = 'ready' AND suspended = 0;
  CREATE INDEX job_latest ON job (max(due_at, latest_at)) WHERE ended_at IS NULL AND suspended = 0 AND urgent = 0;
  CREATE INDEX job_urgent ON job (domain, priority, due_at) WHERE state = 'ready' AND suspended = 0 AND urgent = 1;
  CREATE INDEX job_leased ON job (lease_until) WHERE state = 'leased';
  CREATE INDEX job_ended ON job (ended_at) WHERE ended_at IS NOT NULL;
  CREATE INDEX job_suspended ON job (domain) WHERE state = 'ready' AND suspended = 1;
  `,
  // The octets of a small message in a row that goes with them: their pages are free again at once, are not written once more
  // to say so, and serve the next messages before they have reached the file.
  `
  CREATE TABLE small (submission INTEGER PRIMARY KEY, header BLOB, body BLOB);
  INSERT INTO small SELECT seq, header, body FROM submission WHERE header IS NOT NULL;
  ALTER TABLE submission DROP COLUMN header;
  ALTER TABLE submission DROP COLUMN body;
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
    rollBack(database);
    throw error;
  }
}
