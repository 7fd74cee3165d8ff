/**
 * Replies of a server, from octets to values. Pure: octets in, replies out, bounds enforced on the way.
 */

/** One reply, all of its lines. */
export interface Reply {
  readonly code: number;
  /** RFC 2034 code of the text, only when its class fits the reply code (SC-13); null otherwise. */
  readonly enhanced: string | null;
  /** Text of each line, without code and separator; as received. */
  readonly lines: readonly string[];
}
