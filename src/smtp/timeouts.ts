/**
 * How long each step may take: a timer for each command (RFC 5321 §4.5.3.2, SC-37), and a cap for the connection
 * as a whole that only a server that drips ever meets (AT-13).
 */

/** Milliseconds. The minima of the standard are the defaults. */
export interface Timeouts {
  readonly connect: number;
  readonly greeting: number;
  readonly handshake: number;
  /** EHLO, STARTTLS, AUTH, RSET. */
  readonly command: number;
  readonly mail: number;
  readonly rcpt: number;
  /** DATA to its 354. */
  readonly data: number;
  /** Each block of the message. */
  readonly block: number;
  /** The final dot to its reply; a short one causes doubles. */
  readonly final: number;
  /** QUIT, whose answer changes nothing, and RSET on a connection that was kept, as long as no content has left behind it. */
  readonly quit: number;
  /** The whole life of a connection, against servers that drip (AT-13). */
  readonly session: number;
}

/** Defaults. */
export const TIMEOUTS: Timeouts = {
  connect: 30_000,
  greeting: 300_000,
  handshake: 60_000,
  command: 300_000,
  mail: 300_000,
  rcpt: 300_000,
  data: 120_000,
  block: 180_000,
  final: 600_000,
  quit: 5000,
  session: 1_800_000,
};
