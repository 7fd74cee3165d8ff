/**
 * A strict reader for DER (X.690), as far as certificates need it. Pure and bounded: every length is held against what
 * is there, indefinite and non-minimal lengths are refused, depth is limited by the callers, which never recurse freely.
 * Failure: a ConfigError `certificate-unreadable`.
 */
import { ConfigError } from '../core/errors.js';

/** One element: its tag octet, its content, and all of its octets. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly raw: Uint8Array;
}

/** Universal tags that certificates use. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const;

/** The error of everything that cannot be read. */
export function unreadable(what: string): ConfigError {
  return new ConfigError('certificate-unreadable', `certificate: expected DER (RFC 5280), found ${what}`);
}

/** Reads the element that starts at `offset`. */
export function readElement(octets: Uint8Array, offset = 0): DerElement {
  const tag = octets[offset];
  const first = octets[offset + 1];
  if (tag === undefined || first === undefined) throw unreadable('the end of the data');
  if ((tag & 0x1f) === 0x1f) throw unreadable('a tag of several octets');
  let length = first;
  let start = offset + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw unreadable('a length that is not definite and short');
    length = 0;
    for (let i = 0; i < count; i += 1) length = length * 256 + (octets[start + i] ?? 0);
    if (length < 0x80 || octets[start] === 0) throw unreadable('a length that is not minimal');
    start += count;
  }
  if (start + length > octets.length) throw unreadable('an element longer than its container');
  return {
    tag,
    content: octets.subarray(start, start + length),
    raw: octets.subarray(offset, start + length),
  };
}

/** The elements within a constructed one, at most `max` of them. */
export function readChildren(parent: Uint8Array, max = 4096): DerElement[] {
  const children: DerElement[] = [];
  for (let offset = 0; offset < parent.length;) {
    if (children.length === max) throw unreadable(`more than ${max} elements in one`);
    const child = readElement(parent, offset);
    children.push(child);
    offset += child.raw.length;
  }
  return children;
}

/** The content of an element that must have this tag. */
export function expectTag(element: DerElement | undefined, tag: number, what: string): DerElement {
  if (element === undefined || element.tag !== tag) throw unreadable(`no ${what}`);
  return element;
}

/** The one element that the octets are, with this tag and nothing behind it. */
export function readOnly(octets: Uint8Array, tag: number, what: string): DerElement {
  const element = expectTag(readElement(octets), tag, what);
  if (element.raw.length !== octets.length) throw unreadable(`octets behind the ${what}`);
  return element;
}

/** An OBJECT IDENTIFIER in dotted form. */
export function readOid(content: Uint8Array): string {
  const arcs: number[] = [];
  let value = 0;
  // X.690 §8.19.2: no padding and no unfinished arc, so that one identifier cannot be written as two.
  if ((content.at(-1) ?? 0) >= 0x80) throw unreadable('an object identifier that does not end');
  for (const octet of content) {
    if (value === 0 && octet === 0x80) throw unreadable('an object identifier that is not minimal');
    value = value * 128 + (octet & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER / 128) throw unreadable('an object identifier that is too large');
    if (octet < 0x80) {
      if (arcs.length === 0) {
        const top = Math.min(2, Math.floor(value / 40));
        arcs.push(top, value - top * 40);
      } else arcs.push(value);
      value = 0;
    }
  }
  if (arcs.length === 0) throw unreadable('an empty object identifier');
  return arcs.join('.');
}

/** A BOOLEAN: DER writes true as FF. */
export function readBoolean(element: DerElement): boolean {
  const [octet] = element.content;
  if (element.content.length !== 1 || (octet !== 0 && octet !== 0xff)) throw unreadable('no boolean');
  return octet === 0xff;
}

/** A small non-negative INTEGER. */
export function readSmallInteger(element: DerElement): number {
  const { content } = element;
  if (content.length === 0 || content.length > 4 || (content[0] ?? 0) >= 0x80) {
    throw unreadable('an integer that is negative or too large');
  }
  return content.reduce((value, octet) => value * 256 + octet, 0);
}

/** An INTEGER of any size as hex without leading zero octets: the form of a serial number. */
export function readHexInteger(element: DerElement): string {
  return Buffer.from(element.content)
    .toString('hex')
    .replace(/^(00)+(?=..)/, '');
}

/** The octets of a BIT STRING without the count of unused bits. */
export function readBits(element: DerElement): Uint8Array {
  if ((element.content[0] ?? 8) > 7) throw unreadable('a bit string without its count of unused bits');
  return element.content.subarray(1);
}

/** Times of RFC 5280 §4.1.2.5: UTCTime and GeneralizedTime in seconds and Zulu; milliseconds since the epoch. */
export function readTime(element: DerElement): number {
  const text = Buffer.from(element.content).toString('latin1');
  const match =
    element.tag === TAG.utcTime
      ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
      : element.tag === TAG.generalizedTime
        ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
        : null;
  if (match === null) throw unreadable(`the time ${JSON.stringify(text.slice(0, 30))}`);
  if (text === '99991231235959Z') return Number.POSITIVE_INFINITY;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  // RFC 5280 §4.1.2.5.1: two digits below 50 are 20YY.
  const full = element.tag === TAG.utcTime ? (year < 50 ? 2000 + year : 1900 + year) : year;
  const time = Date.UTC(full, month - 1, day, hour, minute, second);
  const back = new Date(time);
  if (
    back.getUTCFullYear() !== full ||
    back.getUTCMonth() !== month - 1 ||
    back.getUTCDate() !== day ||
    hour > 23 ||
    minute > 59 ||
    second > 59
  ) {
    throw unreadable(`the time ${text}`);
  }
  return time;
}
