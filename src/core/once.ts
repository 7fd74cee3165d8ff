/**
 * What is told once: the first TLS with a domain, a certificate that ends soon. Whoever has to remember that across
 * restarts and processes hands in a store; the default forgets with the process.
 */

/** Remembers keys. A key is short text of this library: kind, domain or hash; no recipient is ever in it. */
export interface OnceStore {
  /** True when the key was not known; from now on it is. */
  first(key: string): boolean | Promise<boolean>;
}

/** Keys that are remembered; beyond it the oldest may be told a second time. */
const MOST_KEYS = 10_000;

/** A store that forgets when the process ends. */
export function memoryOnce(): OnceStore {
  const known = new Set<string>();
  return {
    first(key) {
      if (known.has(key)) return false;
      known.add(key);
      if (known.size > MOST_KEYS) known.delete(known.values().next().value as string);
      return true;
    },
  };
}

/** Asks the store; one that fails lets a thing be told twice rather than never. */
export async function isFirst(store: OnceStore, key: string): Promise<boolean> {
  try {
    return await store.first(key);
  } catch {
    return true;
  }
}
