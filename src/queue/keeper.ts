/**
 * Keeps leases for as long as the work on them takes: one timer for all that a worker holds, and none where it holds
 * none. A lease is renewed before half its time has passed; a renewal that fails is tried again within an eighth of it.
 * The signal of a lease aborts when the lease has been lost, and when the worker calls off all its work.
 */
import type { Clock } from '../core/clock.js';
import type { Job } from '../deliver/job.js';
import type { Lease, QueueDriver } from './driver.js';

/** What keeping leases needs. */
export interface KeeperOptions {
  readonly driver: Pick<QueueDriver, 'renew'>;
  readonly clock: Clock;
  /** Milliseconds that a lease lasts. */
  readonly leaseMs: number;
  /** Aborts when all work is called off. */
  readonly signal: AbortSignal;
  /** A renewal failed. */
  readonly onError: (error: unknown, job: Job) => void;
}

/** A lease that is kept. */
export interface KeptLease {
  readonly signal: AbortSignal;
  /** The work is over: it is not renewed any more. */
  end(): void;
}

/** Keeps leases. */
export interface LeaseKeeper {
  keep(lease: Lease): KeptLease;
}

interface Kept {
  readonly lease: Lease;
  readonly controller: AbortController;
  /** Eighths of its time that have begun since it was leased or renewed. */
  eighths: number;
  isRenewing: boolean;
}

/** In the fourth of its eighths a lease is renewed. */
const RENEWED_AT = 4;

/** Makes a keeper for one worker. */
export function createLeaseKeeper({ driver, clock, leaseMs, signal, onError }: KeeperOptions): LeaseKeeper {
  const all = new Set<Kept>();
  let cancel: (() => void) | null = null;

  const renew = async (kept: Kept): Promise<void> => {
    kept.isRenewing = true;
    try {
      const isHeld = await driver.renew(kept.lease, clock.now() + leaseMs);
      kept.eighths = 0;
      if (!isHeld && all.has(kept)) kept.controller.abort(new Error('the lease was lost'));
    } catch (error) {
      onError(error, kept.lease.job);
    }
    kept.isRenewing = false;
  };
  const arm = (): void => {
    cancel = clock.after(leaseMs / 8, () => {
      arm();
      for (const kept of all) {
        kept.eighths += 1;
        if (kept.eighths >= RENEWED_AT && !kept.isRenewing) void renew(kept);
      }
    });
  };
  signal.addEventListener('abort', () => {
    for (const { controller } of all) controller.abort(signal.reason);
  });
  return {
    keep(lease) {
      const kept: Kept = { lease, controller: new AbortController(), eighths: 0, isRenewing: false };
      if (signal.aborted) kept.controller.abort(signal.reason);
      all.add(kept);
      if (cancel === null) arm();
      return {
        signal: kept.controller.signal,
        end() {
          all.delete(kept);
          if (all.size > 0) return;
          cancel?.();
          cancel = null;
        },
      };
    },
  };
}
