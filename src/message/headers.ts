/**
 * The header of a message: what it must have, and the few changes that a host can ask for.
 *
 *   checkHeader   SC-36: exactly one Date and From, nothing twice, no Bcc, no Return-Path, no mail loop
 *   editHeader    takes Bcc out, adds Date and Message-ID where they lack, puts signature lines in front
 *
 * Nothing is mended that was not asked for; what is changed leaves every other octet where it was (FAQ-10).
 * Failure: ConfigError whose code is a Reason (`message-malformed`, `received-loop`) with place and remedy.
 * Standards: RFC 5322 §3.6, RFC 5321 §4.4, §6.3.
 */
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { parseDomain } from '../core/domain.js';
import { ConfigError } from '../core/errors.js';
import { printable } from '../core/printable.js';
import { formatMailDate } from './date.js';
import { type HeaderField, parseFields } from './header-fields.js';
import { MAX_LINE, messageError } from './line-scan.js';

/** What a checked header says. */
export interface HeaderFacts {
  readonly messageId: string;
  readonly receivedCount: number;
}

/** Changes to a header; what is absent is not done. */
export interface HeaderEdits {
  readonly stripBcc?: boolean;
  /** Adds a missing Date, and a missing Message-ID at this domain. */
  readonly complete?: { readonly now: number; readonly messageIdDomain: string };
  /** Whole fields to put in front, lines ending in CRLF. */
  readonly prepend?: string;
}

// RFC 5322 §3.6: at most one of each.
const SINGLE: ReadonlySet<string> = new Set([
  'date',
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'message-id',
  'in-reply-to',
  'references',
  'subject',
]);
const HIDDEN: readonly string[] = ['bcc', 'resent-bcc'];
// RFC 5321 §6.3.
const MAX_RECEIVED = 100;
const MESSAGE_ID = /^<[!-;=?-~]+>$/;

const isHidden = (field: HeaderField): boolean => HIDDEN.includes(field.key);

/**
 * Checks a canonical header section.
 * @throws ConfigError `message-malformed`, `received-loop`
 */
export function checkHeader(header: Uint8Array): HeaderFacts {
  const fields = parseFields(header);
  const first = new Map<string, HeaderField>();
  const doubled: HeaderField[] = [];
  let receivedCount = 0;
  for (const field of fields) {
    if (field.key === 'received') receivedCount += 1;
    if (!first.has(field.key)) first.set(field.key, field);
    else if (SINGLE.has(field.key)) doubled.push(field);
  }
  refuseHidden(first);
  for (const field of doubled) throw malformed(field, `There is more than one ${field.name} field.`);
  checkOrigin(first);
  if (receivedCount >= MAX_RECEIVED) throw messageError('received-loop', `${receivedCount} Received fields`);
  checkUtf8(fields, header);
  return { messageId: checkMessageId(first), receivedCount };
}

/** The first field of each name. */
type Fields = ReadonlyMap<string, HeaderField>;

/** No Bcc content leaves the host (SC-36), and Return-Path is for the last server to write (SC-35). */
function refuseHidden(fields: Fields): void {
  for (const key of HIDDEN) {
    const hidden = fields.get(key);
    if (hidden === undefined) continue;
    throw malformed(
      hidden,
      `A ${hidden.name} field would show its readers to all others. Leave it out, or set stripBcc: true.`,
    );
  }
  const returnPath = fields.get('return-path');
  if (returnPath !== undefined) {
    throw malformed(
      returnPath,
      'Return-Path is written by the last mail server (RFC 5321 §4.4). Leave it out.',
    );
  }
}

function checkOrigin(fields: Fields): void {
  const date = fields.get('date');
  if (date === undefined) throw missing('Date', ' Add it, or set complete: true.');
  if (Number.isNaN(Date.parse(withoutComments(date.value))))
    throw malformed(date, 'The date cannot be read.');
  const from = fields.get('from');
  if (from === undefined) throw missing('From', ' Add it: it says who wrote the message.');
  const authors = countMailboxes(from.value);
  if (authors === 0) throw malformed(from, 'From names nobody.');
  if (authors > 1 && !fields.has('sender')) {
    throw malformed(from, 'From names several people, so a Sender field must say who sends.');
  }
}

function checkMessageId(fields: Fields): string {
  const field = fields.get('message-id');
  if (field === undefined) throw missing('Message-ID', ' Add it, or set complete: true.');
  const id = withoutComments(field.value).trim();
  if (MESSAGE_ID.test(id)) return id;
  throw malformed(
    field,
    `A message id looks like <id@domain>, this is ${JSON.stringify(printable(id, 100))}.`,
  );
}

/** RFC 6532 §3: octets above 127 in a header are UTF-8 or nothing. */
function checkUtf8(fields: readonly HeaderField[], header: Uint8Array): void {
  if (isUtf8(header)) return;
  for (const field of fields) {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(header.subarray(field.start, field.end));
    } catch {
      throw malformed(field, `The value of ${field.name} is not UTF-8.`);
    }
  }
}

/**
 * The header with the changes that were asked for; the very same octets when there is nothing to change.
 * @throws ConfigError `message-malformed`, `header-invalid`, `domain-invalid`
 */
export function editHeader(header: Buffer, edits: HeaderEdits): Buffer {
  const { stripBcc, complete, prepend } = edits;
  if (stripBcc !== true && complete === undefined && prepend === undefined) return header;
  const fields = parseFields(header);
  const kept = stripBcc === true ? fields.filter((field) => !isHidden(field)) : fields;
  const added = complete === undefined ? '' : missingLines(fields, complete);
  const front = prepend === undefined ? '' : checkedLines(prepend);
  if (kept.length === fields.length && added === '' && front === '') return header;
  const endOfFields = fields.at(-1)?.end ?? 0;
  return Buffer.concat([
    Buffer.from(front, 'latin1'),
    ...kept.map((field) => header.subarray(field.start, field.end)),
    Buffer.from(added, 'latin1'),
    header.subarray(endOfFields),
  ]);
}

function missingLines(
  fields: readonly HeaderField[],
  complete: NonNullable<HeaderEdits['complete']>,
): string {
  const lacks = (key: string): boolean => !fields.some((field) => field.key === key);
  let lines = '';
  if (lacks('date')) lines += `Date: ${formatMailDate(complete.now)}\r\n`;
  if (lacks('message-id')) {
    lines += `Message-ID: <${randomUUID()}@${parseDomain(complete.messageIdDomain, 'messageIdDomain')}>\r\n`;
  }
  return lines;
}

/** What a signing hook gives: whole fields, folded properly, in ASCII, and no empty line that would end the header. */
function checkedLines(text: string): string {
  const lines = text.split('\r\n');
  const isRight = lines.every((line, index) => {
    if (index === lines.length - 1) return line === '';
    const continues = index > 0 && /^[\t ][\t -~]*$/.test(line) && line.trim() !== '';
    return line.length <= MAX_LINE && (continues || /^[!-9;-~]+:[\t -~]*$/.test(line));
  });
  if (isRight) return text;
  throw new ConfigError(
    'header-invalid',
    `sign: expected whole header fields in ASCII, each line ending in CRLF, got ${JSON.stringify(printable(text, 200))}`,
  );
}

/** A value without its comments (RFC 5322 §3.2.2); quoted strings and escapes are minded. */
export function withoutComments(value: string): string {
  if (!value.includes('(')) return value;
  let depth = 0;
  let quoted = false;
  let kept = '';
  for (let at = 0; at < value.length; at += 1) {
    const token = value[at] === '\\' ? value.slice(at, at + 2) : (value[at] ?? '');
    at += token.length - 1;
    if (token === '"' && depth === 0) quoted = !quoted;
    if (token === '(' && !quoted) depth += 1;
    if (depth === 0) kept += token;
    if (token === ')' && !quoted && depth > 0) depth -= 1;
  }
  return kept;
}

/** How many mailboxes a From lists; what stands in quotes or brackets does not part them. */
function countMailboxes(value: string): number {
  const bare = withoutComments(value)
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, 'q')
    .replaceAll(/<[^>]*>/g, 'a');
  return bare.split(/[,;]/).filter((part) => part.replace(/^[^:]*:/, '').trim() !== '').length;
}

function missing(name: string, remedy: string): ConfigError {
  return messageError('message-malformed', 'header', `It has no ${name} field.${remedy}`);
}

function malformed(field: HeaderField, what: string): ConfigError {
  return messageError('message-malformed', `line ${field.line}`, what);
}
