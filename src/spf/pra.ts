/**
 * The purported responsible address: who, by the header, put the message into the mail last (SID-3).
 *
 *   1. the first Resent-Sender, unless an earlier Resent-From belongs to a later journey
 *   2. the first Resent-From
 *   3. the one Sender
 *   4. the one From
 *   5. it must hold exactly one mailbox with a domain
 *
 * Failure: null. Standard: RFC 4407 §2.
 */
import { orNull } from '../core/errors.js';
import { type Address, parseAddress } from '../message/address.js';
import { withoutComments } from '../message/headers.js';

/** What counts of a header field. */
export interface PraField {
  /** Its name in lower case. */
  readonly key: string;
  /** Unfolded; latin1, one character an octet. */
  readonly value: string;
}

/** The address, or null where the header names nobody or several. */
export function findPra(fields: readonly PraField[]): Address | null {
  const chosen = chooseField(fields);
  return chosen === null ? null : readMailbox(chosen.value);
}

function chooseField(fields: readonly PraField[]): PraField | null {
  const named = (key: string): PraField[] =>
    fields.filter((field) => field.key === key && field.value.trim() !== '');
  const [resentSender] = named('resent-sender');
  const [resentFrom] = named('resent-from');
  if (resentSender !== undefined && !isFromAnotherJourney(fields, resentFrom, resentSender)) {
    return resentSender;
  }
  if (resentFrom !== undefined) return resentFrom;
  const senders = named('sender');
  const [field, second] = senders.length > 0 ? senders : named('from');
  return field === undefined || second !== undefined ? null : field;
}

/** The fields of one resending stand together: a trace field between the two says that they are of different ones. */
function isFromAnotherJourney(
  fields: readonly PraField[],
  resentFrom: PraField | undefined,
  resentSender: PraField,
): boolean {
  if (resentFrom === undefined) return false;
  const between = fields.slice(fields.indexOf(resentFrom) + 1, fields.indexOf(resentSender));
  return between.some(({ key }) => key === 'received' || key === 'return-path');
}

const PHRASE = /^(?:"(?:[^"\\]|\\.)*"|[^"<>@,;:\\[\]()])*$/u;

function readMailbox(value: string): Address | null {
  // Fields are latin1, one character an octet; what is above ASCII is UTF-8 (RFC 6532 §3).
  const text = withoutComments(Buffer.from(value, 'latin1').toString('utf8')).trim();
  const named = /^([^<]*)<([^<>]*)>$/u.exec(text);
  if (named !== null && !PHRASE.test(named[1] ?? '')) return null;
  return orNull(() => parseAddress(named === null ? text : (named[2] ?? '').trim(), 'pra'));
}
