/**
 * How old a list may get. Participants check the published list each quarter (BITS-P3, BITS-5.3.1): after 75 days there is
 * still time to do so, after 92 the quarter is over.
 */

const DAY = 86_400_000;
const WARNING_DAYS = 75;
/** No quarter is longer. */
export const QUARTER_DAYS = 92;

/** How a list stands by its age. */
export type ListStaleness = 'fresh' | 'warning' | 'error';

/** Age in whole days, and what it means. */
export function ageOfList(
  asOf: number,
  now: number,
): { readonly days: number; readonly staleness: ListStaleness } {
  const days = Math.max(0, Math.floor((now - asOf) / DAY));
  if (days >= QUARTER_DAYS) return { days, staleness: 'error' };
  return { days, staleness: days >= WARNING_DAYS ? 'warning' : 'fresh' };
}
