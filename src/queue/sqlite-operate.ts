/**
 * What an operator asks of the SQLite queue: find, count, keep back, let go, accept. Functions over `Database` are steps
 * of a transaction.
 */
import type { JobQuery, JobView, Suspension } from './driver.js';
import type { Database, Row, SqlValue } from './sqlite-database.js';
import { READY, refreshDomain, refreshHead } from './sqlite-line.js';

/** A job row together with what its submission and suspensions say. */
export const JOB_COLUMNS = `job.seq AS seq, job.id AS id, submission.id AS submissionId, job.domain AS domain,
  job.kept AS kept, job.recipients AS recipients, job.floor AS floor, job.attempts AS attempts, job.interruptions AS interruptions,
  job.created_at AS createdAt, job.expires_at AS expiresAt, job.state AS state, job.suspended AS suspended,
  job.due_at AS dueAt, job.priority AS priority, job.floor_by AS floorBy, job.ended_at AS endedAt,
  submission.seq AS submission, submission.content AS content, submission.facts AS facts`;
export const JOB_TABLES = 'job JOIN submission ON submission.seq = job.seq >> 20';

const DOMAIN_SUSPENDED = `EXISTS (SELECT 1 FROM suspension WHERE kind = 'domain' AND name = job.domain)`;

/** The condition of a query, and its values. */
function conditionOf(query: JobQuery): { readonly where: string; readonly values: SqlValue[] } {
  const parts: string[] = [];
  const values: SqlValue[] = [];
  const add = (sql: string, ...given: SqlValue[]): void => {
    parts.push(sql);
    values.push(...given);
  };
  if (query.id !== undefined) add('job.id = ?', query.id);
  if (query.submissionId !== undefined) {
    const first = '(SELECT seq << 20 FROM submission WHERE id = ?)';
    add(`job.seq >= ${first} AND job.seq < ${first} + (1 << 20)`, query.submissionId, query.submissionId);
  }
  if (query.domain !== undefined) add('job.domain = ?', query.domain);
  if (query.state === 'ready') add(`job.state = 'ready' AND job.suspended = 0 AND NOT ${DOMAIN_SUSPENDED}`);
  else if (query.state === 'suspended') {
    add(`job.state = 'ready' AND (job.suspended = 1 OR ${DOMAIN_SUSPENDED})`);
  } else if (query.state !== undefined) {
    add('job.state = ?', query.state);
    // In the words of its index: not all jobs are looked at.
    if (query.state !== 'leased') add('job.ended_at IS NOT NULL');
  }
  if (query.createdBefore !== undefined) add('job.created_at < ?', query.createdBefore);
  if (query.reason !== undefined) {
    add('job.seq IN (SELECT job FROM job_reason WHERE reason = ?)', query.reason);
  }
  return { where: parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`, values };
}

/** Rows of the jobs that fit. */
export function findRows(database: Database, query: JobQuery): Row[] {
  const { where, values } = conditionOf(query);
  return database.all(
    `SELECT ${JOB_COLUMNS} FROM ${JOB_TABLES} ${where} ORDER BY job.seq LIMIT ?`,
    ...values,
    query.limit ?? 1000,
  );
}

/** How many jobs fit. */
export function countRows(database: Database, query: JobQuery): number {
  const { where, values } = conditionOf(query);
  return database.get(`SELECT count(*) AS count FROM job ${where}`, ...values)?.['count'] as number;
}

/** State and suspension of a job as an operator sees it. */
export function stateOf(database: Database, row: Row): Pick<JobView, 'state' | 'suspended'> {
  const state = row['state'] as 'ready' | 'leased' | 'done' | 'buried';
  if (state === 'done' || state === 'buried') return { state, suspended: null };
  const suspended =
    (row['suspended'] === 1 ? suspensionOf(database, 'job', row['id'] as string) : null) ??
    suspensionOf(database, 'domain', row['domain'] as string);
  return { state: state === 'ready' && suspended !== null ? 'suspended' : state, suspended };
}

function suspensionOf(database: Database, kind: 'job' | 'domain', name: string): Suspension | null {
  const row = database.get(
    'SELECT reason, by, until FROM suspension WHERE kind = ? AND name = ?',
    kind,
    name,
  );
  // node:sqlite gives rows without a prototype; a view is a plain object.
  return row === null ? null : ({ ...row } as unknown as Suspension);
}

type What = { readonly id: string } | { readonly domain: string };

/** Keeps a job or a domain back; the number of unfinished jobs that this concerns. */
export function suspendWhat(database: Database, what: What, { reason, by, until }: Suspension): number {
  const concerned = countUnfinished(database, what);
  if ('id' in what && concerned === 0) return 0;
  const [kind, name] = 'id' in what ? ['job', what.id] : ['domain', what.domain];
  database.run(
    'INSERT OR REPLACE INTO suspension (kind, name, reason, by, until) VALUES (?, ?, ?, ?, ?)',
    kind as string,
    name as string,
    reason,
    by,
    until,
  );
  if ('id' in what) markJob(database, what.id, 1);
  else refreshDomain(database, what.domain);
  return concerned;
}

/** Ends a suspension; the number of unfinished jobs that this concerns. */
export function resumeWhat(database: Database, what: What): number {
  const [kind, name] = 'id' in what ? ['job', what.id] : ['domain', what.domain];
  database.run('DELETE FROM suspension WHERE kind = ? AND name = ?', kind as string, name as string);
  if ('id' in what) markJob(database, what.id, 0);
  else refreshDomain(database, what.domain);
  return countUnfinished(database, what);
}

function markJob(database: Database, id: string, suspended: 0 | 1): void {
  const row = database.get('SELECT seq, domain, priority FROM job WHERE id = ?', id);
  if (row === null) return;
  database.run('UPDATE job SET suspended = ? WHERE seq = ?', suspended, row['seq'] as number);
  refreshHead(database, row['domain'] as string, row['priority'] as number);
}

/** Each count goes down an index of its own: what has ended is not looked at. */
function countUnfinished(database: Database, what: What): number {
  const [column, value] = 'id' in what ? ['id', what.id] : ['domain', what.domain];
  const parts = [READY, `state = 'ready' AND suspended = 1`, `state = 'leased'`];
  return parts
    .map((state) => `SELECT count(*) AS count FROM job WHERE ${column as string} = ? AND ${state}`)
    .reduce((sum, sql) => sum + (database.get(sql, value as string)?.['count'] as number), 0);
}

/** Ends suspensions whose time is over. */
export function endPauses(database: Database, now: number): void {
  const rows = database.all('SELECT kind, name FROM suspension WHERE until <= ?', now);
  for (const { kind, name } of rows as { kind: string; name: string }[]) {
    resumeWhat(database, kind === 'job' ? { id: name } : { domain: name });
  }
}
