/**
 * The tables of the PostgreSQL queue, in a schema of their own, and how a schema of an earlier version becomes one of
 * this version. The tables are those of the SQLite queue:
 *
 *   submission   one `send`: its key, the facts of its message
 *   content      the octets of a message, written before the submission or together with it
 *   part         a piece of a content
 *   job          a submission's part for one domain
 *   job_reason   why recipients of a job wait or failed, to find jobs by it
 *   head         for each domain and priority with jobs that wait: when the first of them may go
 *   domain       what is under lease and what is put off; its row is the lock of all jobs of the domain
 *   suspension   what an operator keeps back
 *
 * Times are milliseconds since the epoch. Names compare octet by octet (collation C): an index then outlives the next
 * release of the system's library.
 */
import { QueueError } from '../core/errors.js';
import { failureOf } from './postgres-failure.js';
import type { PostgresClient, PostgresPool } from './postgres-pool.js';
import { JOBS } from './postgres-sql-jobs.js';
import { LEASE, LINE } from './postgres-sql-line.js';
import { OPERATE } from './postgres-sql-operate.js';

const TABLES = `
CREATE TABLE content (id uuid PRIMARY KEY, staged_at bigint);
CREATE INDEX content_staged ON content (staged_at) WHERE staged_at IS NOT NULL;
CREATE TABLE part (content uuid, number integer, octets bytea NOT NULL, PRIMARY KEY (content, number));
-- Attachments are compressed already, sealed octets cannot be.
ALTER TABLE part ALTER octets SET STORAGE EXTERNAL;
CREATE TABLE submission (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE, key text COLLATE "C" UNIQUE,
  content uuid NOT NULL, facts text NOT NULL, open_jobs integer NOT NULL, kept_jobs integer NOT NULL
);
CREATE INDEX submission_empty ON submission (seq) WHERE kept_jobs = 0;
CREATE TABLE job (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE, submission bigint NOT NULL,
  domain text COLLATE "C" NOT NULL, state text NOT NULL, suspended boolean NOT NULL DEFAULT false, priority integer NOT NULL,
  due_at bigint NOT NULL, latest_at bigint NOT NULL, created_at bigint NOT NULL, expires_at bigint NOT NULL,
  attempts integer NOT NULL DEFAULT 0, interruptions integer NOT NULL DEFAULT 0, token text, lease_until bigint, owner text,
  settled_by text, kept text NOT NULL, recipients text NOT NULL, floor text NOT NULL, floor_by text, ended_at bigint
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
CREATE INDEX job_ready ON job (domain, suspended, priority, due_at, seq) WHERE state = 'ready';
CREATE INDEX job_latest ON job (domain, priority, latest_at) WHERE state = 'ready' AND NOT suspended;
CREATE INDEX job_leased ON job (lease_until) WHERE state = 'leased';
CREATE INDEX job_submission ON job (submission);
CREATE INDEX job_ended ON job (ended_at) WHERE ended_at IS NOT NULL;
CREATE TABLE job_reason (reason text COLLATE "C", job bigint, PRIMARY KEY (reason, job));
CREATE INDEX job_reason_job ON job_reason (job);
CREATE TABLE head (
  domain text COLLATE "C", priority integer, due_at bigint NOT NULL, PRIMARY KEY (domain, priority)
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX head_due ON head (priority, due_at, domain);
CREATE TABLE domain (
  name text COLLATE "C" PRIMARY KEY, leased integer NOT NULL DEFAULT 0, put_off_until bigint
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
CREATE TABLE suspension (
  kind text COLLATE "C", name text COLLATE "C", reason text NOT NULL, by text NOT NULL, until bigint, PRIMARY KEY (kind, name)
);
CREATE INDEX suspension_until ON suspension (until) WHERE until IS NOT NULL;

-- A job together with what its submission and suspensions say, by the names that the client uses.
CREATE VIEW job_view AS SELECT job.seq, job.id, submission.id AS "submissionId", job.domain, job.kept, job.recipients,
  job.floor, job.attempts, job.interruptions, job.created_at AS "createdAt", job.expires_at AS "expiresAt", job.state,
  job.due_at AS "dueAt", job.priority, job.floor_by AS "floorBy", job.ended_at AS "endedAt", job.token,
  job.lease_until AS "leaseUntil", submission.content, submission.facts,
  CASE WHEN job.ended_at IS NULL THEN (
    SELECT json_build_object('reason', reason, 'by', by, 'until', until) FROM suspension
    WHERE kind = 'job' AND name = job.id AND job.suspended OR kind = 'domain' AND name = job.domain
    ORDER BY kind DESC LIMIT 1
  ) END AS suspension
FROM job JOIN submission ON submission.seq = job.submission;
`;

/** One step for each version; a step is never changed once it has been released. */
const STEPS: readonly string[] = [TABLES + LINE + LEASE + JOBS + OPERATE];

/** Makes processes that start together migrate one after the other: "eTLS". */
const LOCK = 0x65544c53;

/**
 * Brings the schema to this version, in one transaction.
 * @throws QueueError `queue-newer`, `queue-foreign`, and when the database cannot be used, with what to do
 */
export async function migrate(pool: PostgresPool, schema: string): Promise<void> {
  const client = await pool.connect();
  let broken: unknown;
  try {
    if ((await versionOf(client, schema)) === STEPS.length) return;
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    const version = await versionOf(client, schema);
    if (version > STEPS.length) throw newer(schema, version);
    if (version < STEPS.length) await step(client, schema, version);
    await client.query('COMMIT');
  } catch (error) {
    // A connection on which even this fails is not given back.
    await client.query('ROLLBACK').catch((lost: unknown) => (broken = lost));
    throw failureOf(error, `open schema ${schema}`);
  } finally {
    client.release(broken !== undefined);
  }
}

async function step(client: PostgresClient, schema: string, version: number): Promise<void> {
  // CREATE SCHEMA IF NOT EXISTS wants a privilege that nobody needs once there is one.
  if (version === 0 && !(await hasSchema(client, schema))) await client.query(`CREATE SCHEMA "${schema}"`);
  await client.query(`SET LOCAL search_path TO "${schema}", pg_temp`);
  if (version === 0)
    await client.query('CREATE TABLE about (version integer NOT NULL); INSERT INTO about VALUES (0)');
  for (const sql of STEPS.slice(version)) await client.query(sql);
  await client.query(`UPDATE about SET version = ${STEPS.length}`);
}

async function hasSchema(client: PostgresClient, schema: string): Promise<boolean> {
  const { rows } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
  return rows.length > 0;
}

/** 0 where there is no queue yet. */
async function versionOf(client: PostgresClient, schema: string): Promise<number> {
  const { rows } = await client.query(
    'SELECT relname::text AS name FROM pg_class WHERE relnamespace = to_regnamespace($1)',
    [`"${schema}"`],
  );
  if (rows.length === 0) return 0;
  if (rows.some(({ name }) => name === 'about') && rows.some(({ name }) => name === 'job')) {
    const about = await client.query(`SELECT version::text AS version FROM "${schema}".about`);
    return Number(about.rows[0]?.['version']);
  }
  throw new QueueError(
    'queue-foreign',
    `queue: the PostgreSQL schema ${schema} belongs to another program; give the queue a schema of its own`,
  );
}

function newer(schema: string, version: number): QueueError {
  return new QueueError(
    'queue-newer',
    `queue: the PostgreSQL schema ${schema} has version ${version}, this release knows ${STEPS.length}; a newer release has used it. Update this one, or give it another schema`,
  );
}
