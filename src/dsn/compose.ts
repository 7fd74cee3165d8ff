/**
 * Composes a delivery status notification: a pure function from what happened to the octets of a mail.
 *
 *   1 header        addresses are parsed anew, nothing that a server said enters it (AT-22)
 *   2 text part     `human.ts`, in the language of the host
 *   3 status part   `fields.ts`
 *   4 original      its header, its Date and Message-ID alone, or all of it
 *   5 boundary      derived from the parts, and no line of them starts with it
 *
 * The result is pure ASCII with short lines unless the return address itself needs SMTPUTF8: about mail that needed it, the
 * global types of RFC 6533 stand in quoted-printable (DSN-40). It is sent from `<>` with NOTIFY=NEVER and without RET (DSN-15). Failure: ConfigError for input of the host that is wrong.
 * Standards: RFC 3464, RFC 6522, RFC 6533, RFC 3461 §6, RFC 3834, RFC 2046 §5.1.1.
 */
import { isAscii } from 'node:buffer';
import { createHash } from 'node:crypto';
import { ConfigError } from '../core/errors.js';
import { printable } from '../core/printable.js';
import { parseAddress } from '../message/address.js';
import { formatMailDate } from '../message/date.js';
import { parseFields } from '../message/header-fields.js';
import { encodeQuotedPrintable, encodeWords, isPlainText } from './encode.js';
import { type DsnRecipient, formatDeliveryStatus } from './fields.js';
import { formatHumanPart, formatSubject } from './human.js';
import { textsOf } from './languages.js';
import type { Language } from './texts.js';

export type { DsnRecipient, RemoteReply } from './fields.js';
export type { DsnAction, Language } from './texts.js';

/** The message that a report is about. */
export interface DsnOriginal {
  /** Header section, canonical. */
  readonly header: Uint8Array;
  /** With its angle brackets; null where there is none. */
  readonly messageId: string | null;
  /** ENVID as given, decoded (DSN fields); null: not given. */
  readonly envelopeId?: string | null;
  /** When it was put, milliseconds since the epoch. */
  readonly arrivalDate?: number | null;
  /**
   * What of it goes back: all of it (needs `content`; 8-bit content goes back as its header, DSN-25), its header
   * (default), or only Date and Message-ID (DSN-19).
   */
  readonly give?: 'full' | 'headers' | 'minimal';
  /** The whole message, canonical. */
  readonly content?: Uint8Array;
}

/** All that a report is made from. */
export interface DsnInput {
  /** Name of the reporting host, a full domain name where there is one. */
  readonly reportingMta: string;
  /** From of the report; should reach a person (DSN-16). Default: postmaster at the reporting host. */
  readonly from?: string;
  /** The return address of the original. */
  readonly to: string;
  /** At least one; only those that get this report (DSN-14). */
  readonly recipients: readonly DsnRecipient[];
  readonly original: DsnOriginal;
  /** Default `en`. */
  readonly language?: Language;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Of the report itself, with angle brackets; stable for the same report. */
  readonly messageId: string;
  /** Queue id of the original, for Final-Log-ID. */
  readonly logId?: string | null;
}

const MESSAGE_ID = /^<[!-;=?-~]{1,250}>$/;
const MINIMAL = ['date', 'message-id'];

/**
 * The report, canonical octets.
 * @throws ConfigError `dsn-invalid`, `address-invalid`, `language-unknown`
 */
export function composeDsn(input: DsnInput): Uint8Array {
  const { recipients, original, reportingMta } = input;
  if (recipients.length === 0) throw invalid('recipients', 'expected at least one, got none');
  const texts = textsOf(input.language ?? 'en');
  const human = formatHumanPart(recipients, texts);
  // DSN-40: what makes a message need SMTPUTF8.
  const global = ![input.to, ...recipients.map(({ address }) => address), original.header].every(isSevenBit);
  const status = formatDeliveryStatus(
    {
      reportingMta,
      envelopeId: original.envelopeId ?? null,
      arrivalDate: original.arrivalDate ?? null,
      logId: input.logId ?? null,
    },
    recipients,
    global,
  );
  const parts = [textPart(human), statusPart(status, global), originalPart(original, recipients, global)];
  const boundary = findBoundary(parts, input.messageId);
  const subject = encodeWords(formatSubject(recipients, texts));
  const header = headerLines(input, encodeWords(texts.fromName), subject);
  const body = parts.flatMap((part) => [Buffer.from(`--${boundary}\r\n`), part, Buffer.from('\r\n')]);
  return Buffer.concat([
    Buffer.from(`${header}Content-Type: multipart/report; report-type=delivery-status;\r\n`),
    Buffer.from(` boundary="${boundary}"\r\n\r\n`),
    ...body,
    Buffer.from(`--${boundary}--\r\n`),
  ]);
}

function headerLines(input: DsnInput, fromName: string, subject: string): string {
  const from = parseAddress(input.from ?? `postmaster@${input.reportingMta}`, 'from').path;
  const to = parseAddress(input.to, 'to').path;
  if (!MESSAGE_ID.test(input.messageId)) {
    throw invalid(
      'messageId',
      `expected <id@domain>, got ${JSON.stringify(printable(input.messageId, 200))}`,
    );
  }
  const lines = [
    `From: ${fromName} <${from}>`,
    `To: <${to}>`,
    `Subject: ${subject}`,
    `Date: ${formatMailDate(input.now)}`,
    `Message-ID: ${input.messageId}`,
  ];
  const { messageId } = input.original;
  if (messageId !== null && MESSAGE_ID.test(messageId)) {
    lines.push(`In-Reply-To: ${messageId}`, `References: ${messageId}`);
  }
  // RFC 3834 §5.2: a report answers a message, so it is auto-replied.
  lines.push('Auto-Submitted: auto-replied', 'MIME-Version: 1.0');
  return lines.map((line) => `${line}\r\n`).join('');
}

function textPart(text: string): Buffer {
  const plain = isPlainText(text);
  const head = `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: ${plain ? '7bit' : 'quoted-printable'}\r\n\r\n`;
  return Buffer.from(head + (plain ? text : encodeQuotedPrintable(Buffer.from(text))));
}

/** RFC 3464 §2.1: 7bit, so no transfer encoding is named; RFC 6533 §4.4 for the global type. */
function statusPart(status: string, global: boolean): Buffer {
  return global
    ? quotedPart('message/global-delivery-status', Buffer.from(status))
    : Buffer.from(`Content-Type: message/delivery-status\r\n\r\n${status}`);
}

/** RFC 6522 §4, RFC 6533 §4.5; RFC 3461 §4.3: the content goes back only where something failed. */
function originalPart(original: DsnOriginal, recipients: readonly DsnRecipient[], global: boolean): Buffer {
  const failed = recipients.some(({ action }) => action === 'failed');
  if (original.give === 'full' && failed && original.content !== undefined && isSevenBit(original.content)) {
    const type = global ? 'message/global' : 'message/rfc822';
    return Buffer.concat([Buffer.from(`Content-Type: ${type}\r\n\r\n`), original.content]);
  }
  const header = original.give === 'minimal' ? minimalHeader(original.header) : fieldsOnly(original.header);
  if (global) return quotedPart('message/global-headers', header);
  return Buffer.concat([Buffer.from('Content-Type: text/rfc822-headers\r\n\r\n'), header]);
}

function quotedPart(type: string, octets: Buffer): Buffer {
  const head = `Content-Type: ${type}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n`;
  return Buffer.from(head + encodeQuotedPrintable(octets));
}

/** Everything before the empty line. */
function fieldsOnly(header: Uint8Array): Buffer {
  const octets = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
  if (octets.subarray(0, 2).toString('latin1') === '\r\n') return Buffer.alloc(0);
  const end = octets.indexOf('\r\n\r\n');
  return end === -1 ? octets : octets.subarray(0, end + 2);
}

function minimalHeader(header: Uint8Array): Buffer {
  const kept = parseFields(header).filter((field) => MINIMAL.includes(field.key));
  return Buffer.concat(kept.map((field) => Buffer.from(header.subarray(field.start, field.end))));
}

function isSevenBit(given: Uint8Array | string): boolean {
  const octets = typeof given === 'string' ? Buffer.from(given) : given;
  return isAscii(octets) && !octets.includes(0);
}

/** DSN-21: at most 70 characters, and no line of any part starts with it. */
function findBoundary(parts: readonly Buffer[], messageId: string): string {
  for (let salt = 0; ; salt += 1) {
    const hash = createHash('sha256').update(`${salt} ${messageId}`);
    for (const part of parts) hash.update(part);
    const boundary = `=_dsn_${hash.digest('hex').slice(0, 32)}`;
    if (!parts.some((part) => part.includes(`--${boundary}`))) return boundary;
  }
}

function invalid(what: string, why: string): ConfigError {
  return new ConfigError('dsn-invalid', `${what}: ${why}`);
}
