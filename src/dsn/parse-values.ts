/**
 * The values of the fields of a report. What is read is safe to show (AT-50); what cannot be read is null. Pure.
 * Standards: RFC 3464 §2.1.1, §2.1.2 (comments, types), RFC 6533 §3 (addresses of the type utf-8).
 */
import { printable } from '../core/printable.js';
import { readMailDate } from '../message/date.js';
import { withoutComments } from '../message/headers.js';
import type { FoundField } from '../message/read-fields.js';
import { fromEitherForm } from '../message/utf8-address.js';

/** An address in a report. */
export interface ReportAddress {
  /** In lower case: `rfc822`, `utf-8`, or a rare one. */
  readonly type: string;
  /** Without escapes: `jørn@example.org`. */
  readonly address: string;
}

/** A name or a text with its type: `dns` and a host, `smtp` and a reply. */
export interface TypedText {
  /** In lower case; empty where none was given. */
  readonly type: string;
  readonly text: string;
}

/** A field that has no place of its own. */
export interface OtherField {
  readonly name: string;
  readonly value: string;
}

const LONGEST_ADDRESS = 1000;
const LONGEST_TEXT = 4000;

/** A value without comments, in one line. */
export function bare(value: string): string {
  return withoutComments(value).replaceAll(/\s+/g, ' ').trim();
}

/** `rfc822; <anna@example.org> (Anna)` as an address; one without a type is of the type rfc822. */
export function readAddress(value: string | null): ReportAddress | null {
  if (value === null || value.length > LONGEST_ADDRESS) return null;
  const [, given = 'rfc822', rest = ''] = /^(?:([\w-]+) ?; ?)?(.*)$/.exec(bare(value)) ?? [];
  const type = given.toLowerCase();
  const plain = rest.replace(/^<(.*)>$/, '$1').trim();
  const address = type === 'utf-8' ? fromEitherForm(plain) : plain;
  // A control in an address is a trick, not an address.
  const isUsable = address !== '' && printable(address, LONGEST_ADDRESS) === address;
  return isUsable ? { type, address } : null;
}

/** `dns; mx.example.org (comment)`. */
export function readName(value: string | null): TypedText | null {
  return value === null ? null : readTyped(bare(value));
}

/** The same where the text is free, so that brackets in it are no comments. */
export function readTyped(value: string | null): TypedText | null {
  const [, type = '', text = ''] = /^(?:([\w-]+)\s*;)?([^]*)$/.exec(value?.trim() ?? '') ?? [];
  const shown = printable(text.trim(), LONGEST_TEXT);
  return shown === '' ? null : { type: type.toLowerCase(), text: shown };
}

/** A date, milliseconds since the epoch. */
export function readDate(value: string | null): number | null {
  return value === null ? null : readMailDate(bare(value));
}

/** A text that is compared: printable ASCII or nothing. */
export function readToken(value: string | null): string | null {
  const text = value?.trim() ?? '';
  return /^[ -~]{1,1000}$/.test(text) ? text : null;
}

/** A message id with its brackets. */
export function readMessageId(value: string | null): string | null {
  return value === null ? null : (/^<[^<>\s]{1,998}>$/.exec(readToken(bare(value)) ?? '')?.[0] ?? null);
}

/** Fields that are not among `known`, safe to show. */
export function otherFields(fields: readonly FoundField[], known: readonly string[]): readonly OtherField[] {
  return fields
    .filter(({ key }) => !known.includes(key))
    .map(({ name, value }) => ({ name: printable(name, 100), value: printable(value, LONGEST_TEXT) }));
}
