/**
 * A binary heap whose items know where they lie, so that any of them can be taken out again in O(log n): suspended jobs
 * leave the middle of the line without anybody walking along it.
 */

/** What can lie in a heap, in one at a time. */
export interface InHeap {
  /** Where it lies in the heap in which it is; written by the heap alone. */
  place: number;
}

/** A heap ordered by `before(a, b)`: `a` comes first. */
export class Heap<T extends InHeap> {
  readonly #items: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  /** All that is in it; only the first stands where its order puts it. */
  get items(): readonly T[] {
    return this.#items;
  }

  has(item: T): boolean {
    return this.#items[item.place] === item;
  }

  push(item: T): void {
    if (!this.has(item)) this.#rise(item, this.#items.length);
  }

  /** The first item, left where it is. */
  peek(): T | undefined {
    return this.#items[0];
  }

  pop(): T | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Takes an item out; also right when its key has changed since it was pushed. */
  remove(item: T): void {
    if (!this.has(item)) return;
    const { place } = item;
    const last = this.#items.pop() as T;
    if (last === item) return;
    if (this.#rise(last, place) === place) this.#sink(last, place);
  }

  #put(item: T, place: number): void {
    this.#items[place] = item;
    item.place = place;
  }

  #rise(item: T, from: number): number {
    let place = from;
    while (place > 0) {
      const up = (place - 1) >> 1;
      const parent = this.#items[up] as T;
      if (!this.#before(item, parent)) break;
      this.#put(parent, place);
      place = up;
    }
    this.#put(item, place);
    return place;
  }

  #sink(item: T, from: number): void {
    const items = this.#items;
    let place = from;
    for (;;) {
      let down = 2 * place + 1;
      if (down >= items.length) break;
      if (down + 1 < items.length && this.#before(items[down + 1] as T, items[down] as T)) down += 1;
      const child = items[down] as T;
      if (!this.#before(child, item)) break;
      this.#put(child, place);
      place = down;
    }
    this.#put(item, place);
  }
}
