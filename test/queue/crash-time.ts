/**
 * The time in which a process of the crash tests lives.
 *
 * Where the queue is told the time, it stands still, an hour later in each generation, so what the one before had leased
 * has run out. A queue with a clock of its own gets the real time, with leases that run out while the next one works.
 */
import type { Clock } from '../../src/core/clock.js';
import type { QueueDriver } from '../../src/queue/driver.js';

/** How time passes for one process. */
export interface CrashTime {
  readonly clock: Clock;
  /** Milliseconds that a lease lasts. */
  readonly leaseMs: number;
  /** Milliseconds until a deferred recipient is tried again. */
  readonly retryMs: number;
  /** What falls due later than now never does in this process. */
  readonly standsStill: boolean;
}

const HOUR = 3_600_000;

/** The time of a generation. */
export function timeOf({ supports }: QueueDriver, generation: number): CrashTime {
  if (!supports.toldTime) {
    const leaseMs = 400;
    return {
      clock: { now: () => Date.now(), after: shortly(leaseMs / 2) },
      leaseMs,
      retryMs: 200,
      standsStill: false,
    };
  }
  const now = Date.UTC(2026, 0, 15) + generation * HOUR;
  // Only the worker's look at the queue; nothing falls due while this process lives.
  return {
    clock: { now: () => now, after: shortly(20) },
    leaseMs: HOUR / 6,
    retryMs: HOUR / 2,
    standsStill: true,
  };
}

/** Timers that wait at most so long. */
function shortly(mostMs: number): Clock['after'] {
  return (ms, fn) => {
    const timer = setTimeout(fn, Math.min(ms, mostMs));
    return () => clearTimeout(timer);
  };
}
