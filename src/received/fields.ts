/**
 * Fields of a message as it came back: saved by a mail program, pasted, or fetched, with any line ends.
 * Standard: RFC 5321 §4.4 (Received: newest first).
 */
import { type FoundField, readFields } from '../message/read-fields.js';

/** Octets of a header that are looked at. */
const LONGEST_HEADER = 1_000_000;
/** RFC 5321 §6.3 calls 100 Received fields a loop; twice as many are read, and of each more than any real one has. */
const LIMITS = { most: 200, longest: 10_000 };

/** The fields of this name in the order of the message, and whether anything was left out because it was too much. */
export function readFieldsNamed(
  message: Uint8Array | string,
  name: string,
): {
  readonly fields: readonly FoundField[];
  readonly complete: boolean;
} {
  const head =
    typeof message === 'string'
      ? message.slice(0, LONGEST_HEADER)
      : Buffer.from(message.subarray(0, LONGEST_HEADER)).toString('utf8');
  const { fields, next, cut } = readFields(head, { ...LIMITS, only: name.toLowerCase() });
  return { fields, complete: !cut && (next !== null || message.length <= LONGEST_HEADER) };
}
