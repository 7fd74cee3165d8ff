/**
 * What became of a transaction, read from what the server has said and from what may have left. Pure.
 */
import { isConfigError, isConnectionError, isProtocolError, type Phase } from '../core/errors.js';
import { isReason, type Reason } from '../core/reasons.js';
import type { Recipient } from '../message/envelope.js';
import type { Reply } from './reply.js';
import { isGoodbye, isPositive, type Said } from './say-envelope.js';

/** What became of one recipient in this transaction. */
export interface RecipientReply {
  readonly recipient: Recipient;
  /**
   * `accepted`: the server has the message; `refused`: `reply` says so; `not-offered`: the server lacks what the message
   * needs; `lost`: the session broke before the message was complete; `unknown`: it broke before the receipt.
   */
  readonly result: 'accepted' | 'refused' | 'not-offered' | 'lost' | 'unknown';
  readonly phase: Phase;
  /** The reply that decided, its first lines. */
  readonly reply: Reply | null;
  /** Set where no reply decided. */
  readonly reason: Reason | null;
}

/** How a transaction ended without a word of the server about all of it. */
export interface Broken {
  readonly reason: Reason;
  /** All octets of the message may have left. */
  readonly mayHaveLeft: boolean;
}

/** A recipient about whom no reply decided. */
export function without(
  recipient: Recipient,
  result: 'not-offered' | 'lost' | 'unknown',
  phase: Phase,
  reason: Reason,
): RecipientReply {
  return { recipient, result, phase, reply: null, reason };
}

/** What the replies so far come to for one recipient: the first that refuses, the last that accepts, or none. */
export function judgeRecipient(
  recipient: Recipient,
  rcpt: Reply | undefined,
  said: Said,
  broken: Broken,
): RecipientReply {
  const refused = (phase: Phase, reply: Reply): RecipientReply => ({
    recipient,
    result: 'refused',
    phase,
    reply,
    reason: null,
  });
  const { mail, data, final, phase } = said;
  if (said.mismatched) return without(recipient, 'unknown', 'final', 'reply-mismatch');
  if (mail !== null && !isPositive(mail)) return refused('mail', mail);
  if (rcpt !== undefined && !isPositive(rcpt)) return refused('rcpt', rcpt);
  // SC-14: 421 to one recipient ends the session for all.
  const goodbye = said.rcpt.find(isGoodbye);
  if (goodbye !== undefined) return refused('rcpt', goodbye);
  if (data !== null && data.code !== 354) return refused('data', data);
  if (final !== null && !isPositive(final)) return refused('final', final);
  if (final !== null) return { recipient, result: 'accepted', phase: 'final', reply: final, reason: null };
  if (broken.mayHaveLeft) return without(recipient, 'unknown', 'final', 'delivery-unknown');
  return without(recipient, 'lost', phase === 'final' ? 'data' : phase, broken.reason);
}

/** The reason of an error that ended a transaction; throws what nobody foresaw. */
export function reasonOf(error: unknown): Reason {
  if (isConnectionError(error) || isProtocolError(error)) return error.code;
  // The content was refused while it was read: `message-changed`, `lone-cr`, ...
  if (isConfigError(error) && isReason(error.code)) return error.code;
  throw error;
}

/**
 * SC-24: "too many recipients" (452, or 552 with the code that says so) while others were taken. The enhanced code tells a
 * full mailbox or disk apart where the server gives one.
 */
export function surplusOf(replies: readonly RecipientReply[]): readonly Recipient[] {
  if (!replies.some(({ result }) => result === 'accepted')) return [];
  return replies.flatMap(({ recipient, phase, reply }) =>
    phase === 'rcpt' && reply !== null && isTooMany(reply) ? [recipient] : [],
  );
}

/** True for a reply to RCPT after which the recipient belongs into a further transaction. */
export function isTooMany({ code, enhanced }: Reply): boolean {
  return (
    (code === 452 && (enhanced === null || enhanced === '4.5.3')) || (code === 552 && enhanced === '5.5.3')
  );
}

/** SC-52, SC-54: some recipient has no word of the server but 421, and for none the message may have been taken. */
export function isUntouched(recipients: readonly RecipientReply[]): boolean {
  const isFree = ({ result, phase, reply }: RecipientReply): boolean =>
    (result === 'lost' && phase === 'mail') || (result === 'refused' && reply?.code === 421);
  return recipients.some(isFree) && recipients.every((each) => isFree(each) || each.result === 'refused');
}
