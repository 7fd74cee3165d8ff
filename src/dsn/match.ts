/**
 * Which message a report is about, and what that proves. Anybody can write a report, so it is believed only for what ties it
 * to the message, and even then it is a claim: reading one changes no outcome here (DSN-50, DSN-52).
 *
 *   token        it came to a return address made for the message (`return-address.ts`), and names one of its recipients
 *   envid        it repeats the ENVID, which only the servers on the way were told
 *   message-id   a read receipt repeats the Message-ID, which everybody knows who has the message
 *
 * Failure: none. Standards: RFC 3464 §4 (forged reports), RFC 8098 §6.
 */
import { orNull } from '../core/errors.js';
import { parseAddress } from '../message/address.js';
import { decodeXtext } from '../message/xtext.js';
import type { DeliveryReport, DispositionReport } from './parse.js';
import type { RecipientReport } from './parse-delivery.js';
import type { ReturnAddressReading } from './return-address.js';

/** A message that was sent, as its host remembers it. */
export interface SentMessage {
  /** The id in its return address. Default: it had none. */
  readonly id?: string | null;
  /** ENVID as it was given. Default: none was. */
  readonly envelopeId?: string | null;
  /** With angle brackets. */
  readonly messageId?: string | null;
  /** Envelope recipients. */
  readonly recipients: readonly string[];
}

/** A report, laid beside a message. */
export interface ReportMatch {
  /** The strongest tie, in this order; `none`: the report is not about the message, or nothing shows that it is. */
  readonly matched: 'token' | 'envid' | 'message-id' | 'none';
  /** What that proves and what it does not, in words. */
  readonly proves: string;
  /** Recipients of the message that the report names. Empty with `none`. */
  readonly recipients: readonly MatchedRecipient[];
}

/** A recipient of a message, and what a report says of them. */
export interface MatchedRecipient {
  /** As in `SentMessage`. */
  readonly recipient: string;
  /** null: the report is a read receipt. */
  readonly report: RecipientReport | null;
}

const TIES = {
  token:
    'It came to a return address that only this host can make, within its time, and names a recipient of the message. Whoever saw the return path of the message could have written it.',
  envid:
    'It repeats the ENVID of the message, which was told to the servers on the way alone. Any of them, and whoever learnt it from them, could have written it.',
  'message-id':
    'It repeats the Message-ID, which everybody knows who has the message. Any of them could have written it.',
  none: 'Nothing in it shows that it is about the message. Do not act on it.',
} as const;
const WORDS = {
  failed:
    'A report of failure does not prove that the message did not arrive: it may have reached the mailbox all the same (RFC 3464 §4.3).',
  delayed: 'Delayed means that the reporting server still tries; nothing has ended.',
  delivered:
    'Delivered means that the reporting server says to have put it into the mailbox, not that it was read.',
  relayed:
    'Relayed means that it went on to a server that sends no confirmations; what became of it there nobody will say.',
  expanded:
    'Expanded means that it went to the members of a list; what became of it there the report does not say.',
} as const satisfies Record<RecipientReport['action'], string>;
const RECEIPT =
  'A receipt says what became of the message in a mail program. "Displayed" does not prove that somebody read or understood it, and no receipt at all is no sign of anything (RFC 8098 §6).';

/**
 * Lays a report beside the message that it may be about.
 * @param returnAddress what `readReturnAddress` made of the address to which the report came; null: that address has no token
 */
export function matchReport(
  report: DeliveryReport | DispositionReport,
  sent: SentMessage,
  returnAddress: ReturnAddressReading | null = null,
): ReportMatch {
  const recipients = findRecipients(report, sent);
  const matched = findTie(report, sent, returnAddress, recipients.length > 0);
  if (matched === 'none') {
    return { matched, proves: [TIES.none, ...hintsOf(sent, returnAddress)].join(' '), recipients: [] };
  }
  const actions = new Set(report.kind === 'delivery' ? report.recipients.map(({ action }) => action) : []);
  const words = report.kind === 'disposition' ? [RECEIPT] : [...actions].map((action) => WORDS[action]);
  return { matched, proves: [TIES[matched], ...words].join(' '), recipients };
}

function findTie(
  report: DeliveryReport | DispositionReport,
  sent: SentMessage,
  returnAddress: ReturnAddressReading | null,
  namesRecipient: boolean,
): ReportMatch['matched'] {
  if (returnAddress?.kind === 'valid' && returnAddress.id === sent.id && namesRecipient) return 'token';
  if (report.kind === 'delivery') {
    const { envelopeId } = sent;
    if (envelopeId === null || envelopeId === undefined) return 'none';
    // Some servers hand ENVID back as it came in the command.
    return [report.envelopeId, decoded(report.envelopeId)].includes(envelopeId) ? 'envid' : 'none';
  }
  const about = report.originalMessageId ?? report.original?.messageId ?? null;
  return about !== null && about === sent.messageId ? 'message-id' : 'none';
}

function hintsOf(sent: SentMessage, returnAddress: ReturnAddressReading | null): readonly string[] {
  if (returnAddress === null || returnAddress.kind === 'invalid' || returnAddress.id !== sent.id) return [];
  return returnAddress.kind === 'expired'
    ? ['Its return address was made for the message, but its time is over.']
    : ['Its return address was made for the message, but the report names none of its recipients.'];
}

function findRecipients(
  report: DeliveryReport | DispositionReport,
  sent: SentMessage,
): readonly MatchedRecipient[] {
  const known = new Map(sent.recipients.map((recipient) => [mailboxOf(recipient), recipient]));
  const groups =
    report.kind === 'delivery'
      ? report.recipients.map((group) => ({ group, report: group }))
      : [{ group: report, report: null }];
  return groups.flatMap(({ group, report: found }) => {
    const original = group.originalRecipient?.address ?? null;
    // Some servers hand ORCPT back as it came in the command.
    const names = [original, decoded(original), group.finalRecipient?.address ?? null];
    const recipient = names
      .map((name) => (name === null ? undefined : known.get(mailboxOf(name))))
      .find((one) => one !== undefined);
    return recipient === undefined ? [] : [{ recipient, report: found }];
  });
}

/** Case does not count: servers change it, and the tie does not hang on it. */
function mailboxOf(address: string): string {
  return orNull(() => parseAddress(address).path.toLowerCase()) ?? address;
}

function decoded(xtext: string | null): string | null {
  return xtext === null ? null : orNull(() => decodeXtext(xtext));
}
