/**
 * The machine-readable part of a report: `message/delivery-status`, 7-bit, or `message/global-delivery-status`, whose
 * addresses are UTF-8; one group for the message and one for each recipient. Pure; what servers said is escaped and folded,
 * never interpreted.
 * Standards: RFC 3464 §2.1 to §2.3, RFC 3461 §6.3, §9.2, RFC 6533 §3, §4; DSN-22, DSN-30 to DSN-34, DSN-41.
 */
import { canonicalDomain } from '../core/domain.js';
import { printable } from '../core/printable.js';
import type { Reason } from '../core/reasons.js';
import { formatMailDate } from '../message/date.js';
import { fromEitherForm, toUnicodeForm } from '../message/utf8-address.js';
import { asciiValue, foreignValue } from './encode.js';
import type { DsnAction } from './texts.js';

/** What a server answered, when that decided. */
export interface RemoteReply {
  readonly host: string;
  readonly code: number;
  /** Text of each line without the code. */
  readonly lines: readonly string[];
  /** False: it came before the TLS was judged, so it is nobody's word (AT-5). */
  readonly secure: boolean;
}

/** One recipient of a report. Times are milliseconds since the epoch. */
export interface DsnRecipient {
  /** Envelope address, as in RCPT. */
  readonly address: string;
  /** ORCPT as it was given, decoded: `rfc822;anna@example.org`. Absent or null: it was not. */
  readonly originalRecipient?: string | null;
  readonly action: DsnAction;
  /** RFC 3463; a status that is none, or of the wrong class, becomes `4.0.0` or `5.0.0` (DSN-34). */
  readonly status: string;
  /** null: nobody knows. */
  readonly reason: Reason | null;
  /** Details for people: dates, names. */
  readonly detail?: string;
  /** True: `detail` repeats what came before TLS, so it stands in Diagnostic-Code alone (AT-5). Default false. */
  readonly unproven?: boolean;
  /** The reply that decided; null or absent when the sending side decided (DSN-31). */
  readonly remote?: RemoteReply | null;
  /** Where it was tried, when the sending side decided. */
  readonly attemptedHost?: string | null;
  readonly lastAttempt?: number | null;
  /** Since when it fails. */
  readonly failingSince?: number | null;
  /** Only with action `delayed`. */
  readonly retryUntil?: number | null;
  /** True where a policy refused to send, false where the mail or the server was the trouble. */
  readonly insecure?: boolean;
}

/** What the group of the message says. */
export interface DsnMessageFields {
  readonly reportingMta: string;
  readonly envelopeId: string | null;
  readonly arrivalDate: number | null;
  readonly logId: string | null;
}

// Well below the 998 of a line of mail.
const MAX_PIECE = 800;
const MAX_REPLY_LINES = 128;
const isAscii = (text: string): boolean => /^[ -~]*$/.test(text);

/** The whole part, lines ending in CRLF. `global`: for `message/global-delivery-status`. */
export function formatDeliveryStatus(
  message: DsnMessageFields,
  recipients: readonly DsnRecipient[],
  global: boolean,
): string {
  const groups = [
    messageFields(message),
    ...recipients.map((recipient) => recipientFields(recipient, message.logId, global)),
  ];
  return groups.map((fields) => fields.map((field) => `${field}\r\n`).join('')).join('\r\n');
}

function messageFields(message: DsnMessageFields): string[] {
  const fields: string[] = [];
  if (message.envelopeId !== null) fields.push(field('Original-Envelope-Id', message.envelopeId));
  // RFC 3461 §6.3b: without a full name the type must not be dns.
  const name = canonicalDomain(message.reportingMta);
  const isFull = name?.includes('.') === true;
  fields.push(field('Reporting-MTA', `${isFull ? 'dns' : 'x-local-hostname'}; ${message.reportingMta}`));
  if (message.arrivalDate !== null) fields.push(field('Arrival-Date', formatMailDate(message.arrivalDate)));
  return fields;
}

function recipientFields(recipient: DsnRecipient, logId: string | null, global: boolean): string[] {
  const { action, lastAttempt, retryUntil, attemptedHost } = recipient;
  const remote = recipient.remote ?? null;
  const fields: string[] = [];
  if (recipient.originalRecipient) {
    const [type = '', ...rest] = recipient.originalRecipient.split(';');
    fields.push(addressField('Original-Recipient', type, rest.join(';'), global));
  }
  const { address } = recipient;
  if (isAscii(address)) fields.push(addressField('Final-Recipient', 'rfc822', address, global));
  else fields.push(addressField('Final-Recipient', 'utf-8', toUnicodeForm(address), global));
  fields.push(field('Action', action));
  fields.push(field('Status', statusOf(recipient)));
  if (remote !== null) fields.push(field('Remote-MTA', `dns; ${remote.host}`));
  const diagnostic = diagnosticOf(recipient);
  if (diagnostic !== null) fields.push(diagnostic);
  if (lastAttempt !== null && lastAttempt !== undefined) {
    fields.push(field('Last-Attempt-Date', formatMailDate(lastAttempt)));
  }
  if (logId !== null) fields.push(field('Final-Log-ID', logId));
  if (action === 'delayed' && retryUntil !== null && retryUntil !== undefined) {
    fields.push(field('Will-Retry-Until', formatMailDate(retryUntil)));
  }
  if (remote === null && attemptedHost) fields.push(field('X-Attempted-Host', attemptedHost));
  return fields;
}

/** RFC 6533 §3: an address of the type utf-8 stands as it is in the global type, in its ASCII form in the other (DSN-41). */
function addressField(name: string, type: string, address: string, global: boolean): string {
  // The escapes of a field in ASCII are those of the ASCII form.
  if (!global || type.toLowerCase() !== 'utf-8') return field(name, `${type}; ${address}`);
  // Controls and marks that reorder text have no place in an address, whoever wrote it.
  return foldLines([`${name}: `, `${type}; ${printable(fromEitherForm(address), 1000)}`]);
}

/** DSN-34: a status that cannot be used becomes the one for an unknown cause. Failed may carry class 4 (DSN-32). */
export function statusOf(recipient: Pick<DsnRecipient, 'action' | 'status'>): string {
  const { action, status } = recipient;
  const valid = /^([245])\.(?:0|[1-9]\d{0,2})\.(?:0|[1-9]\d{0,2})$/.exec(status);
  const classes = { failed: ['4', '5'], delayed: ['4'], delivered: ['2'], relayed: ['2'] }[action];
  if (valid !== null && classes.includes(valid[1] ?? '')) return status;
  return `${action === 'failed' ? '5' : classes[0]}.0.0`;
}

function diagnosticOf(recipient: DsnRecipient): string | null {
  const { remote, reason } = recipient;
  if (remote) {
    const shown = remote.lines.slice(0, MAX_REPLY_LINES);
    const lines = shown.map((line, index) => {
      const more = index < shown.length - 1;
      return `${remote.code}${more ? '-' : ' '}${foreignValue(line)}`.trimEnd();
    });
    return foldLines(['Diagnostic-Code: smtp; ', ...lines]);
  }
  if (reason === null) return null;
  const detail = recipient.detail ? ` (${recipient.detail})` : '';
  return foldLines(['Diagnostic-Code: ', `X-TLS-Policy; ${reason}${foreignValue(detail)}`]);
}

function field(name: string, value: string): string {
  return foldLines([`${name}: `, asciiValue(value)]);
}

/** DSN-30: the first piece behind the name, each further line behind one space; overlong ones are cut into several. */
function foldLines([name, ...lines]: readonly string[]): string {
  const pieces = lines.flatMap((line) => line.match(new RegExp(`.{1,${MAX_PIECE}}`, 'g')) ?? ['']);
  // A line of nothing but white space would end the group.
  return `${name}${pieces.filter((piece) => piece.trim() !== '').join('\r\n ')}`.trimEnd();
}
