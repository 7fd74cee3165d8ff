/**
 * `message/disposition-notification` and `message/global-disposition-notification`, read: what became of a message in the
 * hands of its reader.
 * Failure: none. Standards: RFC 8098 §3.1, §3.2, RFC 6533 §5.
 */
import { printable } from '../core/printable.js';
import { readFields } from '../message/read-fields.js';
import { fieldOf } from './mime.js';
import {
  bare,
  type OtherField,
  otherFields,
  readAddress,
  readMessageId,
  readName,
  readTyped,
  type ReportAddress,
  type TypedText,
} from './parse-values.js';

/** What the machine-readable part of a read receipt says. */
export interface DispositionStatus {
  /** The mail program: its host and its name, parted by a semicolon, as it says of itself. */
  readonly reportingUa: string | null;
  readonly gateway: TypedText | null;
  readonly finalRecipient: ReportAddress | null;
  readonly originalRecipient: ReportAddress | null;
  /** Of the message that it is about, with angle brackets. */
  readonly originalMessageId: string | null;
  /** `displayed` proves neither that somebody read it nor that it was understood. `other`: see `dispositionText`. */
  readonly disposition: 'displayed' | 'deleted' | 'dispatched' | 'processed' | 'other';
  /** As written. */
  readonly dispositionText: string;
  /** Whether a person or the program decided what became of the message. */
  readonly action: 'manual' | 'automatic' | null;
  /** Whether a person agreed to the receipt. */
  readonly sending: 'manual' | 'automatic' | null;
  /** In lower case, such as `error`. */
  readonly modifiers: readonly string[];
  /** Fields with other names, Error and Failure among them. */
  readonly others: readonly OtherField[];
}

const DISPOSITIONS = ['displayed', 'deleted', 'dispatched', 'processed'] as const;
const KNOWN = [
  'reporting-ua',
  'mdn-gateway',
  'final-recipient',
  'original-recipient',
  'original-message-id',
  'disposition',
];
const FIELDS = { most: 100, longest: 10_000 };

/** Reads the part; null: it has no Disposition. `remark` gets what is not as it should be. */
export function readDisposition(text: string, remark: (what: string) => void): DispositionStatus | null {
  // Nothing is lost by empty lines in front.
  const { fields, next, cut } = readFields(text.trimStart(), FIELDS);
  if (cut) remark('the part has more fields, or longer ones, than are read');
  if (next !== null && text.trimStart().slice(next).trim() !== '') {
    remark('a receipt is about one recipient; what follows behind the empty line is not read');
  }
  const value = (key: string): string | null => fieldOf(fields, key);
  const disposition = bare(value('disposition') ?? '');
  const [, mode = '', type = '', modifiers = ''] =
    /^(?:([^;]*);)? ?([\w-]+) ?(?:\/(.*))?$/.exec(disposition.slice(0, 500)) ?? [];
  if (type === '') return null;
  const finalRecipient = readAddress(value('final-recipient'));
  if (finalRecipient === null) remark('the receipt has no Final-Recipient that can be read');
  const known = DISPOSITIONS.find((one) => one === type.toLowerCase());
  return {
    reportingUa: readTyped(bare(value('reporting-ua') ?? ''))?.text ?? null,
    gateway: readName(value('mdn-gateway')),
    finalRecipient,
    originalRecipient: readAddress(value('original-recipient')),
    originalMessageId: readMessageId(value('original-message-id')),
    disposition: known ?? 'other',
    dispositionText: printable(disposition, 500),
    action: wayOf(mode, /\b(manual|automatic)-action\b/i),
    sending: wayOf(mode, /\bMDN-sent-(manual|automatic)(?:al)?ly\b/i),
    modifiers: modifiers
      .split(',')
      .map((each) => each.trim().toLowerCase())
      .filter((each) => each !== '')
      .map((each) => printable(each, 100)),
    others: otherFields(fields, KNOWN),
  };
}

function wayOf(mode: string, pattern: RegExp): 'manual' | 'automatic' | null {
  const way = pattern.exec(mode)?.[1]?.toLowerCase();
  return way === 'manual' || way === 'automatic' ? way : null;
}
