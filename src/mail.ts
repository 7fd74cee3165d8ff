/**
 * From what a host hands over to what the queue keeps: the envelope is read, the message is read once and checked, the
 * recipients are grouped by domain, and each group gets the plan under which it is accepted (its floor, Q-12).
 * Failure: a ConfigError; nothing was kept. Standards: RFC 5321 §3.3, §4.5.4.1 (one copy per domain, SC-25).
 */
import { publish } from './core/channels.js';
import type { Context } from './core/context.js';
import { ConfigError } from './core/errors.js';
import { refuseUnknownOptions } from './core/options.js';
import { orderedUuid } from './core/ordered-uuid.js';
import type { Floor } from './deliver/job.js';
import { WARN_AFTER_MS } from './deliver/settle.js';
import { domainOf } from './message/address.js';
import { type EnvelopeInput, parseEnvelope, type Recipient } from './message/envelope.js';
import { type MessageInput, type MessageOptions, prepareMessage } from './message/source.js';
import { routedDomains } from './message/source-route.js';
import { asksOfMessage, type MessageAsk, refuseLowering, warnOfHeader } from './policy/from-message.js';
import { floorOf } from './policy/compare.js';
import type { Ask, Plan } from './policy/plan.js';
import type { NewJob, Submission } from './queue/driver.js';

/** A message for `send`: envelope, content, and what it asks beyond the policies of its domains. */
export interface Mail extends Omit<EnvelopeInput, 'recipients'>, MessageAsk {
  /** Recipients, in any domains; each domain is delivered by itself. */
  readonly to: EnvelopeInput['recipients'];
  /** The message, RFC 5322: its octets, `{ path }`, a function that opens a stream anew, or a stream (kept in a file). */
  readonly message: MessageInput;
  /** A second `send` under the same key gives the first receipt and sends nothing. */
  readonly idempotencyKey?: string;
  /** Higher goes first among what is due. Default 0. */
  readonly priority?: number;
  /** Milliseconds since the epoch; not tried before. */
  readonly notBefore?: number;
  /** Overrides the sender's `complete` and `stripBcc` for this message. */
  readonly complete?: boolean;
  readonly stripBcc?: boolean;
}

/** What preparing needs to know of the sender. */
export interface Preparation {
  readonly decide: (domain: string, ask: Ask | null, ctx: Context) => Promise<Plan>;
  readonly message: MessageOptions;
  readonly holdForMs: number | null;
}

const KEYS: readonly (keyof Mail)[] = [
  'from',
  'notify',
  'ret',
  'envelopeId',
  'relayed',
  'to',
  'message',
  'minLevel',
  'minProtocol',
  'requireMxAuth',
  'idempotencyKey',
  'priority',
  'notBefore',
  'complete',
  'stripBcc',
];

/**
 * Reads, checks and groups a mail.
 * @throws ConfigError with the code of the reason: `address-invalid`, `line-too-long`, `policy-lowered`, `option-unknown`, ...
 */
export async function prepareSubmission(mail: Mail, how: Preparation, ctx: Context): Promise<Submission> {
  refuseUnknownOptions(mail, KEYS, 'send');
  const envelope = parseEnvelope({
    from: mail.from,
    recipients: mail.to,
    notify: mail.notify,
    ret: mail.ret,
    envelopeId: mail.envelopeId,
    relayed: mail.relayed,
  });
  const ask = asksOfMessage(mail);
  const now = ctx.clock.now();
  const id = orderedUuid(now);
  const groups = groupByDomain(envelope.recipients);
  const plans = await Promise.all([...groups.keys()].map((domain) => how.decide(domain, ask, ctx)));
  refuseLowering(ask, plans);
  const detours = detoursOf(envelope.recipients);
  if (detours.length > 0) await refuseDetours(detours, how, ctx);
  const message = await prepareMessage(
    mail.message,
    {
      ...how.message,
      ...(mail.complete === undefined ? {} : { complete: mail.complete }),
      ...(mail.stripBcc === undefined ? {} : { stripBcc: mail.stripBcc }),
    },
    ctx,
  );
  for (const told of warnOfHeader(message.header, plans)) publish('policy.warning', told);
  const jobs = [...groups].map(([domain, recipients], index): NewJob => {
    const plan = plans[index] as Plan;
    const floor: Floor = floorOf(plan);
    const expiresAt = now + (how.holdForMs ?? plan.holdForMs);
    return {
      id: `${id}.${index + 1}`,
      domain,
      envelope: { ...envelope, recipients },
      ask,
      floor,
      kind: 'mail',
      createdAt: now,
      notBefore: mail.notBefore ?? now,
      latestAt: Math.min(expiresAt, Math.max(now, mail.notBefore ?? now) + WARN_AFTER_MS),
      expiresAt,
      priority: mail.priority ?? 0,
    };
  });
  return { id, idempotencyKey: mail.idempotencyKey ?? null, message, jobs };
}

/** Recipients by canonical domain (a literal keeps its brackets), in the order of their first mention. */
function groupByDomain(recipients: readonly Recipient[]): Map<string, Recipient[]> {
  const groups = new Map<string, Recipient[]>();
  for (const recipient of recipients) {
    const key = domainOf(recipient.address);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [recipient]);
    else group.push(recipient);
  }
  return groups;
}

/** A domain that is reached by way of another. */
interface Detour {
  readonly to: string;
  readonly by: string;
}

/** The domains that local parts name. */
function detoursOf(recipients: readonly Recipient[]): readonly Detour[] {
  return recipients.flatMap(({ address: { local, domain: by } }) =>
    routedDomains(local).flatMap((to) => (to === by ? [] : [{ to, by }])),
  );
}

/**
 * BITS-5.2.3: an address whose local part names a locked domain would reach it by way of another, whose policy asks less.
 * @throws ConfigError `policy-lowered`
 */
async function refuseDetours(
  detours: readonly Detour[],
  { decide }: Preparation,
  ctx: Context,
): Promise<void> {
  for (const { to, by } of detours) {
    if (!(await decide(to, null, ctx)).locked) continue;
    throw new ConfigError(
      'policy-lowered',
      `to: ${by} is asked to pass mail on to ${to}, to which only TLS of its own leads; write to an address at ${to}`,
    );
  }
}
