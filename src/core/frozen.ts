/**
 * Values that nobody can change any more.
 */

/** What was frozen here to its depth: `Object.isFrozen` knows of the surface only. */
const frozen = new WeakSet<object>();

/**
 * Freezes a value with the plain objects and lists in it, and gives it back. What stands under a key of `leave`, octets and
 * instances of classes stay as they are.
 */
export function freezeDeep<T>(value: T, leave: readonly string[] = []): T {
  if (typeof value !== 'object' || value === null || frozen.has(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return value;
  frozen.add(Object.freeze(value));
  for (const [key, inner] of Object.entries(value)) {
    if (!leave.includes(key)) freezeDeep(inner, leave);
  }
  return value;
}
