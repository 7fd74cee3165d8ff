/**
 * Fields of a message as it came back: saved by a mail program, pasted, or fetched, with any line ends. Unlike the reader of
 * messages that are to be sent, this one forgives everything and is bounded in everything.
 * Standards: RFC 5322 §2.2 (fields and folding), RFC 5321 §4.4 (newest first).
 */

/** One field. */
export interface ReceivedField {
  /** Line of the message where it begins, from 1. */
  readonly line: number;
  /** Unfolded. */
  readonly value: string;
  /** False: it is longer than any real one, and `value` is its beginning. */
  readonly whole: boolean;
}

/** Octets of a header that are looked at. */
const LONGEST_HEADER = 1_000_000;
/** RFC 5321 §6.3 calls 100 a loop; twice as many are read. */
const MOST_FIELDS = 200;
/** Characters of a field that are looked at. */
const LONGEST_FIELD = 10_000;

/** The fields of this name in the order of the message, and whether anything was left out because it was too much. */
export function readFields(
  message: Uint8Array | string,
  name: string,
): {
  readonly fields: readonly ReceivedField[];
  readonly complete: boolean;
} {
  const whole =
    typeof message === 'string'
      ? message.slice(0, LONGEST_HEADER)
      : Buffer.from(message.subarray(0, LONGEST_HEADER)).toString('utf8');
  const end = /(?:\r\n|\n|\r(?!\n)){2}/.exec(whole)?.index;
  const lines = whole.slice(0, end).split(/\r\n|\n|\r/);
  const fields: { line: number; value: string; whole: boolean }[] = [];
  let complete = end !== undefined || message.length <= LONGEST_HEADER;
  let open: (typeof fields)[number] | null = null;
  for (const [index, line] of lines.entries()) {
    const isFolded = /^[\t ]/.test(line);
    const value = isFolded ? line : valueOf(line, name);
    if (!isFolded) open = null;
    if (value === undefined) continue;
    if (!isFolded) {
      if (fields.length >= MOST_FIELDS) {
        complete = false;
        continue;
      }
      open = { line: index + 1, value: '', whole: true };
      fields.push(open);
    }
    if (open === null || !open.whole) continue;
    open.whole = open.value.length + value.length <= LONGEST_FIELD;
    if (open.whole) open.value = `${open.value} ${value.trim()}`.trim();
  }
  return { fields, complete: complete && fields.every(({ whole }) => whole) };
}

/** What stands behind the colon of a line that begins a field of this name. */
function valueOf(line: string, name: string): string | undefined {
  if (line.slice(0, name.length).toLowerCase() !== name.toLowerCase()) return undefined;
  return /^[\t ]*:(.*)$/s.exec(line.slice(name.length))?.[1];
}
