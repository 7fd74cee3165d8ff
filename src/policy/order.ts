/**
 * Values that stand in a rising order of strictness.
 */

/** The later of two values. */
export function higher<T>(order: readonly T[], a: T, b: T): T {
  return order.indexOf(b) > order.indexOf(a) ? b : a;
}

/** True when `a` stands at or behind `b`. */
export function reaches<T>(order: readonly T[], a: T, b: T): boolean {
  return order.indexOf(a) >= order.indexOf(b);
}
