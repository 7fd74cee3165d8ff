/**
 * A moment as people read it.
 */

/** Milliseconds since the epoch as `2026-11-27 09:12 UTC`; `the end of time` for what has no end. */
export function formatMoment(time: number): string {
  return Number.isFinite(time)
    ? `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`
    : 'the end of time';
}
