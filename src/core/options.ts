/**
 * Options that nobody knows are mistakes, and in a security library a mistake must not pass in silence: unknown keys
 * fail at construction and say which known key is near.
 */
import { ConfigError } from './errors.js';

/** Number of single-character edits between two short words. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      next[j] = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + cost);
    }
    row = next;
  }
  return row[b.length] ?? Number.POSITIVE_INFINITY;
}

/** The candidate nearest to `word`, or null when none is near enough to be a slip of the pen. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  if (word.length > 60) return null;
  let best: string | null = null;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/**
 * Refuses keys that are not in `known`.
 * @throws ConfigError `option-unknown`
 */
export function refuseUnknownOptions(options: object, known: readonly string[], where: string): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    throw new ConfigError(
      'option-unknown',
      `${where}: unknown option "${key}"${near === null ? '' : `; did you mean "${near}"?`} Known options: ${known.join(', ')}`,
    );
  }
}
