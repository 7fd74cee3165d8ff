/**
 * What an operator asks of the memory queue: find, keep back, let go, hurry, forget.
 */
import type { JobQuery, JobView, Suspension } from './driver.js';
import { matchesQuery } from './job-record.js';
import { type Entry, hurry, type Pause, stand, stateOf, type Store, wake } from './memory-store.js';

function candidates(store: Store, query: JobQuery): Iterable<Entry> {
  const one = query.id === undefined ? undefined : store.jobs.get(query.id);
  if (query.id !== undefined) return one === undefined ? [] : [one];
  if (query.submissionId === undefined) return store.jobs.values();
  return store.submissions.get(query.submissionId)?.jobs ?? [];
}

export function select(store: Store, query: JobQuery, limit: number): Entry[] {
  const found: Entry[] = [];
  for (const entry of candidates(store, query)) {
    if (found.length >= limit) break;
    if (matchesQuery(viewOf(store, entry), query)) found.push(entry);
  }
  return found;
}

export function viewOf(store: Store, entry: Entry): JobView {
  const { job, dueAt, priority, floorAcceptedBy } = entry;
  const suspended = entry.suspension ?? store.domains.get(entry.domain) ?? null;
  const endedAt = entry.ended?.at ?? null;
  return {
    job,
    state: stateOf(store, entry),
    dueAt,
    priority,
    suspended: endedAt === null ? suspended : null,
    floorAcceptedBy,
    endedAt,
  };
}

/** Unfinished jobs that an id or a domain means. */
function concerned(store: Store, what: { readonly id: string } | { readonly domain: string }): Entry[] {
  return select(store, what, Number.POSITIVE_INFINITY).filter((entry) => entry.ended === null);
}

export function suspend(store: Store, what: Pause['what'], suspension: Suspension): number {
  const entries = concerned(store, what);
  if ('domain' in what) store.domains.set(what.domain, suspension);
  for (const entry of entries) {
    if ('id' in what) entry.suspension = suspension;
    store.line.remove(entry);
  }
  if (suspension.until !== null) store.pauses.push({ what, until: suspension.until, place: -1 });
  return entries.length;
}

export function resume(store: Store, what: Pause['what']): number {
  const entries = concerned(store, what);
  if ('domain' in what) store.domains.delete(what.domain);
  for (const entry of entries) {
    if ('id' in what) entry.suspension = null;
    stand(store, entry);
  }
  wake(store);
  return entries.length;
}

export function endPauses(store: Store, now: number): void {
  for (
    let pause = store.pauses.peek();
    pause !== undefined && pause.until <= now;
    pause = store.pauses.peek()
  ) {
    store.pauses.pop();
    const { what } = pause;
    const current = 'id' in what ? store.jobs.get(what.id)?.suspension : store.domains.get(what.domain);
    // A later suspension of the same thing may have no end, or another one.
    if (current?.until === pause.until) resume(store, what);
  }
}

export function flush(store: Store, domain: string, now: number): number {
  store.line.putOff(domain, null);
  const count = hurry(store, domain, now);
  wake(store);
  return count;
}

export function clean(store: Store, before: number): number {
  let count = 0;
  for (const entry of store.ended) {
    if (entry.ended === null || entry.ended.at >= before) continue;
    store.ended.delete(entry);
    store.jobs.delete(entry.job.id);
    count += 1;
    const submission = store.submissions.get(entry.job.submissionId);
    submission?.jobs.splice(submission.jobs.indexOf(entry), 1);
    if (submission === undefined || submission.jobs.length > 0) continue;
    store.submissions.delete(entry.job.submissionId);
    if (submission.key !== null) store.keys.delete(submission.key);
  }
  return count;
}
