/**
 * Text in the forms that mail can carry: quoted-printable bodies, encoded words in a header, ASCII for machine-readable
 * fields. Pure. Standards: RFC 2045 §6.7, RFC 2047 §2, RFC 6533 §3.
 */
import { escapeCharacter } from '../message/utf8-address.js';

const ASCII_TEXT = /^[\t\r\n -~]*$/;
const QP_LINE = 75;
// RFC 2047 §2: 75 characters in all, 12 of them are the frame.
const WORD_OCTETS = 45;

/** True when text can travel as 7bit. */
export function isPlainText(text: string): boolean {
  return ASCII_TEXT.test(text);
}

/** Octets as quoted-printable; line ends of the input are CRLF and stay. */
export function encodeQuotedPrintable(octets: Uint8Array): string {
  return Buffer.from(octets).toString('latin1').split('\r\n').map(encodeLine).join('\r\n');
}

function encodeLine(line: string): string {
  const lines: string[] = [];
  let current = '';
  for (const [index, char] of Array.from(line).entries()) {
    // RFC 2045 §6.7 rule 3: no white space at the end of a line.
    const last = index === line.length - 1;
    const plain = /[!-<>-~]/.test(char) || (/[ \t]/.test(char) && !last);
    const piece = plain ? char : `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
    if (current.length + piece.length > QP_LINE) {
      lines.push(`${current}=`);
      current = '';
    }
    current += piece;
  }
  lines.push(current);
  return lines.join('\r\n');
}

/** Text of an unstructured header field or a display name: as it is when it is ASCII, else encoded words, folded. */
export function encodeWords(text: string): string {
  if (/^[ -~]*$/.test(text)) return text;
  const words: string[] = [];
  let piece = '';
  for (const char of text) {
    if (Buffer.byteLength(piece + char) > WORD_OCTETS) {
      words.push(piece);
      piece = '';
    }
    piece += char;
  }
  words.push(piece);
  return words.map((word) => `=?utf-8?B?${Buffer.from(word).toString('base64')}?=`).join('\r\n ');
}

/**
 * A value for a field of `message/delivery-status`: no control character, no line end, and everything above ASCII as
 * `\x{HEX}` (DSN-22, DSN-30).
 */
export function asciiValue(text: string): string {
  return text.replaceAll(/[^ -~]/gu, escapeCharacter);
}

/**
 * The same for words that somebody else chose, with encoded words taken apart: readers would decode one (RFC 2047) and
 * find line ends and fields in it (AT-22).
 */
export function foreignValue(text: string): string {
  return asciiValue(text).replaceAll('=?', '=\\x{3F}');
}

/** Words of a paragraph in lines of at most `width` characters; a longer word stands alone. */
export function wrapWords(paragraph: string, width = 72): string {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines.join('\r\n');
}
