/**
 * How a mock server lets messages pile up before it goes wrong: it is honest about the first ones, so that a client sends
 * more and more ahead of the replies; then it answers nothing until so many have come whole, and from then on all is in
 * earnest, whatever the connection. A client that waits for replies meanwhile waits in vain.
 */

/** What a server rehearses. */
export interface RehearsalOptions {
  /** Messages that are taken as by an honest server. */
  readonly messages: number;
  /** Messages that must then have come whole before the first of them is answered. */
  readonly together: number;
}

/** The rehearsal of one server, over all of its connections. */
export interface Rehearsal {
  readonly over: boolean;
  /** A message has been answered. */
  answered(): void;
  /** True when nothing is to be answered yet, `whole` messages having come. */
  waits(whole: number): boolean;
}

/** Starts a rehearsal. */
export function createRehearsal({ messages, together }: RehearsalOptions): Rehearsal {
  let done = 0;
  let over = false;
  return {
    get over() {
      return over;
    },
    answered() {
      done += 1;
    },
    waits(whole) {
      if (done >= messages && whole >= together) over = true;
      return done >= messages && !over;
    },
  };
}

const ANNOUNCED = /^BDAT (\d{1,9})( LAST)?$/i;

/** Messages by BDAT that stand whole in what a client has sent and nobody has read. */
export function countWhole(held: Buffer): number {
  let whole = 0;
  for (let at = 0; at < held.length;) {
    const end = held.indexOf('\r\n', at);
    if (end < 0) break;
    const [, octets, last] = ANNOUNCED.exec(held.subarray(at, end).toString('latin1')) ?? [];
    at = end + 2 + Number(octets ?? 0);
    if (last !== undefined && at <= held.length) whole += 1;
  }
  return whole;
}
