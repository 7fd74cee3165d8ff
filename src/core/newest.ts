/**
 * Memories of bounded size. A Map keeps the order of insertion: the entry that was set longest ago stands first.
 */

/** Sets `key` as the newest entry of `map`, and forgets the oldest ones beyond `most`. */
export function keepNewest<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    if (map.size <= most) return;
  }
}
