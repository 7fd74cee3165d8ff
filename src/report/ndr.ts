/**
 * From a job and what became of its recipients to the report that its sender gets, or to the word that nobody gets one.
 *
 *   1 whom to tell    nobody about a report or a null reverse-path (DSN-10, Q-7, Q-28); each recipient's NOTIFY decides
 *                     (DSN-8, DSN-11, DSN-12); those who would get none are not listed (DSN-14)
 *   2 what to say     the real cause rather than "expired" (DSN-33); the server's words only where they decided (DSN-31)
 *   3 what to return  the header; less where the way back is less safe (DSN-19); all only with RET=FULL (DSN-24)
 *
 * The id of a report follows from job, action and recipients, so that it can serve as its idempotency key (DSN-13).
 * Failure: ConfigError for wrong settings; a message that cannot be read any more goes back as its header.
 * Standards: RFC 3461 §5.2, §6; RFC 3464; RFC 5321 §3.6.3, §6.1.
 */
import { createHash } from 'node:crypto';
import { canonicalDomain } from '../core/domain.js';
import type { Context } from '../core/context.js';
import { describeReason, type Reason } from '../core/reasons.js';
import type { Job, JobRecipient } from '../deliver/job.js';
import type { Outcome } from '../deliver/outcome.js';
import {
  composeDsn,
  type DsnAction,
  type DsnOriginal,
  type DsnRecipient,
  type Language,
} from '../dsn/compose.js';
import type { Address } from '../message/address.js';
import type { Envelope } from '../message/envelope.js';
import type { Message } from '../message/source.js';
import { levels } from '../policy/compare.js';
import type { Level } from '../policy/plan.js';

/** What the host wants of its reports. */
export interface NdrSettings {
  /** The name of this host. */
  readonly reportingMta: string;
  /** Default: postmaster at `reportingMta`. */
  readonly from?: string;
  /** Default `en`. */
  readonly language?: Language;
  /** `ended`: these recipients have ended, what is not delivered has failed; `delayed`: they wait and are tried further. */
  readonly occasion: 'ended' | 'delayed';
  /** Class of the domain that the report goes to; null: not known, then as little as possible goes back (DSN-19). */
  readonly returnLevel: Level | null;
}

/** A report, or why there is none. */
export type Ndr =
  | {
      readonly kind: 'report';
      /** The same for the same report. */
      readonly id: string;
      readonly action: 'failed' | 'delayed' | 'relayed';
      readonly to: Address;
      /** From `<>`, NOTIFY=NEVER, no RET (DSN-15). */
      readonly envelope: Envelope;
      /** Canonical octets. */
      readonly message: Uint8Array;
      /** Whom it is about. */
      readonly recipients: readonly string[];
      /** Who failed and is not in it, because NOTIFY forbids. */
      readonly suppressed: readonly string[];
    }
  /** Somebody failed and nobody may be told by mail: tell the operator. */
  | {
      readonly kind: 'suppressed';
      readonly why: 'null-reverse-path' | 'notify';
      readonly suppressed: readonly string[];
    }
  /** There is nothing to tell. */
  | { readonly kind: 'none' };

type Told = { readonly outcome: Outcome; readonly recipient: JobRecipient; readonly action: DsnAction };

/** DSN-24: larger messages go back as their header. */
const MAX_RETURNED = 256 * 1024;

/** Whether there is anything to tell of these outcomes, to the sender or, in his place, to the operator. */
export function isWorthTelling(
  job: Job,
  outcomes: readonly Outcome[],
  occasion: NdrSettings['occasion'],
): boolean {
  const { told, suppressed } = chooseTold(job, outcomes, occasion);
  return told.length > 0 || suppressed.length > 0;
}

/**
 * Makes the report about `outcomes`, all of recipients of `job`.
 * @throws ConfigError
 */
export async function composeNdr(
  job: Job,
  outcomes: readonly Outcome[],
  settings: NdrSettings,
  ctx: Context,
): Promise<Ndr> {
  const { told, suppressed } = chooseTold(job, outcomes, settings.occasion);
  const to = job.envelope.from;
  // DSN-10, Q-7: never about a report, never to the null reverse-path.
  if (to === null || job.kind === 'report') {
    const failed = [...told.filter(({ action }) => action === 'failed').map(nameOf), ...suppressed];
    return failed.length === 0
      ? { kind: 'none' }
      : { kind: 'suppressed', why: 'null-reverse-path', suppressed: failed };
  }
  if (told.length === 0) {
    return suppressed.length === 0 ? { kind: 'none' } : { kind: 'suppressed', why: 'notify', suppressed };
  }
  const action = (['failed', 'delayed', 'relayed'] as const).find((one) =>
    told.some((each) => each.action === one),
  );
  const id = idOf(job, told);
  const message = composeDsn({
    reportingMta: settings.reportingMta,
    ...(settings.from === undefined ? {} : { from: settings.from }),
    ...(settings.language === undefined ? {} : { language: settings.language }),
    to: to.path,
    recipients: told.map((each) => describeTold(each, job)),
    original: await chooseOriginal(job, settings, action === 'failed', ctx),
    now: ctx.clock.now(),
    messageId: `<${id}@${canonicalDomain(settings.reportingMta) ?? to.domain}>`,
    logId: job.id,
  });
  return {
    kind: 'report',
    id,
    action: action ?? 'failed',
    to,
    envelope: {
      from: null,
      recipients: [{ address: to, notify: 'never', originalRecipient: null }],
      ret: null,
      envelopeId: null,
    },
    message,
    recipients: told.map(nameOf),
    suppressed,
  };
}

const nameOf = ({ outcome }: Told): string => outcome.recipient;

function chooseTold(
  job: Job,
  outcomes: readonly Outcome[],
  occasion: NdrSettings['occasion'],
): { told: Told[]; suppressed: string[] } {
  const told: Told[] = [];
  const suppressed: string[] = [];
  for (const outcome of outcomes) {
    const recipient = job.recipients.find(({ address }) => address.text === outcome.recipient);
    if (recipient === undefined) continue;
    const action = actionOf(outcome, recipient, occasion);
    if (action === 'suppressed') suppressed.push(outcome.recipient);
    else if (action !== null) told.push({ outcome, recipient, action });
  }
  return { told, suppressed };
}

/** NOTIFY of one recipient against what happened; null: nothing to tell. */
function actionOf(
  outcome: Outcome,
  { notify }: JobRecipient,
  occasion: NdrSettings['occasion'],
): DsnAction | 'suppressed' | null {
  const asksFor = (what: 'success' | 'failure' | 'delay'): boolean =>
    notify !== null && notify !== 'never' && notify.includes(what);
  if (outcome.state === 'delivered') {
    // DSN-8: a server that knows DSN takes over the duty.
    return asksFor('success') && !outcome.dsnOffered && occasion === 'ended' ? 'relayed' : null;
  }
  // DSN-12.
  if (occasion === 'delayed') return notify === null || asksFor('delay') ? 'delayed' : null;
  // DSN-11.
  return notify === null || asksFor('failure') ? 'failed' : 'suppressed';
}

function describeTold({ outcome, recipient, action }: Told, job: Job): DsnRecipient {
  const cause = causeOf(outcome, recipient);
  const row = cause.reason === null ? null : describeReason(cause.reason);
  // DSN-31: what a policy refuses is decided here, whatever a server said on the way.
  const isPolicy = row?.effect === 'hold';
  const remote =
    outcome.reply !== null && outcome.host !== null && !isPolicy
      ? { host: outcome.host, ...outcome.reply }
      : null;
  const gaveUp = outcome.state !== 'failed' && outcome.state !== 'delivered';
  return {
    address: recipient.address.path,
    originalRecipient: recipient.originalRecipient,
    action,
    status: cause.status,
    reason: cause.reason,
    detail: cause.detail,
    unproven: outcome.reply !== null && !outcome.reply.secure,
    remote,
    attemptedHost: outcome.host,
    lastAttempt: job.attempts === 0 && outcome.reason === 'queue-expired' ? null : outcome.at,
    failingSince: recipient.heldSince ?? (gaveUp ? job.createdAt : null),
    retryUntil: action === 'delayed' ? job.expiresAt : null,
    insecure: isPolicy,
  };
}

/** DSN-33: behind "expired" stands what failed before; DSN-32: its status stays as it is, 4.x.x as well. */
function causeOf(
  outcome: Outcome,
  recipient: JobRecipient,
): { readonly reason: Reason | null; readonly detail: string; readonly status: string } {
  const { reason, detail, status } = outcome;
  const before = recipient.reason;
  if (reason !== 'queue-expired' || before === null || before === 'queue-expired') {
    return { reason, detail, status };
  }
  return { reason: before, detail: recipient.detail, status: describeReason(before).status };
}

/** DSN-19, DSN-24: what of the original goes back. */
async function chooseOriginal(
  job: Job,
  settings: NdrSettings,
  failed: boolean,
  ctx: Context,
): Promise<DsnOriginal> {
  const { message, envelope } = job;
  const original = {
    header: message.header,
    messageId: message.messageId,
    envelopeId: envelope.envelopeId,
    arrivalDate: job.createdAt,
  };
  const { returnLevel } = settings;
  if (returnLevel === null || levels.indexOf(returnLevel) < levels.indexOf(job.floor.level)) {
    return { ...original, give: 'minimal' };
  }
  const wanted = failed && envelope.ret === 'full' && message.size <= MAX_RETURNED;
  // DSN-25: 8-bit content goes back as its header.
  if (!wanted || message.eightBitBody || message.eightBitHeader) return { ...original, give: 'headers' };
  const content = await readAll(message, ctx);
  return content === null ? { ...original, give: 'headers' } : { ...original, give: 'full', content };
}

/** null: it cannot be read any more, which is no reason to tell the sender nothing. */
async function readAll(message: Message, ctx: Context): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of message.open(ctx)) chunks.push(chunk);
  } catch {
    ctx.signal.throwIfAborted();
    return null;
  }
  return Buffer.concat(chunks);
}

function idOf(job: Job, told: readonly Told[]): string {
  const what = told.map(({ action, recipient }) => `${action} ${recipient.address.path}`).sort();
  return `ndr.${createHash('sha256')
    .update([job.id, ...what].join('\n'))
    .digest('hex')
    .slice(0, 24)}`;
}
