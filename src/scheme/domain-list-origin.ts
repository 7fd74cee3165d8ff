/**
 * Where the octets of a list come from: a web address, a file, or whatever a host hands in.
 */
import type { Context } from '../core/context.js';

/** What came of a look. */
export type Fetched =
  | {
      readonly kind: 'content';
      readonly octets: Uint8Array;
      readonly etag: string | null;
      /** The time for which this list is known to be the publisher's, in milliseconds. */
      readonly asOf: number;
    }
  | { readonly kind: 'unchanged'; readonly asOf: number }
  | { readonly kind: 'failed'; readonly cause: string };

/** A place at which a list is published. */
export interface ListOrigin {
  /** For people. */
  readonly place: string;
  /** Never rejects for what the place does; `etag` is that of the list in force. */
  fetch(etag: string | null, ctx: Context): Promise<Fetched>;
}

/** Octets of the longest list that is read. */
export const LONGEST_LIST = 20_000_000;
