/**
 * Mail addresses. `parseAddress` is the only door: what passed it holds no CR, LF, NUL or bracket and can be written
 * into a command (SC-21, AT-21).
 */

/** A parsed mailbox. */
export interface Address {
  /** As given by the host, for people and for Final-Recipient (case kept). */
  readonly text: string;
  /** Local part, unquoted. */
  readonly local: string;
  /** Canonical domain (A-labels, lower case); for a literal the text within the brackets. */
  readonly domain: string;
  readonly literal: boolean;
  /** What stands between `<` and `>` in MAIL and RCPT, minimally quoted, domain in A-labels. */
  readonly path: string;
  /** True when the local part has octets above 127 (SC-49); a U-label domain alone does not need SMTPUTF8 (SC-50). */
  readonly needsUtf8: boolean;
}
