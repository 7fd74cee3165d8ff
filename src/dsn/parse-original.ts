/**
 * What a report brings back of the message that it is about: all of it, or its header.
 * Failure: none. Standards: RFC 6522 §4, RFC 6533 §4.5 (the global types).
 */
import { printable } from '../core/printable.js';
import { readFields } from '../message/read-fields.js';
import { decodeBody, fieldOf, type MimePart } from './mime.js';
import { type OtherField, readMessageId } from './parse-values.js';

/** The message as it came back: the word of whoever wrote the report. */
export interface ReturnedOriginal {
  /** `message`: said to be all of it. Some servers call the header alone so as well. */
  readonly kind: 'message' | 'headers';
  /** With angle brackets. */
  readonly messageId: string | null;
  /** Its first 200 fields, safe to show. */
  readonly fields: readonly OtherField[];
  /** Its octets, decoded; not safe to show. */
  readonly octets: Uint8Array;
}

const KINDS: Readonly<Record<string, ReturnedOriginal['kind']>> = {
  'message/rfc822': 'message',
  'message/global': 'message',
  'text/rfc822-headers': 'headers',
  'message/global-headers': 'headers',
};
const LIMITS = { most: 200, longest: 10_000 };
const LONGEST_HEADER = 1024 * 1024;

/** The first of the parts that can be an original. */
export function readOriginal(
  parts: readonly MimePart[],
  remark: (what: string) => void,
): ReturnedOriginal | null {
  const part = parts.find(({ type }) => Object.hasOwn(KINDS, type.name));
  const kind = KINDS[part?.type.name ?? ''];
  if (part === undefined || kind === undefined) return null;
  const octets = decodeBody(part);
  if (octets === null) {
    remark('the original is in a form that nobody knows');
    return null;
  }
  const { fields } = readFields(octets.toString('utf8', 0, LONGEST_HEADER), LIMITS);
  return {
    kind,
    messageId: readMessageId(fieldOf(fields, 'message-id')),
    fields: fields.map(({ name, value }) => ({ name, value: printable(value, LIMITS.longest) })),
    octets,
  };
}
