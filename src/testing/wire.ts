/**
 * The sending side of a mock server's connection: octets in order, at once or octet by octet, and the ways to end it.
 * Timers run on the server's clock and stop when the connection is over.
 */
import type net from 'node:net';
import type { Clock } from '../core/clock.js';

/** Writes to the client. */
export interface Wire {
  readonly write: (octets: Uint8Array) => void;
  readonly drip: (ms: number) => void;
  /** Runs after all that was written before has left the queue. */
  readonly afterwards: (fn: () => void) => void;
  readonly later: (ms: number, fn: () => void) => void;
  /** Another socket, after a handshake. */
  readonly use: (socket: net.Socket) => void;
  /** Cancels every timer; nothing is written afterwards. */
  readonly stop: () => void;
}

/** Makes the wire of one connection. */
export function createWire(first: net.Socket, clock: Clock, wrote: (count: number) => void): Wire {
  let socket = first;
  let dripMs = 0;
  let over = false;
  const queue: (Uint8Array | (() => void))[] = [];
  let dripping = false;
  const cancels = new Set<() => void>();

  const later = (ms: number, fn: () => void): void => {
    if (over) return;
    const cancel = clock.after(ms, () => {
      cancels.delete(cancel);
      if (!over) fn();
    });
    cancels.add(cancel);
  };
  const send = (octets: Uint8Array): void => {
    if (over || socket.destroyed || !socket.writable) return;
    wrote(octets.length);
    socket.write(octets);
  };
  const next = (): void => {
    const item = queue[0];
    if (item === undefined) {
      dripping = false;
      return;
    }
    dripping = true;
    if (typeof item === 'function') {
      queue.shift();
      item();
      next();
      return;
    }
    send(item.subarray(0, 1));
    if (item.length > 1) queue[0] = item.subarray(1);
    else queue.shift();
    // What was to follow the last octet follows it at once: the client reacts at once too.
    while (typeof queue[0] === 'function') (queue.shift() as () => void)();
    later(dripMs, next);
  };
  return {
    write(octets) {
      if (dripMs === 0) {
        send(octets);
        return;
      }
      queue.push(octets);
      if (!dripping) next();
    },
    drip(ms) {
      dripMs = ms;
    },
    afterwards(fn) {
      if (queue.length === 0) fn();
      else queue.push(fn);
    },
    later,
    use(other) {
      socket = other;
    },
    stop() {
      over = true;
      queue.length = 0;
      for (const cancel of cancels) cancel();
      cancels.clear();
    },
  };
}
