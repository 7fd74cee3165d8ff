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
import { Heap, type InHeap } from './heap.js';

/** What can stand in the line. */
export interface Waiting extends InHeap {
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
  /** Puts it into the line; nothing happens where it stands in it already. */
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

/** Where a domain stands in one of the heaps over the domains. */
interface Place<T extends Waiting> extends InHeap {
  readonly line: DomainLine<T>;
}

class DomainLine<T extends Waiting> {
  readonly domain: string;
  readonly waiting: Heap<T>;
  readonly due: Heap<T>;
  readonly wake: Place<T> = { line: this, place: -1 };
  readonly head: Place<T> = { line: this, place: -1 };

  constructor(domain: string, soonerReady: (a: T, b: T) => boolean) {
    this.domain = domain;
    this.waiting = new Heap(soonerReady);
    this.due = new Heap<T>(first);
  }

  get isEmpty(): boolean {
    return this.waiting.size === 0 && this.due.size === 0;
  }
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
  const wakes = new Heap<Place<T>>((a, b) =>
    soonerReady(a.line.waiting.peek() as T, b.line.waiting.peek() as T),
  );
  const heads = new Heap<Place<T>>((a, b) => first(a.line.due.peek() as T, b.line.due.peek() as T));

  /** Changes what waits in a domain's line, and its place among the domains with it. */
  const changeWaiting = (line: DomainLine<T>, work: () => void): void => {
    wakes.remove(line.wake);
    work();
    if (line.waiting.size > 0) wakes.push(line.wake);
  };
  /** The same for what is due there. */
  const changeDue = (line: DomainLine<T>, work: () => void): void => {
    heads.remove(line.head);
    work();
    if (line.due.size > 0) heads.push(line.head);
  };
  const lineOf = (domain: string): DomainLine<T> => {
    const known = lines.get(domain);
    if (known !== undefined) return known;
    const line = new DomainLine(domain, soonerReady);
    lines.set(domain, line);
    return line;
  };
  const tidy = (line: DomainLine<T>): void => {
    if (line.isEmpty) lines.delete(line.domain);
  };
  const wake = (now: number): void => {
    for (let next = wakes.peek(); next !== undefined; next = wakes.peek()) {
      const { line } = next;
      const { waiting, due } = line;
      if (readyOf(waiting.peek() as T) > now) return;
      changeWaiting(line, () =>
        changeDue(line, () => {
          for (let item = waiting.peek(); item !== undefined && readyOf(item) <= now; item = waiting.peek()) {
            waiting.remove(item);
            due.push(item);
          }
        }),
      );
    }
  };

  const add = (item: T): void => {
    const line = lineOf(item.domain);
    // An item knows one place only, and would be taken twice.
    if (line.due.has(item)) return;
    changeWaiting(line, () => line.waiting.push(item));
  };
  const remove = (item: T): void => {
    const line = lines.get(item.domain);
    if (line === undefined) return;
    if (line.waiting.has(item)) changeWaiting(line, () => line.waiting.remove(item));
    if (line.due.has(item)) changeDue(line, () => line.due.remove(item));
    tidy(line);
  };
  const of = (domain: string): readonly T[] => {
    const line = lines.get(domain);
    return line === undefined ? [] : [...line.waiting.items, ...line.due.items];
  };

  return {
    add,
    remove,
    of,
    take(now, limit, room) {
      wake(now);
      const taken: T[] = [];
      const full: Place<T>[] = [];
      const shares = new Map<string, number>();
      while (taken.length < limit) {
        const head = heads.peek();
        if (head === undefined) break;
        const { line } = head;
        const rest = shares.get(line.domain) ?? room(line.domain);
        if (rest <= 0) {
          // Set aside for this call: at most as many domains as have jobs under lease.
          heads.remove(head);
          full.push(head);
          continue;
        }
        shares.set(line.domain, rest - 1);
        changeDue(line, () => taken.push(line.due.pop() as T));
        tidy(line);
      }
      for (const head of full) heads.push(head);
      return taken;
    },
    nextDue() {
      const due = heads.peek()?.line.due.peek()?.dueAt ?? Number.POSITIVE_INFINITY;
      const first = wakes.peek()?.line.waiting.peek();
      const waiting = first === undefined ? Number.POSITIVE_INFINITY : readyOf(first);
      const next = Math.min(due, waiting);
      return Number.isFinite(next) ? next : null;
    },
    putOff(domain, until) {
      const items = of(domain);
      // Taken out under the old times and put back under the new ones: each heap stays in order.
      for (const item of items) remove(item);
      if (until === null) putOffs.delete(domain);
      else putOffs.set(domain, until);
      for (const item of items) add(item);
    },
    isPutOff: (domain) => putOffs.has(domain),
  };
}
