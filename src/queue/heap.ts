/**
 * A binary heap that knows where each item lies, so that any item can be taken out again in O(log n): suspended jobs
 * leave the middle of the line without anybody walking along it.
 */

/** A heap ordered by `before`. An item is in it at most once. */
export interface Heap<T> {
  readonly size: number;
  push(item: T): void;
  /** The first item, left where it is. */
  peek(): T | undefined;
  pop(): T | undefined;
  has(item: T): boolean;
  /** Takes an item out; also right when its key has changed since it was pushed. */
  remove(item: T): void;
}

/** Makes an empty heap; `before(a, b)` says that `a` comes first. */
export function createHeap<T>(before: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = [];
  const places = new Map<T, number>();

  const put = (item: T, place: number): void => {
    items[place] = item;
    places.set(item, place);
  };
  const rise = (item: T, from: number): number => {
    let place = from;
    while (place > 0) {
      const up = (place - 1) >> 1;
      const parent = items[up] as T;
      if (!before(item, parent)) break;
      put(parent, place);
      place = up;
    }
    put(item, place);
    return place;
  };
  const sink = (item: T, from: number): void => {
    let place = from;
    for (;;) {
      let down = 2 * place + 1;
      if (down >= items.length) break;
      if (down + 1 < items.length && before(items[down + 1] as T, items[down] as T)) down += 1;
      const child = items[down] as T;
      if (!before(child, item)) break;
      put(child, place);
      place = down;
    }
    put(item, place);
  };
  const remove = (item: T): void => {
    const place = places.get(item);
    if (place === undefined) return;
    places.delete(item);
    const last = items.pop() as T;
    if (last === item) return;
    if (rise(last, place) === place) sink(last, place);
  };

  return {
    get size() {
      return items.length;
    },
    push(item) {
      if (!places.has(item)) rise(item, items.length);
    },
    peek: () => items[0],
    pop() {
      const first = items[0];
      if (items.length > 0) remove(first as T);
      return first;
    },
    has: (item) => places.has(item),
    remove,
  };
}
