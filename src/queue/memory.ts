/**
 * The queue in the memory of this process: for tests, demos and hosts that keep their mail elsewhere. It forgets
 * everything when the process ends, and says so (`supports.durable` is false).
 *
 * Every method does its work in one turn of the event loop, so each is one atomic step. On failure it rejects with
 * QueueError and has changed nothing. The work itself is in memory-store.ts and memory-operate.ts.
 */
import { ConfigError } from '../core/errors.js';
import type { QueueDriver } from './driver.js';
import { queueClosed } from './job-record.js';
import { clean, endPauses, flush, resume, select, suspend, viewOf } from './memory-operate.js';
import {
  createStore,
  endLease,
  grant,
  holderOf,
  interrupt,
  nextDue,
  put,
  settle,
  stand,
  type Store,
  takeBackExpired,
  wake,
} from './memory-store.js';

/** Options of the memory queue. */
export interface MemoryQueueOptions {
  /** Unfinished and finished jobs that may be kept at the same time; default 1,000,000. More: QueueError `queue-full`. */
  readonly maxJobs?: number;
}

/**
 * A queue that lives in memory and FORGETS ITS MAIL WHEN THE PROCESS ENDS, whatever `send` has promised before. All
 * else is as in every driver: leases, atomic settlement, suspension, limits per domain.
 * @throws ConfigError `max-jobs-invalid`
 */
export function memoryQueue(options: MemoryQueueOptions = {}): QueueDriver {
  const maxJobs = options.maxJobs ?? 1_000_000;
  if (!Number.isInteger(maxJobs) || maxJobs < 1) {
    throw new ConfigError(
      'max-jobs-invalid',
      `memoryQueue: maxJobs: expected a whole number of at least 1, got ${String(maxJobs)}`,
    );
  }
  const store = createStore(maxJobs);
  const step: Step = async (work) => {
    if (store.closed) throw queueClosed();
    return work();
  };
  return {
    name: 'memory',
    supports: {
      durable: false,
      shared: false,
      atomicSettle: true,
      domainLimit: true,
      priorities: true,
      putsOff: true,
      toldTime: true,
    },
    ...working(store, step),
    ...operating(store, step),
    onWork(listener) {
      store.listeners.add(listener);
      return () => void store.listeners.delete(listener);
    },
    async close() {
      store.closed = true;
      const open = [...store.submissions.values()].filter((kept) => kept.open > 0);
      await Promise.all(open.map(async (kept) => kept.dispose?.().catch(() => undefined)));
      store.jobs.clear();
      store.submissions.clear();
      store.listeners.clear();
    },
  };
}

/** Runs one step; a closed queue refuses, and what throws rejects. */
type Step = <T>(work: () => T) => Promise<T>;

type Working = Pick<QueueDriver, 'put' | 'lease' | 'take' | 'renew' | 'settle' | 'release' | 'nextDue'>;

/** What senders and workers call. */
function working(store: Store, step: Step): Working {
  return {
    put: (submission) => step(() => put(store, submission)),
    lease: (request) =>
      step(() => {
        endPauses(store, request.now);
        takeBackExpired(store, request.now);
        const room = (domain: string): number =>
          (store.line.isPutOff(domain) ? 1 : request.perDomain) - (store.busy.get(domain) ?? 0);
        return store.line
          .take(request.now, request.limit, room)
          .map((entry) => grant(store, entry, request.now + request.leaseMs));
      }),
    take: (id, request) =>
      step(() => {
        const entry = store.jobs.get(id);
        if (entry === undefined || entry.ended !== null) return null;
        if (entry.lease !== null && entry.lease.until > request.now) return null;
        store.line.remove(entry);
        if (entry.lease !== null) interrupt(store, entry);
        return grant(store, entry, request.now + request.leaseMs);
      }),
    renew: (lease, until) =>
      step(() => {
        const entry = holderOf(store, lease);
        if (entry === null) return false;
        store.leases.remove(entry);
        entry.lease = { token: lease.token, until };
        store.leases.push(entry);
        return true;
      }),
    settle: (lease, settlement) => step(() => settle(store, lease, settlement)),
    release: (lease) =>
      step(() => {
        const entry = holderOf(store, lease);
        if (entry === null) return;
        endLease(store, entry);
        stand(store, entry);
        wake(store);
      }),
    nextDue: () => step(() => nextDue(store)),
  };
}

type Operating = Pick<
  QueueDriver,
  'find' | 'count' | 'suspend' | 'resume' | 'flush' | 'acceptFloor' | 'clean'
>;

/** What operators call. */
function operating(store: Store, step: Step): Operating {
  return {
    find: (query) =>
      step(() => select(store, query, query.limit ?? 1000).map((entry) => viewOf(store, entry))),
    count: (query) => step(() => select(store, query, Number.POSITIVE_INFINITY).length),
    suspend: (what, suspension) => step(() => suspend(store, what, suspension)),
    resume: (what) => step(() => resume(store, what)),
    flush: (domain, now) => step(() => flush(store, domain, now)),
    acceptFloor: (id, floor, by) =>
      step(() => {
        const entry = store.jobs.get(id);
        if (entry === undefined || entry.ended !== null) return false;
        entry.job = { ...entry.job, floor };
        entry.floorAcceptedBy = by;
        return true;
      }),
    clean: (before) => step(() => clean(store, before)),
  };
}
