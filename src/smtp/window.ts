/**
 * How many messages may be under way on one connection before their receipts have come (SC-54). It begins in lock-step,
 * opens with success, and one reply that is not as expected puts it back to lock-step. It counts; who may write decides
 * by it. Standards: RFC 2920 §3.1, RFC 3030 §2 and §4.2, of which writing ahead of the replies to the envelope is none.
 */
import { ConfigError } from '../core/errors.js';

/** Messages under way on one connection at most, where the host says nothing. */
export const WINDOW = 16;

/** Octets under way at most. */
export const WINDOW_OCTETS = 1024 * 1024;

/** What is larger waits for the replies to its envelope and goes out in chunks: it is never whole in memory. */
export const AHEAD_OCTETS = WINDOW_OCTETS / 4;

/** What a host may ask for at most. */
const MOST = 128;

/** The window of one connection. */
export interface Window {
  /** Messages that may be under way now; 1: lock-step. */
  readonly size: number;
  /** Grows with each closure. A message that was written before one has no say after it. */
  readonly closures: number;
  /** A message was taken and every reply to it was as expected. */
  grow(closures: number): void;
  /** A reply was not as expected. */
  close(): void;
}

/** The window of a new connection. */
export function createWindow(): Window {
  let taken = 0;
  const window = {
    size: 1,
    closures: 0,
    grow(before: number): void {
      if (before !== window.closures) return;
      taken += 1;
      if (taken < window.size) return;
      // A whole window went well: the next may be twice as large. Each domain has its own limit to it.
      window.size = Math.min(window.size * 2, MOST);
      taken = 0;
    },
    close(): void {
      window.closures += 1;
      window.size = 1;
      taken = 0;
    },
  };
  return window;
}

/** @throws ConfigError `window-invalid` */
export function parseWindow(value: number, where: string): number {
  if (Number.isInteger(value) && value >= 1 && value <= MOST) return value;
  throw new ConfigError(
    'window-invalid',
    `${where}: expected a whole number of messages from 1 (each waits for the receipt of the one before) to ${MOST}, got ${JSON.stringify(value)}`,
  );
}
