/**
 * What one list says that another did not.
 */
import { DETAILS } from './domain-list-format.js';
import type { ListEntry } from './domain-list-rows.js';

/** Domains that came, went, or about which a list says something else than before. */
export interface ListDiff {
  readonly added: readonly ListEntry[];
  readonly removed: readonly ListEntry[];
  readonly changed: readonly { readonly before: ListEntry; readonly after: ListEntry }[];
}

/** Compares two lists by domain; the line at which an entry stands does not matter. */
export function diffLists(before: readonly ListEntry[], after: readonly ListEntry[]): ListDiff {
  const old = new Map(before.map((entry) => [entry.domain, entry]));
  const current = new Set(after.map((entry) => entry.domain));
  return {
    added: after.filter((entry) => !old.has(entry.domain)),
    removed: before.filter((entry) => !current.has(entry.domain)),
    changed: after.flatMap((entry) => {
      const earlier = old.get(entry.domain);
      return earlier === undefined || saysTheSame(earlier, entry) ? [] : [{ before: earlier, after: entry }];
    }),
  };
}

function saysTheSame(a: ListEntry, b: ListEntry): boolean {
  return DETAILS.every((key) => a[key] === b[key]);
}
