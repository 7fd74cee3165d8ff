/**
 * Reads the content of a message behind 354: finds the line that ends it and takes the stuffed dots out. Strictly, only
 * CRLF `.` CRLF ends a message (RFC 5321 §4.1.1.4); laxly, any mixture of CR and LF around the dot does (AT-20).
 */

/** A whole message and what came behind it. */
export interface Content {
  readonly raw: Buffer;
  readonly content: Buffer;
  readonly rest: Buffer;
}

/** Takes octets until the message is whole. */
export interface ContentReader {
  push(octets: Buffer): Content | null;
}

const ENDS = { strict: /\r\n\.\r\n/, lax: /(?:\r\n|\n|\r)\.(?:\r\n|\n|\r)/ };
/** Octets of an end that may already have come: all but one of the longest. */
const OVERLAP = 4;
const CRLF = Buffer.from('\r\n');

/** Starts reading a message. */
export function createContentReader(ends: 'strict' | 'lax'): ContentReader {
  // The CRLF of the DATA line counts: a message that is one dot is empty.
  const held: Buffer[] = [CRLF];
  let size = CRLF.length;
  let tail = CRLF;
  return {
    push(octets) {
      const window = Buffer.concat([tail, octets]);
      const found = ENDS[ends].exec(window.toString('latin1'));
      held.push(octets);
      size += octets.length;
      if (found === null) {
        tail = window.subarray(-OVERLAP);
        return null;
      }
      const all = Buffer.concat(held);
      const start = size - window.length + found.index;
      // The line end before the dot belongs to the message.
      const lineEnd = found[0].indexOf('.');
      const raw = all.subarray(CRLF.length, Math.max(CRLF.length, start + lineEnd));
      return { raw, content: unstuff(raw), rest: all.subarray(start + found[0].length) };
    },
  };
}

/** RFC 5321 §4.5.2: a leading dot is taken away from each line. */
function unstuff(raw: Buffer): Buffer {
  return Buffer.from(raw.toString('latin1').replace(/(^|\r\n)\./g, '$1'), 'latin1');
}
