/**
 * The line of waiting jobs in the SQLite queue. For each domain and priority one row of `head` says when the first of its
 * jobs may go, so finding the next one is one step down an index, whatever waits behind it: a dead partner with 50,000
 * jobs is one row. Every function is a step of a transaction.
 *
 * A domain that is put off (its servers are known to be down) has its head at the time of the next try; only jobs that
 * cannot wait (`latest_at`) are handed out before: they are marked urgent when their time has come. From then on one at a
 * time finds out, until somebody ends it.
 */
import { randomUUID } from 'node:crypto';
import type { LeaseRequest } from './driver.js';
import type { Database } from './sqlite-database.js';

/** The condition of a job that waits in the line. */
export const READY = `state = 'ready' AND suspended = 0`;
const URGENT = `${READY} AND urgent = 1`;
/** Under lease too: so a lease changes one index less. */
const PATIENT = 'ended_at IS NULL AND suspended = 0 AND urgent = 0';
/** Jobs that one step marks urgent. */
const MARK_AT_ONCE = 200;

/** Sets the head of a domain and priority anew, after its jobs have changed. */
export function refreshHead(database: Database, domain: string, priority: number): void {
  const due = isSuspended(database, domain) ? null : headDue(database, domain, priority);
  if (due === null) {
    database.run('DELETE FROM head WHERE domain = ? AND priority = ?', domain, priority);
    return;
  }
  database.run(
    'INSERT INTO head (priority, domain, due_at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET due_at = excluded.due_at',
    priority,
    domain,
    due,
  );
}

function isSuspended(database: Database, domain: string): boolean {
  return database.get(`SELECT 1 FROM suspension WHERE kind = 'domain' AND name = ?`, domain) !== null;
}

function headDue(database: Database, domain: string, priority: number): number | null {
  const first = database.get(
    `SELECT due_at FROM job WHERE ${READY} AND domain = ? AND priority = ? ORDER BY due_at, seq LIMIT 1`,
    domain,
    priority,
  );
  if (first === null) return null;
  const due = first['due_at'] as number;
  const until = putOffUntil(database, domain);
  if (until === null || until <= due) return due;
  const urgent = database.get(
    `SELECT due_at FROM job WHERE ${URGENT} AND domain = ? AND priority = ? ORDER BY due_at LIMIT 1`,
    domain,
    priority,
  );
  return urgent === null ? until : (urgent['due_at'] as number);
}

/** Marks jobs that cannot wait longer; true when there may be more of them. */
export function markUrgent(database: Database, now: number): boolean {
  const rows = database.all(
    `SELECT seq, domain, priority FROM job WHERE ${PATIENT} AND max(due_at, latest_at) <= ? ORDER BY max(due_at, latest_at) LIMIT ?`,
    now,
    MARK_AT_ONCE,
  ) as { seq: number; domain: string; priority: number }[];
  for (const { seq, domain, priority } of rows) {
    database.run('UPDATE job SET urgent = 1 WHERE seq = ?', seq);
    if (putOffUntil(database, domain) !== null) refreshHead(database, domain, priority);
  }
  return rows.length === MARK_AT_ONCE;
}

/** Until when a domain is put off, or null. */
export function putOffUntil(database: Database, domain: string): number | null {
  return (database.get('SELECT put_off_until AS at FROM domain WHERE name = ?', domain)?.['at'] ?? null) as
    | number
    | null;
}

/** A new job in the line: its head moves forward or stays. */
export function enter(database: Database, domain: string, priority: number, dueAt: number): void {
  const head = database.get('SELECT due_at FROM head WHERE domain = ? AND priority = ?', domain, priority);
  if (head !== null && (head['due_at'] as number) <= dueAt) return;
  refreshHead(database, domain, priority);
}

/** Sets all heads of a domain anew. */
export function refreshDomain(database: Database, domain: string): void {
  const rows = database.all('SELECT priority FROM head WHERE domain = ?', domain);
  const known = rows.map((row) => row['priority'] as number);
  for (const priority of new Set([...known, ...prioritiesOf(database, domain)])) {
    refreshHead(database, domain, priority);
  }
}

/** Priorities of the waiting jobs of a domain: one step down the index for each, however many jobs there are. */
export function prioritiesOf(database: Database, domain: string): number[] {
  const found: number[] = [];
  for (let last = Number.MIN_SAFE_INTEGER; ;) {
    const row = database.get(
      `SELECT priority FROM job WHERE ${READY} AND domain = ? AND priority > ? ORDER BY priority LIMIT 1`,
      domain,
      last,
    );
    if (row === null) return found;
    last = row['priority'] as number;
    found.push(last);
  }
}

/** Counts leases of a domain, or the end of one with -1. */
function countLeases(database: Database, domain: string, by: number): void {
  database.run(
    'INSERT INTO domain (name, leased, put_off_until) VALUES (?, max(0, ?), NULL) ON CONFLICT DO UPDATE SET leased = max(0, leased + ?)',
    domain,
    by,
    by,
  );
  if (by < 0) forgetIdle(database, domain);
}

/** A domain of which there is nothing to know has no row. */
export function forgetIdle(database: Database, domain: string): void {
  database.run('DELETE FROM domain WHERE name = ? AND leased = 0 AND put_off_until IS NULL', domain);
}

/** A job that was leased, and its token. */
export interface Grant {
  readonly seq: number;
  readonly token: string;
  readonly until: number;
}

/** A domain with jobs of a priority that are due, and room for leases. */
interface Head {
  readonly domain: string;
  readonly priority: number;
  /** Jobs that may be leased at most. */
  readonly room: number;
  readonly putOffUntil: number | null;
}

/**
 * Leases what is due: highest priority first, then what has been due longest, the same number of jobs of each domain in turn;
 * what some domains leave goes to the others.
 */
export function leaseDue(database: Database, request: LeaseRequest): Grant[] {
  const grants: Grant[] = [];
  for (let priority = highest(database, null); priority !== null; priority = highest(database, priority)) {
    for (;;) {
      const room = request.limit - grants.length;
      if (room <= 0) return grants;
      const heads = dueHeads(database, priority, request, room);
      if (heads.length === 0) break;
      const share = Math.max(1, Math.floor(room / heads.length));
      for (const head of heads) grants.push(...leaseFirst(database, head, share, request));
    }
  }
  return grants;
}

function dueHeads(database: Database, priority: number, request: LeaseRequest, limit: number): Head[] {
  return database.all(
    `SELECT head.domain AS domain, priority, put_off_until AS putOffUntil,
        iif(put_off_until IS NULL, ?, 1) - coalesce(leased, 0) AS room
      FROM head LEFT JOIN domain ON domain.name = head.domain
      WHERE priority = ? AND due_at <= ? AND room > 0 ORDER BY due_at LIMIT ?`,
    request.perDomain,
    priority,
    request.now,
    limit,
  ) as unknown as Head[];
}

function highest(database: Database, below: number | null): number | null {
  const row =
    below === null
      ? database.get('SELECT max(priority) AS priority FROM head')
      : database.get('SELECT max(priority) AS priority FROM head WHERE priority < ?', below);
  return (row?.['priority'] ?? null) as number | null;
}

/** Leases some of a domain: those that have been due longest. */
function leaseFirst(database: Database, head: Head, share: number, request: LeaseRequest): Grant[] {
  const { domain, priority, room } = head;
  const which = (head.putOffUntil ?? 0) > request.now ? URGENT : READY;
  const rows = database.all(
    `SELECT seq FROM job WHERE ${which} AND domain = ? AND priority = ? AND due_at <= ? ORDER BY due_at, seq LIMIT ?`,
    domain,
    priority,
    request.now,
    Math.min(room, share),
  ) as unknown as { seq: number }[];
  const grants = rows.map(({ seq }) => markLeased(database, seq, request));
  if (grants.length > 0) countLeases(database, domain, grants.length);
  refreshHead(database, domain, priority);
  return grants;
}

type LeaseTerms = Pick<LeaseRequest, 'owner' | 'now' | 'leaseMs'>;

/** Gives a lease on a job. */
export function grant(
  database: Database,
  job: { readonly seq: number; readonly domain: string; readonly priority: number },
  terms: LeaseTerms,
): Grant {
  const granted = markLeased(database, job.seq, terms);
  countLeases(database, job.domain, 1);
  refreshHead(database, job.domain, job.priority);
  return granted;
}

/** What is left to do is the domain's count and its head. */
function markLeased(database: Database, seq: number, { owner, now, leaseMs }: LeaseTerms): Grant {
  const token = randomUUID();
  const until = now + leaseMs;
  database.run(
    `UPDATE job SET state = 'leased', token = ?, lease_until = ?, owner = ? WHERE seq = ?`,
    token,
    until,
    owner,
    seq,
  );
  return { seq, token, until };
}

/** Columns of a job as they are without a lease. */
export const NO_LEASE = 'token = NULL, lease_until = NULL, owner = NULL';

/** Notes that a job of a domain is no longer under lease; its own columns (`NO_LEASE`) and its head are the caller's. */
export function countEnd(database: Database, domain: string): void {
  countLeases(database, domain, -1);
}

/** Ends a lease that ran out; its head is then the caller's to refresh. */
export function interrupt(database: Database, seq: number, domain: string): void {
  database.run(`UPDATE job SET interruptions = interruptions + 1, ${NO_LEASE} WHERE seq = ?`, seq);
  countEnd(database, domain);
}

/** Takes expired leases back, without counting an attempt. */
export function takeBackExpired(database: Database, now: number): void {
  const rows = database.all(
    `SELECT seq, domain, priority FROM job WHERE state = 'leased' AND lease_until <= ? LIMIT 1000`,
    now,
  );
  for (const { seq, domain, priority } of rows) {
    database.run(`UPDATE job SET state = 'ready' WHERE seq = ?`, seq as number);
    interrupt(database, seq as number, domain as string);
    refreshHead(database, domain as string, priority as number);
  }
}

/** When there may next be something to lease, or null. */
export function nextDue(database: Database): number | null {
  let next: number | null = null;
  for (let priority = highest(database, null); priority !== null; priority = highest(database, priority)) {
    const row = database.get('SELECT min(due_at) AS at FROM head WHERE priority = ?', priority);
    next = earliest(next, row?.['at']);
  }
  const latest = database.get(`SELECT min(max(due_at, latest_at)) AS at FROM job WHERE ${PATIENT}`);
  const lease = database.get(`SELECT min(lease_until) AS at FROM job WHERE state = 'leased'`);
  const pause = database.get('SELECT min(until) AS at FROM suspension WHERE until IS NOT NULL');
  return [latest, lease, pause].reduce((at, row) => earliest(at, row?.['at']), next);
}

function earliest(a: number | null, b: unknown): number | null {
  if (typeof b !== 'number') return a;
  return a === null ? b : Math.min(a, b);
}
