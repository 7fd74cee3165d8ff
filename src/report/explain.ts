/**
 * An outcome in words, for the person who has to act: what is wrong, who can mend it and how, what becomes of the mail.
 * Everything that comes from servers and certificates is escaped and capped (AT-50); what was read before TLS began is
 * marked as nobody's word (AT-5).
 */
import { formatMoment } from '../core/moment.js';
import { printable } from '../core/printable.js';
import { describeReason, type Fixer } from '../core/reasons.js';
import type { Outcome } from '../deliver/outcome.js';
import type { Plan } from '../policy/plan.js';

/** What is known beside the outcome; what is absent is not mentioned. Times are milliseconds since the epoch. */
export interface ExplainOptions {
  readonly now: number;
  readonly plan?: Plan;
  /** Id under which the queue knows the mail. */
  readonly id?: string;
  readonly nextAttempt?: number;
  readonly expiresAt?: number;
}

const WHO: Readonly<Record<Fixer, string>> = {
  sender: 'you',
  recipient: 'recipient',
  network: 'the network between',
  policy: 'whoever set the policy',
};

const MAX_REPLY_LINES = 4;

/** Some lines such as are printed by a command line, a log, or an error. Text only: a host that shows HTML escapes it. */
export function explainOutcome(outcome: Outcome, options: ExplainOptions): string {
  const head = [outcome.reason ?? outcome.state, where(outcome), policyOf(options.plan)];
  const lines = [
    head.filter((part) => part !== '').join('   '),
    ...(outcome.reason === null ? [] : causes(outcome)),
    ...replyLines(outcome),
    ...checkLines(outcome),
    fate(outcome, options),
  ];
  return lines.join('\n  ');
}

function where(outcome: Outcome): string {
  const recipient = printable(outcome.recipient, 320);
  if (outcome.host === null) return recipient;
  const address = outcome.address === null ? '' : ` [${printable(outcome.address, 60)}]`;
  return `${recipient} via ${printable(outcome.host, 260)}${address}`;
}

function policyOf(plan: Plan | undefined): string {
  if (plan === undefined) return '';
  const sources = plan.because.map(({ source, ref }) => `${source}${ref === '' ? '' : ` (${ref})`}`);
  return `policy: ${plan.level}, ${printable(sources.join('; ') || 'the default of this sender', 300)}`;
}

function causes(outcome: Outcome): string[] {
  if (outcome.reason === null) return [];
  const row = describeReason(outcome.reason);
  const detail = outcome.detail === '' ? '' : ` ${printable(outcome.detail, 600)}`;
  const clear = outcome.state === 'held' ? ' The message was not sent, neither encrypted nor in clear.' : '';
  return [`${row.says}${detail}`, `To fix (${WHO[row.fixer]}): ${row.remedy}${clear}`];
}

function replyLines(outcome: Outcome): string[] {
  if (outcome.reply === null) return [];
  const { code, lines, secure } = outcome.reply;
  const shown = lines.slice(0, MAX_REPLY_LINES).map((line) => printable(line, 300));
  if (lines.length > MAX_REPLY_LINES) shown.push('...');
  const who = secure ? 'The server said' : 'Read before encryption began, so anybody may have said it';
  return [`${who}: ${code} ${shown.join(' / ')}`];
}

/** The checks that did not hold, beyond the one that decided. */
function checkLines(outcome: Outcome): string[] {
  const checks = outcome.verdict?.checks ?? [];
  return checks
    .filter(({ result }) => result !== 'pass' && result !== 'not-asked')
    .map(
      ({ name, result, want, got }) =>
        `Check ${name}: ${result}, expected ${printable(want, 200)}, got ${printable(got, 300)}`,
    );
}

function fate(outcome: Outcome, options: ExplainOptions): string {
  const what = options.id === undefined ? 'The message' : `Message ${printable(options.id, 100)}`;
  if (outcome.state === 'delivered') return `${what} was delivered at ${formatMoment(outcome.at)}.`;
  if (outcome.state === 'failed') return `${what} is not tried again (status ${outcome.status}).`;
  const kept = {
    held: 'is held: a policy forbids to send it',
    deferred: 'waits: the trouble is temporary',
    unknown: 'may have arrived, nobody knows; it is sent again',
  }[outcome.state];
  const next =
    options.nextAttempt === undefined
      ? ''
      : options.nextAttempt <= options.now
        ? ' Next try now'
        : ` Next try ${formatMoment(options.nextAttempt)}`;
  const end =
    options.expiresAt === undefined
      ? ''
      : ` Gives up ${formatMoment(options.expiresAt)}, then a non-delivery report goes to the sender`;
  return `${what} ${kept}.${[next, end].map((text) => (text === '' ? '' : `${text}.`)).join('')}`;
}
