/**
 * Reads a report that came back: a delivery report (RFC 3464) or a read receipt (RFC 8098), in the traditional types or those
 * for internationalised mail (RFC 6533), in any mix.
 *
 *   1 message       multipart/report, or it is no report
 *   2 parts         at most 20; the machine-readable one, the text for people, the original
 *   3 status        `parse-delivery.ts` or `parse-disposition.ts`
 *
 * Forgiving in form and bounded in everything. What is no report by these standards is said to be none, with the reason: other
 * bounces exist (qmail, old Exim), and guessing at their text would turn anybody's words into facts. A report is a claim: who
 * acts on one matches it first (`match.ts`).
 * Failure: none, whatever came.
 */
import { refuseUnknownOptions } from '../core/options.js';
import { printable } from '../core/printable.js';
import { decodeBody, decodeText, fieldOf, type MimePart, readPart, splitParts } from './mime.js';
import { type DeliveryStatus, readDeliveryStatus } from './parse-delivery.js';
import { type DispositionStatus, readDisposition } from './parse-disposition.js';
import { explainNoReport, type NoReport } from './parse-no-report.js';
import { type ReturnedOriginal, readOriginal } from './parse-original.js';
import { readMessageId } from './parse-values.js';

/** What the two kinds of report have in common. */
interface Common {
  /** Of the report itself, with angle brackets. */
  readonly messageId: string | null;
  /** The part for people, safe to show; at most 20,000 characters. */
  readonly text: string | null;
  /** What came back of the message; null: nothing that can be read. */
  readonly original: ReturnedOriginal | null;
  /** What is not as the standards want it, and what was too much to read. */
  readonly remarks: readonly string[];
}

/** What a mail server says of a delivery. */
export interface DeliveryReport extends Common, DeliveryStatus {
  readonly kind: 'delivery';
}

/** What a reader's mail program says of a message: a read receipt. */
export interface DispositionReport extends Common, DispositionStatus {
  readonly kind: 'disposition';
}

/** Facts about the way of a report that do not stand in it. */
export interface ReadReportOptions {
  /** Its reverse-path; null or `''`: the null one, as it must be (RFC 3464 §2). Default: not known. */
  readonly envelopeFrom?: string | null;
}

const LONGEST_MESSAGE = 10 * 1024 * 1024;
const LONGEST_STATUS = 1024 * 1024;
const LONGEST_TEXT = 20_000;
const MOST_PARTS = 20;
const DEEPEST_TEXT = 4;
/** By report-type. */
const STATUS_TYPES: ReadonlyMap<string, readonly string[]> = new Map([
  ['delivery-status', ['message/delivery-status', 'message/global-delivery-status']],
  [
    'disposition-notification',
    ['message/disposition-notification', 'message/global-disposition-notification'],
  ],
]);

/**
 * Reads a whole message, header and body, of which the first 10 MiB count.
 * @throws ConfigError `option-unknown`
 */
export function readReport(
  message: Uint8Array | string,
  options: ReadReportOptions = {},
): DeliveryReport | DispositionReport | NoReport {
  refuseUnknownOptions(options, ['envelopeFrom'], 'readReport');
  const remarks = new Set<string>();
  const remark = (what: string): void => void remarks.add(what);
  const whole = readPart(beginningOf(message, remark));
  if (whole.cut) remark('the header has more fields, or longer ones, than are read');
  if (whole.type.name !== 'multipart/report') return explainNoReport('not-multipart-report', whole);
  const asked = whole.type.parameters.get('report-type')?.toLowerCase() ?? null;
  const types = asked === null ? [...STATUS_TYPES.values()].flat() : STATUS_TYPES.get(asked);
  if (types === undefined) return explainNoReport('other-report-type', whole);
  if (asked === null) remark('the type of the report is not named');
  const split = splitParts(whole, MOST_PARTS);
  if (split === null) return explainNoReport('no-parts', whole);
  if (!split.closed) remark('the last part is cut off, or there are more than are read');
  const at = split.parts.findIndex(({ type }) => types.includes(type.name));
  const part = split.parts[at];
  if (part === undefined) return explainNoReport('status-part-missing', whole);
  if (at !== 1) remark('the machine-readable part is not the second');
  if (options.envelopeFrom) remark('it did not come from the null reverse-path, as a report must');
  const status = readStatusPart(part, remark);
  if (status === null) return explainNoReport('status-unreadable', whole);
  const original = readOriginal(split.parts.slice(at + 1), remark);
  return {
    ...status,
    messageId: readMessageId(fieldOf(whole.fields, 'message-id')),
    text: readHumanText(split.parts.slice(0, at), DEEPEST_TEXT),
    original,
    remarks: [...remarks],
  };
}

/** As latin1: one character is one octet. */
function beginningOf(message: Uint8Array | string, remark: (what: string) => void): string {
  const octets = Buffer.from(message.slice(0, LONGEST_MESSAGE + 1));
  if (octets.length > LONGEST_MESSAGE) remark('it is longer than what is read');
  return octets.toString('latin1', 0, LONGEST_MESSAGE);
}

function readStatusPart(
  part: MimePart,
  remark: (what: string) => void,
):
  | ({ readonly kind: 'delivery' } & DeliveryStatus)
  | ({ readonly kind: 'disposition' } & DispositionStatus)
  | null {
  const octets = decodeBody(part);
  if (octets === null) return null;
  if (octets.length > LONGEST_STATUS) remark('the machine-readable part is longer than what is read');
  // RFC 6533: UTF-8 in the global types. In the others it should not be, and some servers write it all the same.
  const text = octets.toString('utf8', 0, LONGEST_STATUS);
  if (part.type.name.endsWith('delivery-status')) {
    const status = readDeliveryStatus(text, remark);
    return status === null ? null : { kind: 'delivery', ...status };
  }
  const status = readDisposition(text, remark);
  return status === null ? null : { kind: 'disposition', ...status };
}

/** The first plain text among the parts, in a multipart among them as well. */
function readHumanText(parts: readonly MimePart[], depth: number): string | null {
  for (const part of parts) {
    const inner = part.type.name.startsWith('multipart/') && depth > 0 ? splitParts(part, MOST_PARTS) : null;
    const text = inner === null ? readPlain(part) : readHumanText(inner.parts, depth - 1);
    if (text !== null) return text;
  }
  return null;
}

function readPlain(part: MimePart): string | null {
  if (part.type.name !== 'text/plain') return null;
  const text = decodeText({ ...part, body: part.body.slice(0, 4 * LONGEST_TEXT) });
  if (text === null) return null;
  const lines = text.slice(0, LONGEST_TEXT).split(/\r\n|\n|\r/);
  return lines
    .map((line) => printable(line, 2000))
    .join('\n')
    .trim();
}
