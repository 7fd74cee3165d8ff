/**
 * The life of a job in the SQLite queue: put, settled, given back. Every function is a step of a transaction: it throws a
 * QueueError while it has changed nothing, and TakeBack afterwards.
 */
import { isQueueError } from '../core/errors.js';
import type { JobRecipient } from '../deliver/job.js';
import type { Lease, NewJob, Next, Settlement, Submission } from './driver.js';
import { checkSubmission, jobIdTaken, reasonsOf, submissionIdTaken } from './job-record.js';
import { TakeBack } from './sqlite-commit.js';
import { adopt, adoptSmall, dropOctets, type Staged } from './sqlite-content.js';
import { type Database, isTaken } from './sqlite-database.js';
import { countEnd, enter, NO_LEASE, READY, refreshHead } from './sqlite-line.js';
import { type LettingGo, putOff } from './sqlite-put-off.js';
import type { Packed, Written } from './sqlite-recent.js';
import { packNewJob, packRecipients } from './stored-job.js';
import { factsOf } from './stored-message.js';

/** Keys of the jobs of one submission: what it has is found without an index. */
const JOBS = 2 ** 20;

function submissionOf(job: number): number {
  return Math.floor(job / JOBS);
}

/** A submission as it is to be written, with the octets of its message made ready. */
export interface Prepared extends Written {
  readonly staged: Staged;
  /** Its message serves the first attempt from memory. */
  readonly remembered: boolean;
}

/** What is written of a submission. */
export function packSubmission(submission: Submission): Written {
  const facts = JSON.stringify(factsOf(submission.message));
  return { submission, facts, jobs: submission.jobs.map(packNewJob) };
}

/** What was put: the id that counts, and whether it was there before. */
export interface Put {
  readonly id: string;
  readonly existing: boolean;
}

/**
 * Puts a submission. It does not look before whether its ids are free: the database knows when they are not.
 * @throws QueueError, TakeBack
 */
export function putSubmission(database: Database, prepared: Prepared): Put {
  const { submission, jobs: packed } = prepared;
  const { id, idempotencyKey, jobs } = submission;
  const known = knownId(database, idempotencyKey);
  if (known !== null) return { id: known, existing: true };
  checkSubmission(submission);
  const first = keepSubmission(database, prepared) * JOBS;
  jobs.forEach((job, number) => keepJob(database, first + number, job, packed[number] as Packed));
  return { id, existing: false };
}

/** The id of the submission under a key, or null. */
export function knownId(database: Database, key: string | null): string | null {
  if (key === null) return null;
  return (database.get('SELECT id FROM submission WHERE key = ?', key)?.['id'] ?? null) as string | null;
}

function keepSubmission(database: Database, { submission, facts, staged }: Prepared): number {
  const { id, idempotencyKey, jobs } = submission;
  // Octets in parts are there already when it turns out that the id is taken.
  const content = adopt(database, staged);
  try {
    const { key } = database.run(
      'INSERT INTO submission (id, key, content, facts, open_jobs, kept_jobs) VALUES (?, ?, ?, ?, ?, ?)',
      id,
      idempotencyKey,
      content,
      facts,
      jobs.length,
      jobs.length,
    );
    if (content === null) adoptSmall(database, staged, key);
    return key;
  } catch (error) {
    if (!isTaken(error)) throw error;
    throw content === null ? submissionIdTaken(id) : new TakeBack(submissionIdTaken(id));
  }
}

function keepJob(database: Database, seq: number, job: NewJob, packed: Packed): void {
  const { id, domain, priority, notBefore } = job;
  const { kept, recipients, floor } = packed;
  try {
    database.run(
      `INSERT INTO job (seq, id, domain, state, priority, due_at, latest_at, created_at, expires_at, kept, recipients, floor)
        VALUES (?, ?, ?, 'ready', ?, ?, ?, ?, ?, ?, ?, ?)`,
      seq,
      id,
      domain,
      priority,
      notBefore,
      job.latestAt,
      job.createdAt,
      job.expiresAt,
      kept,
      recipients,
      floor,
    );
  } catch (error) {
    throw isTaken(error) ? new TakeBack(jobIdTaken(id)) : error;
  }
  enter(database, domain, priority, notBefore);
}

interface Held {
  readonly seq: number;
  readonly domain: string;
  readonly priority: number;
}

/** The job of a lease, or null when the lease has been lost. */
export function holderOf(database: Database, lease: Lease): Held | null {
  return database.get(
    `SELECT seq, domain, priority FROM job WHERE id = ? AND token = ? AND state = 'leased'`,
    lease.job.id,
    lease.token,
  ) as Held | null;
}

/** What a settlement did: whether the lease still held, and whether its domain is being let go. */
interface Ended {
  readonly done: boolean;
  readonly going: LettingGo | null;
}

/** Ends a lease together with the reports that it causes. */
export function settleLease(
  database: Database,
  lease: Lease,
  settlement: Settlement & { readonly attempts: number },
  reports: readonly Prepared[],
): Ended {
  const held = holderOf(database, lease);
  if (held === null) return { done: false, going: null };
  const fresh = reports.filter(({ submission }) => knownId(database, submission.idempotencyKey) === null);
  const { next, recipients, at } = settlement;
  database.run(
    `UPDATE job SET state = ?, urgent = 0, due_at = ?, latest_at = ?, attempts = ?, recipients = ?, ended_at = ?, ${NO_LEASE} WHERE seq = ?`,
    next.kind === 'again' ? 'ready' : next.kind,
    next.kind === 'again' ? next.at : at,
    next.kind === 'again' ? next.latestAt : at,
    settlement.attempts,
    packRecipients(recipients),
    next.kind === 'again' ? null : at,
    held.seq,
  );
  noteReasons(database, held.seq, recipients, next);
  countEnd(database, held.domain);
  const says = settlement.putOff;
  const going = says === undefined ? null : putOff(database, held.domain, says, at);
  refreshHead(database, held.domain, held.priority);
  if (next.kind !== 'again') endJob(database, submissionOf(held.seq));
  for (const report of fresh) putReport(database, report);
  return { done: true, going };
}

/** The job has been settled by then: whatever is wrong with the report, that goes back too. */
function putReport(database: Database, report: Prepared): void {
  try {
    putSubmission(database, report);
  } catch (error) {
    throw isQueueError(error) ? new TakeBack(error) : error;
  }
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
  const { open, content } = database.get(
    'UPDATE submission SET open_jobs = open_jobs - 1 WHERE seq = ? RETURNING open_jobs AS open, content',
    submission,
  ) as { open: number; content: number | null };
  if (open === 0) dropOctets(database, { submission, content });
}

/** Gives a lease back untried. */
export function releaseLease(database: Database, lease: Lease): boolean {
  const held = holderOf(database, lease);
  if (held === null) return false;
  database.run(`UPDATE job SET state = 'ready', ${NO_LEASE} WHERE seq = ?`, held.seq);
  countEnd(database, held.domain);
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
    'SELECT seq FROM job WHERE ended_at < ? ORDER BY ended_at LIMIT ?',
    before,
    limit,
  );
  for (const { seq } of rows as { seq: number }[]) {
    const submission = submissionOf(seq);
    database.run('DELETE FROM job WHERE seq = ?', seq);
    database.run('DELETE FROM job_reason WHERE job = ?', seq);
    database.run('UPDATE submission SET kept_jobs = kept_jobs - 1 WHERE seq = ?', submission);
    database.run('DELETE FROM submission WHERE seq = ? AND kept_jobs = 0', submission);
  }
  return { count: rows.length, more: rows.length === limit };
}

/** How many jobs of a domain wait. */
export function countWaiting(database: Database, domain: string): number {
  const sql = `SELECT count(*) AS count FROM job WHERE ${READY} AND domain = ?`;
  return database.get(sql, domain)?.['count'] as number;
}
