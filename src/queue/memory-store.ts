/**
 * What the memory queue keeps, and the steps that keep it consistent: entering, waiting, lease and end of a job.
 *
 *   submissions, jobs   what is kept, by id
 *   line                jobs that wait                     (line.ts)
 *   leases              jobs under lease, by when it ends  (heap.ts)
 *   pauses              suspensions that end by themselves
 *
 * A step that can fail checks first and changes afterwards, so a QueueError leaves everything as it was.
 */
import { QueueError } from '../core/errors.js';
import type { Job } from '../deliver/job.js';
import type { JobState, Lease, Settlement, Submission, Suspension } from './driver.js';
import { Heap, type InHeap } from './heap.js';
import {
  applySettlement,
  checkSubmission,
  forgetContent,
  startJob,
  submissionIdTaken,
} from './job-record.js';
import { createLine } from './line.js';

export interface Entry extends InHeap {
  readonly domain: string;
  readonly order: number;
  readonly priority: number;
  job: Job;
  dueAt: number;
  latestAt: number;
  lease: { readonly token: string; readonly until: number } | null;
  suspension: Suspension | null;
  floorAcceptedBy: string | null;
  ended: { readonly state: 'done' | 'buried'; readonly at: number } | null;
}

/** A suspension that ends by itself. */
export interface Pause extends InHeap {
  readonly what: { readonly id: string } | { readonly domain: string };
  readonly until: number;
}

/** What is kept of a submission as such. */
export interface Kept {
  readonly key: string | null;
  /** Its jobs, ended or not, as far as they are still kept. */
  readonly jobs: Entry[];
  /** Jobs that have not ended: they hold the content of the message, and nothing else here does. */
  open: number;
  /** Removes what was spooled for the message; null where nothing is any more. */
  dispose: (() => Promise<void>) | null;
}

export interface Store {
  readonly jobs: Map<string, Entry>;
  readonly submissions: Map<string, Kept>;
  readonly keys: Map<string, string>;
  readonly domains: Map<string, Suspension>;
  /** Jobs under lease, by domain. */
  readonly busy: Map<string, number>;
  readonly line: ReturnType<typeof createLine<Entry>>;
  readonly leases: Heap<Entry>;
  readonly pauses: Heap<Pause>;
  readonly ended: Set<Entry>;
  readonly listeners: Set<() => void>;
  readonly maxJobs: number;
  arrivals: number;
  /** Leases ever granted; each has its own number as its token. */
  grants: number;
  closed: boolean;
}

export function createStore(maxJobs: number): Store {
  return {
    jobs: new Map(),
    submissions: new Map(),
    keys: new Map(),
    domains: new Map(),
    busy: new Map(),
    line: createLine<Entry>(),
    leases: new Heap<Entry>((a, b) => (a.lease?.until ?? 0) < (b.lease?.until ?? 0)),
    pauses: new Heap<Pause>((a, b) => a.until < b.until),
    ended: new Set(),
    listeners: new Set(),
    maxJobs,
    arrivals: 0,
    grants: 0,
    closed: false,
  };
}

export function put(store: Store, submission: Submission): { id: string; existing: boolean } {
  const known = submission.idempotencyKey === null ? undefined : store.keys.get(submission.idempotencyKey);
  if (known !== undefined) return { id: known, existing: true };
  check(store, [submission]);
  keep(store, submission);
  wake(store);
  return { id: submission.id, existing: false };
}

/** Refuses before anything is changed. */
function check(store: Store, submissions: readonly Submission[]): void {
  if (submissions.length === 0) return;
  const ids = new Set<string>();
  let count = store.jobs.size;
  for (const submission of submissions) {
    if (ids.has(submission.id) || store.submissions.has(submission.id)) {
      throw submissionIdTaken(submission.id);
    }
    checkSubmission(submission, (id) => ids.has(id) || store.jobs.has(id));
    ids.add(submission.id);
    for (const job of submission.jobs) ids.add(job.id);
    count += submission.jobs.length;
  }
  if (count > store.maxJobs) {
    throw new QueueError(
      'queue-full',
      `put: the memory queue keeps at most ${store.maxJobs} jobs; wait until some have ended, or use a durable queue`,
    );
  }
}

function keep(store: Store, submission: Submission): void {
  const { id, idempotencyKey } = submission;
  const dispose = submission.message.dispose ?? null;
  const jobs: Entry[] = [];
  store.submissions.set(id, { key: idempotencyKey, jobs, open: submission.jobs.length, dispose });
  if (idempotencyKey !== null) store.keys.set(idempotencyKey, id);
  for (const job of submission.jobs) {
    const entry: Entry = {
      domain: job.domain,
      order: store.arrivals++,
      priority: job.priority,
      job: startJob(job, submission),
      dueAt: job.notBefore,
      latestAt: job.latestAt,
      lease: null,
      suspension: null,
      floorAcceptedBy: null,
      ended: null,
      place: -1,
    };
    jobs.push(entry);
    store.jobs.set(job.id, entry);
    stand(store, entry);
  }
}

/** Puts a job into the line, unless it has ended, is under lease or is kept back. */
export function stand(store: Store, entry: Entry): void {
  if (stateOf(store, entry) === 'ready') store.line.add(entry);
}

export function stateOf(store: Store, entry: Entry): JobState {
  if (entry.ended !== null) return entry.ended.state;
  if (entry.lease !== null) return 'leased';
  return entry.suspension !== null || store.domains.has(entry.domain) ? 'suspended' : 'ready';
}

export function grant(store: Store, entry: Entry, until: number): Lease {
  store.grants += 1;
  const token = String(store.grants);
  entry.lease = { token, until };
  store.leases.push(entry);
  store.busy.set(entry.domain, (store.busy.get(entry.domain) ?? 0) + 1);
  return { job: entry.job, token, until };
}

export function endLease(store: Store, entry: Entry): void {
  if (entry.lease === null) return;
  store.leases.remove(entry);
  entry.lease = null;
  const rest = (store.busy.get(entry.domain) ?? 1) - 1;
  if (rest === 0) store.busy.delete(entry.domain);
  else store.busy.set(entry.domain, rest);
}

export function holderOf(store: Store, lease: Lease): Entry | null {
  const entry = store.jobs.get(lease.job.id);
  return entry?.lease?.token === lease.token ? entry : null;
}

/** Ends a lease that ran out. */
export function interrupt(store: Store, entry: Entry): void {
  endLease(store, entry);
  entry.job = { ...entry.job, interruptions: entry.job.interruptions + 1 };
}

export function takeBackExpired(store: Store, now: number): void {
  for (let entry = store.leases.peek(); entry?.lease != null && entry.lease.until <= now;) {
    interrupt(store, entry);
    stand(store, entry);
    entry = store.leases.peek();
  }
}

export function settle(store: Store, lease: Lease, settlement: Settlement): boolean {
  const entry = holderOf(store, lease);
  if (entry === null) return false;
  const { next, at } = settlement;
  const job = applySettlement(entry.job, settlement);
  const reports = unknownOf(store, settlement.reports);
  check(store, reports);
  // Nothing below can fail: outcome and reports are kept together or, above, not at all.
  endLease(store, entry);
  if (next.kind === 'again') {
    entry.job = job;
    entry.dueAt = next.at;
    entry.latestAt = next.latestAt;
    stand(store, entry);
  } else {
    entry.job = forgetContent(job);
    entry.ended = { state: next.kind, at };
    store.ended.add(entry);
    dropContent(store, job);
  }
  if (settlement.putOff !== undefined) putOff(store, entry.domain, settlement.putOff, at);
  for (const report of reports) keep(store, report);
  wake(store);
  return true;
}

/** Puts a domain off, or ends that: then all its jobs are due. */
export function putOff(store: Store, domain: string, until: number | null, now: number): void {
  if (until === null && !store.line.isPutOff(domain)) return;
  store.line.putOff(domain, until);
  if (until === null) hurry(store, domain, now);
}

/** Makes the waiting jobs of a domain due; the number of jobs. */
export function hurry(store: Store, domain: string, now: number): number {
  const entries = store.line.of(domain);
  for (const entry of entries) {
    store.line.remove(entry);
    entry.dueAt = Math.min(entry.dueAt, now);
    store.line.add(entry);
  }
  return entries.length;
}

/** Removes what was spooled for a message when its last job has ended. */
function dropContent(store: Store, job: Job): void {
  const kept = store.submissions.get(job.submissionId);
  if (kept === undefined) return;
  kept.open -= 1;
  // A file that cannot be removed is no reason to fail a settlement that has happened.
  if (kept.open > 0) return;
  kept.dispose?.().catch(() => undefined);
  kept.dispose = null;
}

/** Those whose idempotency key is new, each key once. */
function unknownOf(store: Store, submissions: readonly Submission[]): Submission[] {
  if (submissions.length === 0) return [];
  const seen = new Set<string>();
  return submissions.filter(({ idempotencyKey: key }) => {
    if (key === null) return true;
    const known = store.keys.has(key) || seen.has(key);
    seen.add(key);
    return !known;
  });
}

export function nextDue(store: Store): number | null {
  const next = Math.min(
    store.line.nextDue() ?? Number.POSITIVE_INFINITY,
    store.leases.peek()?.lease?.until ?? Number.POSITIVE_INFINITY,
    store.pauses.peek()?.until ?? Number.POSITIVE_INFINITY,
  );
  return Number.isFinite(next) ? next : null;
}

export function wake(store: Store): void {
  for (const listener of store.listeners) queueMicrotask(listener);
}
