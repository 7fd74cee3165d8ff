/**
 * The fields of a header section, each with its place, so that a field can be taken out and nothing else changes by one
 * octet. Text is latin1 on purpose: one character is one octet.
 * Failure: ConfigError `message-malformed` with the line. Standard: RFC 5322 §2.2.
 */
import { messageError } from './line-scan.js';

/** One field. `start` and `end` are octets of the section, `end` behind the final CRLF. */
export interface HeaderField {
  /** As written. */
  readonly name: string;
  /** In lower case. */
  readonly key: string;
  /** Unfolded, without surrounding space; latin1. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
  /** Number of its first line, from 1. */
  readonly line: number;
}

/**
 * The fields of a canonical header section (lines end in CRLF; an empty line may end it).
 * @throws ConfigError `message-malformed`
 */
export function parseFields(header: Uint8Array): readonly HeaderField[] {
  const text = Buffer.from(header.buffer, header.byteOffset, header.byteLength).toString('latin1');
  const fields: HeaderField[] = [];
  let at = 0;
  let line = 1;
  while (at < text.length && !text.startsWith('\r\n', at)) {
    let end = endOfLine(text, at);
    let lines = 1;
    while (text[end] === ' ' || text[end] === '\t') {
      end = endOfLine(text, end);
      lines += 1;
    }
    fields.push(parseField(text.slice(at, end), { start: at, end, line }));
    at = end;
    line += lines;
  }
  return fields;
}

function endOfLine(text: string, from: number): number {
  const crlf = text.indexOf('\r\n', from);
  return crlf === -1 ? text.length : crlf + 2;
}

function parseField(text: string, place: Pick<HeaderField, 'start' | 'end' | 'line'>): HeaderField {
  // RFC 5322 §2.2: a name is printable ASCII without colon; the old form with space before the colon is refused.
  const colon = text.indexOf(':');
  const name = text.slice(0, Math.max(0, colon));
  if (!/^[!-9;-~]+$/.test(name)) {
    throw messageError(
      'message-malformed',
      `line ${place.line}`,
      text.startsWith('From ')
        ? 'A mailbox file puts this line in front; it is not part of the message.'
        : 'It is no header field (name, colon, value), and no empty line ended the header before it.',
    );
  }
  const value = text
    .slice(colon + 1)
    .replaceAll('\r\n', '')
    .trim();
  return { name, key: name.toLowerCase(), value, ...place };
}
