/**
 * The field in which a server writes down what a check said, for whoever reads the message later (SPF-14).
 * Standard: RFC 7208 §9.1.
 */
import type { SpfOutcome, SpfSession } from './check.js';

const LONGEST_VALUE = 250;
const DOT_ATOM = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;

/** A value as dot-atom or quoted string; what is not visible ASCII becomes `?`. */
function formatValue(text: string): string {
  const ascii = text.slice(0, LONGEST_VALUE).replaceAll(/[^ -~]/gu, '?');
  return DOT_ATOM.test(ascii) ? ascii : `"${ascii.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** The field with its line end, one pair a line. It belongs above the Received field of the same server. */
export function composeReceivedSpf(outcome: SpfOutcome, session: SpfSession): string {
  const { decisive } = outcome;
  const pairs: readonly (readonly [string, string | null])[] = [
    ['receiver', session.receiver ?? 'unknown'],
    ['client-ip', session.ip],
    ['envelope-from', session.mailFrom === '' ? null : session.mailFrom],
    ['helo', session.ehlo],
    ['identity', decisive.identity],
    ['mechanism', decisive.term],
    ['problem', decisive.problem],
  ];
  const lines = pairs.flatMap(([key, value]) => (value === null ? [] : [`\t${key}=${formatValue(value)};`]));
  return `${[`Received-SPF: ${outcome.result}`, ...lines].join('\r\n')}\r\n`;
}
