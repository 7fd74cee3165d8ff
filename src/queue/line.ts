/**
 * The line of waiting jobs in memory: one line per domain, and over the domains two heaps, so that what a lease costs
 * grows with the logarithm of the queue and a domain with 50,000 jobs stands in nobody's way.
 *
 *   waiting   jobs of a domain that may not go yet, by when they may
 *   due       jobs of a domain that are due, by priority, then by due time
 *   wakes     domains by the first job that waits       (when to look again)
 *   heads     domains by the first job that is due      (whom to serve)
 *
 * Pure: whoever calls says what time it is.
 */
import { createHeap, type Heap } from './heap.js';

/** What can stand in the line. */
export interface Waiting {
  readonly domain: string;
  readonly dueAt: number;
  /** Goes by then even where its domain is put off. */
  readonly latestAt: number;
  readonly priority: number;
  /** Order of arrival; decides between equals. */
  readonly order: number;
}

/** The line. */
export interface Line<T extends Waiting> {
  add(item: T): void;
  remove(item: T): void;
  /** Takes up to `limit` due items; `room(domain)` says how many more of a domain may be taken. */
  take(now: number, limit: number, room: (domain: string) => number): T[];
  /** A time at which there is something to take, or null when the line is empty. */
  nextDue(): number | null;
  /** Puts a domain off until a time, or ends that with null. */
  putOff(domain: string, until: number | null): void;
  /** True from `putOff` until it is ended. */
  isPutOff(domain: string): boolean;
  /** Items of a domain, due or not. */
  of(domain: string): readonly T[];
}

interface DomainLine<T> {
  readonly domain: string;
  readonly items: Set<T>;
  readonly waiting: Heap<T>;
  readonly due: Heap<T>;
}

const sooner = (a: Waiting, b: Waiting): boolean =>
  a.dueAt === b.dueAt ? a.order < b.order : a.dueAt < b.dueAt;
const first = (a: Waiting, b: Waiting): boolean =>
  a.priority === b.priority ? sooner(a, b) : a.priority > b.priority;
/** When an item of a domain that is put off until `until` may go. */
const readyAt = ({ dueAt, latestAt }: Waiting, until: number): number =>
  Math.max(dueAt, Math.min(until, latestAt));

/** Makes an empty line. */
export function createLine<T extends Waiting>(): Line<T> {
  const lines = new Map<string, DomainLine<T>>();
  const putOffs = new Map<string, number>();
  const readyOf = (item: T): number => readyAt(item, putOffs.get(item.domain) ?? item.dueAt);
  const soonerReady = (a: T, b: T): boolean =>
    readyOf(a) === readyOf(b) ? a.order < b.order : readyOf(a) < readyOf(b);
  const wakes = createHeap<DomainLine<T>>((a, b) =>
    soonerReady(a.waiting.peek() as T, b.waiting.peek() as T),
  );
  const heads = createHeap<DomainLine<T>>((a, b) => first(a.due.peek() as T, b.due.peek() as T));

  /** Changes a domain's line, and its place in both heaps with it. */
  const change = (line: DomainLine<T>, work: () => void): void => {
    wakes.remove(line);
    heads.remove(line);
    work();
    if (line.waiting.size > 0) wakes.push(line);
    if (line.due.size > 0) heads.push(line);
    if (line.items.size === 0) lines.delete(line.domain);
  };
  const lineOf = (domain: string): DomainLine<T> => {
    const known = lines.get(domain);
    if (known !== undefined) return known;
    const line = {
      domain,
      items: new Set<T>(),
      waiting: createHeap<T>(soonerReady),
      due: createHeap<T>(first),
    };
    lines.set(domain, line);
    return line;
  };
  const wake = (now: number): void => {
    for (let line = wakes.peek(); line !== undefined; line = wakes.peek()) {
      const { waiting, due } = line;
      if (readyOf(waiting.peek() as T) > now) return;
      change(line, () => {
        for (let item = waiting.peek(); item !== undefined && readyOf(item) <= now; item = waiting.peek()) {
          waiting.remove(item);
          due.push(item);
        }
      });
    }
  };

  const add = (item: T): void => {
    const line = lineOf(item.domain);
    change(line, () => {
      line.items.add(item);
      line.waiting.push(item);
    });
  };
  const remove = (item: T): void => {
    const line = lines.get(item.domain);
    if (line === undefined) return;
    change(line, () => {
      line.items.delete(item);
      line.waiting.remove(item);
      line.due.remove(item);
    });
  };

  return {
    add,
    remove,
    take(now, limit, room) {
      wake(now);
      const taken: T[] = [];
      const full: DomainLine<T>[] = [];
      const shares = new Map<string, number>();
      while (taken.length < limit) {
        const line = heads.peek();
        if (line === undefined) break;
        const rest = shares.get(line.domain) ?? room(line.domain);
        if (rest <= 0) {
          // Set aside for this call: at most as many domains as have jobs under lease.
          heads.remove(line);
          full.push(line);
          continue;
        }
        shares.set(line.domain, rest - 1);
        change(line, () => {
          const item = line.due.pop() as T;
          line.items.delete(item);
          taken.push(item);
        });
      }
      for (const line of full) heads.push(line);
      return taken;
    },
    nextDue() {
      const due = heads.peek()?.due.peek()?.dueAt ?? Number.POSITIVE_INFINITY;
      const first = wakes.peek()?.waiting.peek();
      const waiting = first === undefined ? Number.POSITIVE_INFINITY : readyOf(first);
      const next = Math.min(due, waiting);
      return Number.isFinite(next) ? next : null;
    },
    putOff(domain, until) {
      const line = lines.get(domain);
      const items = [...(line?.items ?? [])];
      // Taken out under the old times and put back under the new ones: each heap stays in order.
      for (const item of items) remove(item);
      if (until === null) putOffs.delete(domain);
      else putOffs.set(domain, until);
      for (const item of items) add(item);
    },
    isPutOff: (domain) => putOffs.has(domain),
    of: (domain) => [...(lines.get(domain)?.items ?? [])],
  };
}
