/**
 * Old lists of roots and wrong clocks (AT-53): a list that nobody renews trusts authorities that others have dropped, and
 * a clock that stands before its own list judges every date wrong. Both are said, none is refused.
 */
import type { TrustStore } from './trust-store.js';

const DAY = 86_400_000;

/** Age in days beyond which a list is called old. */
const OLD_LIST_DAYS = 180;

/** What is to be said of a list now, for people; empty when nothing is. A list without a date is never called old. */
export function warnOfList(store: TrustStore, now: number): string[] {
  const made = madeAt(store);
  if (now < made) {
    const [clock, list] = [now, made].map((time) => new Date(time).toISOString().slice(0, 10));
    return [
      `the clock says ${clock}, the list of roots ${store.name} is from ${list} or later: check the clock`,
    ];
  }
  const days = store.date === null ? 0 : Math.floor((now - store.date) / DAY);
  return days <= OLD_LIST_DAYS
    ? []
    : [`the list of roots ${store.name} is ${days} days old: renew it (more than ${OLD_LIST_DAYS} days)`];
}

const makings = new WeakMap<TrustStore, number>();

/** When a list was made, as far as can be told: it is at least as young as its youngest root, also where nobody says. */
function madeAt(store: TrustStore): number {
  const known = makings.get(store);
  if (known !== undefined) return known;
  const youngest = store.anchors.reduce((last, { certificate }) => Math.max(last, certificate.notBefore), 0);
  const made = Math.max(store.date ?? 0, youngest);
  makings.set(store, made);
  return made;
}
