/**
 * Why a message is no report that can be read, in words for the log and for whoever wonders.
 */
import { printable } from '../core/printable.js';
import { fieldOf, type MimePart } from './mime.js';

/** A message that is no report by RFC 3464 or RFC 8098. */
export interface NoReport {
  readonly kind: 'not-a-report';
  readonly why:
    /** Any other mail, bounces of older servers included. */
    | 'not-multipart-report'
    /** A report on something else: abuse, TLS, DMARC. */
    | 'other-report-type'
    /** It names no boundary, or that boundary never comes. */
    | 'no-parts'
    /** A report of its type must have a machine-readable part. */
    | 'status-part-missing'
    /** That part says nothing of a recipient, or is in a form that nobody knows. */
    | 'status-unreadable';
  /** In words, safe to show. */
  readonly text: string;
}

const TEXTS: Readonly<Record<NoReport['why'], (type: string) => string>> = {
  'not-multipart-report': (type) => `It is ${type}, not multipart/report.`,
  'other-report-type': (type) => `It is ${type}, which is no report on a delivery or a reader.`,
  'no-parts': () => 'It is multipart/report, but its boundary is not named or never comes.',
  'status-part-missing': (type) => `It is ${type}, but the machine-readable part of that type is missing.`,
  'status-unreadable': () =>
    'Its machine-readable part names no recipient with an action, or no disposition, that can be read.',
};

/** Bounces that people know and machines should not guess at. */
const KNOWN_BOUNCES: readonly (readonly [pattern: RegExp, text: string])[] = [
  [/^\s*Hi\. This is the\b/, ' It looks like a bounce of qmail (QSBMF), which is text for people.'],
];

/** The reason in words; a kind of bounce that is known is named. */
export function explainNoReport(why: NoReport['why'], { fields, type, body }: MimePart): NoReport {
  const reportType = type.parameters.get('report-type');
  const shown = `${type.name}${reportType === undefined ? '' : ` with report-type ${reportType}`}`;
  const known =
    fieldOf(fields, 'x-failed-recipients') === null
      ? KNOWN_BOUNCES.find(([pattern]) => pattern.test(body.slice(0, 200)))?.[1]
      : ' X-Failed-Recipients stands in its header, so it looks like a bounce of Exim, whose text is for people.';
  return { kind: 'not-a-report', why, text: printable(TEXTS[why](shown), 300) + (known ?? '') };
}
