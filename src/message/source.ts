/**
 * A message as the pipeline handles it: facts taken once, in one pass, when it is put; content that can be opened again
 * for every attempt and never has to be whole in memory.
 */
import type { Context } from '../core/context.js';

/** What a host may hand over: the octets, a path, or a function that opens a stream anew at each call. */
export type MessageInput =
  | Uint8Array
  | string
  | { readonly path: string }
  | (() => AsyncIterable<Uint8Array>);

/** Facts about the content in its canonical form (every line ends in CRLF, the last one too). */
export interface MessageFacts {
  /** Octets in canonical form, without stuffed dots and terminator (what SIZE= declares, SC-46). */
  readonly size: number;
  /** SHA-256 of the canonical form, lower-case hex. */
  readonly sha256: string;
  /** Octets of the longest line, without CRLF. */
  readonly longestLine: number;
  /** Octets above 127 in the header (needs SMTPUTF8) or in the body (needs 8BITMIME). */
  readonly eightBitHeader: boolean;
  readonly eightBitBody: boolean;
  /** False when some line starts with a dot, so that a sender must look for them. */
  readonly dotFree: boolean;
  /** False when the stored octets have lone LFs that must become CRLF on the way out. */
  readonly canonical: boolean;
  readonly messageId: string;
  readonly receivedCount: number;
}

/** A message that passed every check; `open` yields the canonical form, each call from the start. */
export interface Message extends MessageFacts {
  /** The header section, canonical, up to and including the empty line; bounded. */
  readonly header: Uint8Array;
  /**
   * Canonical octets. The iterator throws ConfigError `message-changed` when what it read differs from the facts, before
   * its last chunk is handed out, so that a changed message is never completed.
   */
  open(ctx: Context): AsyncIterable<Uint8Array>;
}
