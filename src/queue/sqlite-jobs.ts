/**
 * The life of a job in the SQLite queue: put, settled, given back. Every function is a step of a transaction; it checks
 * first and changes afterwards, so a QueueError leaves everything as it was.
 */
import type { JobRecipient } from '../deliver/job.js';
import type { Lease, Next, Settlement, Submission } from './driver.js';
import { checkSubmission, reasonsOf, submissionIdTaken } from './job-record.js';
import { adopt, dropContent, type Staged } from './sqlite-content.js';
import type { Database } from './sqlite-database.js';
import { endLease, enter, hurry, putOff, refreshDomain, refreshHead } from './sqlite-line.js';
import { packNewJob, packRecipients } from './stored-job.js';
import { factsOf } from './stored-message.js';

/** A submission with the octets of its message made ready. */
export interface Prepared {
  readonly submission: Submission;
  readonly staged: Staged;
}

/** What was put: the id that counts, and whether it was there before. */
export interface Put {
  readonly id: string;
  readonly existing: boolean;
}

/** Puts a submission. @throws QueueError */
export function putSubmission(database: Database, prepared: Prepared): Put {
  const known = knownId(database, prepared.submission.idempotencyKey);
  if (known !== null) return { id: known, existing: true };
  check(database, prepared.submission);
  keep(database, prepared);
  return { id: prepared.submission.id, existing: false };
}

/** The id of the submission under a key, or null. */
export function knownId(database: Database, key: string | null): string | null {
  if (key === null) return null;
  return (database.get('SELECT id FROM submission WHERE key = ?', key)?.['id'] ?? null) as string | null;
}

function check(database: Database, submission: Submission): void {
  if (database.get('SELECT 1 FROM submission WHERE id = ?', submission.id) !== null) {
    throw submissionIdTaken(submission.id);
  }
  checkSubmission(submission, (id) => database.get('SELECT 1 FROM job WHERE id = ?', id) !== null);
}

function keep(database: Database, { submission, staged }: Prepared): void {
  const { id, idempotencyKey, message, jobs } = submission;
  const content = adopt(database, staged);
  const seq = database.run(
    'INSERT INTO submission (id, key, content, facts, open_jobs, kept_jobs) VALUES (?, ?, ?, ?, ?, ?)',
    id,
    idempotencyKey,
    content,
    JSON.stringify(factsOf(message)),
    jobs.length,
    jobs.length,
  ).key;
  for (const job of jobs) {
    const { kept, recipients, floor } = packNewJob(job);
    database.run(
      `INSERT INTO job (id, submission, domain, state, priority, due_at, latest_at, created_at, expires_at, kept, recipients, floor)
        VALUES (?, ?, ?, 'ready', ?, ?, ?, ?, ?, ?, ?, ?)`,
      job.id,
      seq,
      job.domain,
      job.priority,
      job.notBefore,
      job.latestAt,
      job.createdAt,
      job.expiresAt,
      kept,
      recipients,
      floor,
    );
    enter(database, job.domain, job.priority, job.notBefore);
  }
}

interface Held {
  readonly seq: number;
  readonly domain: string;
  readonly priority: number;
  readonly submission: number;
}

/** The job of a lease, or null when the lease has been lost. */
export function holderOf(database: Database, lease: Lease): Held | null {
  return database.get(
    `SELECT seq, domain, priority, submission FROM job WHERE id = ? AND token = ? AND state = 'leased'`,
    lease.job.id,
    lease.token,
  ) as Held | null;
}

/** Ends a lease together with the reports that it causes; false when it has been lost. */
export function settleLease(
  database: Database,
  lease: Lease,
  settlement: Settlement & { readonly attempts: number },
  reports: readonly Prepared[],
): boolean {
  const held = holderOf(database, lease);
  if (held === null) return false;
  const fresh = reports.filter(({ submission }) => knownId(database, submission.idempotencyKey) === null);
  for (const { submission } of fresh) check(database, submission);
  const { next, recipients, at } = settlement;
  database.run(
    'UPDATE job SET state = ?, due_at = ?, latest_at = ?, attempts = ?, recipients = ?, ended_at = ? WHERE seq = ?',
    next.kind === 'again' ? 'ready' : next.kind,
    next.kind === 'again' ? next.at : at,
    next.kind === 'again' ? next.latestAt : at,
    settlement.attempts,
    packRecipients(recipients),
    next.kind === 'again' ? null : at,
    held.seq,
  );
  noteReasons(database, held.seq, recipients, next);
  endLease(database, held.seq, held.domain);
  if (settlement.putOff !== undefined) putOff(database, held.domain, settlement.putOff, at);
  refreshHead(database, held.domain, held.priority);
  if (next.kind !== 'again') endJob(database, held.submission);
  for (const report of fresh) putSubmission(database, report);
  return true;
}

function noteReasons(database: Database, job: number, recipients: readonly JobRecipient[], next: Next): void {
  database.run('DELETE FROM job_reason WHERE job = ?', job);
  if (next.kind === 'done') return;
  for (const reason of reasonsOf(recipients)) {
    database.run('INSERT INTO job_reason (reason, job) VALUES (?, ?)', reason, job);
  }
}

/** The octets of a message go with its last job. */
function endJob(database: Database, submission: number): void {
  database.run('UPDATE submission SET open_jobs = open_jobs - 1 WHERE seq = ?', submission);
  const row = database.get('SELECT content FROM submission WHERE seq = ? AND open_jobs = 0', submission);
  if (row !== null) dropContent(database, row['content'] as number);
}

/** Gives a lease back untried. */
export function releaseLease(database: Database, lease: Lease): boolean {
  const held = holderOf(database, lease);
  if (held === null) return false;
  database.run(`UPDATE job SET state = 'ready' WHERE seq = ?`, held.seq);
  endLease(database, held.seq, held.domain);
  refreshHead(database, held.domain, held.priority);
  return true;
}

/** Extends a lease. */
export function renewLease(database: Database, lease: Lease, until: number): boolean {
  const held = holderOf(database, lease);
  if (held === null) return false;
  database.run('UPDATE job SET lease_until = ? WHERE seq = ?', until, held.seq);
  return true;
}

/** Forgets finished jobs that ended before a time; at most so many at once, with whether there are more. */
export function forgetEnded(
  database: Database,
  before: number,
  limit: number,
): { readonly count: number; readonly more: boolean } {
  const rows = database.all(
    'SELECT seq, submission FROM job WHERE ended_at < ? ORDER BY ended_at LIMIT ?',
    before,
    limit,
  );
  for (const { seq, submission } of rows as { seq: number; submission: number }[]) {
    database.run('DELETE FROM job WHERE seq = ?', seq);
    database.run('DELETE FROM job_reason WHERE job = ?', seq);
    database.run('UPDATE submission SET kept_jobs = kept_jobs - 1 WHERE seq = ?', submission);
    database.run('DELETE FROM submission WHERE seq = ? AND kept_jobs = 0', submission);
  }
  return { count: rows.length, more: rows.length === limit };
}

/** Makes the waiting jobs of a domain due now, and ends that it is put off; the number of jobs that wait. */
export function flushDomain(database: Database, domain: string, now: number): number {
  hurry(database, domain, now);
  putOff(database, domain, null, now);
  refreshDomain(database, domain);
  const sql = `SELECT count(*) AS count FROM job WHERE state = 'ready' AND suspended = 0 AND domain = ?`;
  return database.get(sql, domain)?.['count'] as number;
}
