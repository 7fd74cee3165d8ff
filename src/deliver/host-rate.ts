/**
 * At most so many messages to a mail server in a time. Where every host that comes first has had its share, nothing is
 * tried and the job waits for room: hosts further back are for those that do not answer, not for what is too much.
 */
import type { Target } from '../route/route.js';

/** How many messages a host may still get. */
export interface HostRate {
  /** null: one message may go now, and is counted. Otherwise when to ask again, milliseconds since the epoch. */
  take(host: string, now: number): number | null;
  /** The same, but nothing is counted. */
  look(host: string, now: number): number | null;
}

/** When the hosts of the first preference have room; null: one of them has now. */
export function whenRoom(targets: readonly Target[], rate: HostRate, now: number): number | null {
  const first = targets.filter(({ preference }) => preference === targets[0]?.preference);
  const looks = first.map(({ host }) => ({ host, at: rate.look(host, now) }));
  const soonest = looks.reduce<(typeof looks)[number] | null>(
    (best, each) => (best === null || (each.at ?? now) < (best.at ?? now) ? each : best),
    null,
  );
  // Its turn is given to this job and to no other.
  return soonest === null || soonest.at === null ? null : rate.take(soonest.host, now);
}

/** Counts one message for a host, once for all its addresses; false: it is over its rate. */
export function createCount(rate: HostRate | null): (host: string, now: number) => boolean {
  const counted = new Set<string>();
  return (host, now) => {
    if (rate === null || counted.has(host)) return true;
    // Only looked at: a turn there would be one that nobody takes.
    if (rate.look(host, now) !== null) return false;
    rate.take(host, now);
    counted.add(host);
    return true;
  };
}
