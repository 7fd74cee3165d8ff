/**
 * The envelope of a message: who gets it and who hears about it. Addresses have passed `parseAddress`; strings here are
 * safe to write into a command.
 */
import type { Address } from './address.js';

/** RFC 3461 NOTIFY: never, or any of the three occasions. */
export type Notify = 'never' | readonly ('success' | 'failure' | 'delay')[];

/** One recipient and what its sender wants to hear of it. */
export interface Recipient {
  readonly address: Address;
  /** null: not asked for. */
  readonly notify: Notify | null;
  /** ORCPT, decoded: `rfc822;anna@example.org`; null: not given. */
  readonly originalRecipient: string | null;
}

/** Reverse-path, recipients and DSN parameters. */
export interface Envelope {
  /** null is the null reverse-path `<>`. */
  readonly from: Address | null;
  readonly recipients: readonly Recipient[];
  /** RFC 3461 RET; null: not given. */
  readonly ret: 'full' | 'headers' | null;
  /** RFC 3461 ENVID, decoded; null: not given. */
  readonly envelopeId: string | null;
}
