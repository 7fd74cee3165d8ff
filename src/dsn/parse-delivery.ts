/**
 * `message/delivery-status` and `message/global-delivery-status`, read: one group of fields for the message, then one for each
 * recipient. A recipient without address or action is named in the remarks and left out; all else may lack.
 * Failure: none. Standards: RFC 3464 §2.1 to §2.3, RFC 6533 §3.
 */
import { printable } from '../core/printable.js';
import { type FoundField, readFields } from '../message/read-fields.js';
import { fieldOf } from './mime.js';
import {
  bare,
  type OtherField,
  otherFields,
  readAddress,
  readDate,
  readName,
  readToken,
  readTyped,
  type ReportAddress,
  type TypedText,
} from './parse-values.js';
import { readStatus, type ReportStatus } from './status-codes.js';

/** What a report says of one recipient. Times are milliseconds since the epoch. */
export interface RecipientReport {
  /** As the reporting server knows it. At least one of the two addresses is there. */
  readonly finalRecipient: ReportAddress | null;
  /** As the sender named it in ORCPT. */
  readonly originalRecipient: ReportAddress | null;
  readonly action: 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';
  /** null: it is missing or none. */
  readonly status: ReportStatus | null;
  /** The server that answered. Null: the reporting server itself decided. */
  readonly remoteMta: TypedText | null;
  /** `smtp` and a reply, or the reporting server's own kind of text. */
  readonly diagnostic: TypedText | null;
  readonly lastAttempt: number | null;
  readonly retryUntil: number | null;
  readonly finalLogId: string | null;
  /** Fields with other names. */
  readonly others: readonly OtherField[];
}

/** What the status part of a delivery report says. */
export interface DeliveryStatus {
  /** The server that wrote it, by its own word. */
  readonly reportingMta: TypedText | null;
  readonly receivedFromMta: TypedText | null;
  /** The gateway that made the report out of a foreign one. */
  readonly gateway: TypedText | null;
  /** ENVID as it came back; some servers leave it in xtext. */
  readonly envelopeId: string | null;
  readonly arrivalDate: number | null;
  readonly others: readonly OtherField[];
  /** At least one. */
  readonly recipients: readonly RecipientReport[];
}

const ACTIONS = ['failed', 'delayed', 'delivered', 'relayed', 'expanded'] as const;
const MESSAGE_FIELDS = [
  'reporting-mta',
  'received-from-mta',
  'dsn-gateway',
  'original-envelope-id',
  'arrival-date',
];
const RECIPIENT_FIELDS = [
  'final-recipient',
  'original-recipient',
  'action',
  'status',
  'remote-mta',
  'diagnostic-code',
  'last-attempt-date',
  'will-retry-until',
  'final-log-id',
];
const GROUPS = 2000;
const FIELDS = { most: 100, longest: 10_000 };

/** Reads a status part; null: it speaks of no recipient. `remark` gets what is not as it should be. */
export function readDeliveryStatus(text: string, remark: (what: string) => void): DeliveryStatus | null {
  const groups = readGroups(text, remark);
  const isRecipient = (group: readonly FoundField[]): boolean =>
    group.some(({ key }) => RECIPIENT_FIELDS.includes(key));
  const [message = []] = groups;
  if (groups.length === 1 && isRecipient(message)) remark('no empty line parts message and recipient');
  const recipients = groups
    .filter((group, index) => index > 0 || isRecipient(group))
    .map((group) => readRecipient(group, remark))
    .filter((recipient) => recipient !== null);
  if (recipients.length === 0) return null;
  const value = (key: string): string | null => fieldOf(message, key);
  const reportingMta = readName(value('reporting-mta'));
  if (reportingMta === null) remark('the reporting server is not named');
  return {
    reportingMta,
    receivedFromMta: readName(value('received-from-mta')),
    gateway: readName(value('dsn-gateway')),
    envelopeId: readToken(value('original-envelope-id')),
    arrivalDate: readDate(value('arrival-date')),
    others: otherFields(message, [...MESSAGE_FIELDS, ...RECIPIENT_FIELDS]),
    recipients,
  };
}

/** Groups of fields, parted by empty lines; several of these count as one. */
function readGroups(text: string, remark: (what: string) => void): readonly (readonly FoundField[])[] {
  const groups: (readonly FoundField[])[] = [];
  for (let at: number | null = 0; at !== null && at < text.length;) {
    const { fields, next, cut } = readFields(text, FIELDS, at);
    if (cut) remark('a group has more fields, or longer ones, than are read');
    if (fields.length > 0) groups.push(fields);
    at = next;
    if (groups.length === GROUPS && at !== null) {
      remark(`only the first ${GROUPS} groups are read`);
      break;
    }
  }
  return groups;
}

function readRecipient(group: readonly FoundField[], remark: (what: string) => void): RecipientReport | null {
  const value = (key: string): string | null => fieldOf(group, key);
  const finalRecipient = readAddress(value('final-recipient'));
  const originalRecipient = readAddress(value('original-recipient'));
  const word = bare(value('action') ?? '').toLowerCase();
  const action = ACTIONS.find((one) => one === word);
  if (finalRecipient === null && originalRecipient === null) {
    remark('a group names no recipient that can be read, and is left out');
    return null;
  }
  if (action === undefined) {
    remark(`a recipient has the action "${printable(word, 40)}", which is none, and is left out`);
    return null;
  }
  if (finalRecipient === null) remark('a recipient has no Final-Recipient');
  const status = readStatus(value('status'));
  if (status === null) remark('a recipient has no Status that can be read');
  return {
    finalRecipient,
    originalRecipient,
    action,
    status,
    remoteMta: readName(value('remote-mta')),
    diagnostic: readTyped(value('diagnostic-code')),
    lastAttempt: readDate(value('last-attempt-date')),
    retryUntil: readDate(value('will-retry-until')),
    finalLogId: readToken(value('final-log-id')),
    others: otherFields(group, [...MESSAGE_FIELDS, ...RECIPIENT_FIELDS]),
  };
}
