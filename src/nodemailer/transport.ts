/**
 * A transport for nodemailer 6 to 10, written against the shape of its transport contract and not against its types, so
 * that no type of nodemailer stands in ours.
 *
 * Direct mode (`enforcedTls({ ehloName, default })`): one attempt now; `sendMail` resolves with nodemailer's info and a
 * receipt per recipient when at least one recipient has the message, and rejects with `code` (a Reason) and `outcomes`
 * when none has. Queue mode (`enforcedTls({ sender })`): `sendMail` resolves when the message has been put.
 * The message goes out as nodemailer composed it: not an octet is changed (FAQ-10).
 */
import type { Readable } from 'node:stream';
import { createEngine, type Engine } from '../engine.js';
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { describeReason, type Reason } from '../core/reasons.js';
import type { Outcome } from '../deliver/outcome.js';
import { explainOutcome } from '../report/explain.js';
import type { Mail } from '../mail.js';
import type { EngineOptions } from '../sender-options.js';
import { summarise, type DeliveryReceipt } from '../receipt.js';

type Maybe<T> = T | null | undefined;

/** Nodemailer's request for reports (RFC 3461). */
export interface DsnRequest {
  readonly id?: Maybe<string>;
  /** Another name for `id`. */
  readonly envid?: Maybe<string>;
  readonly return?: Maybe<string>;
  /** Another name for `return`. */
  readonly ret?: Maybe<string>;
  readonly notify?: Maybe<string | readonly string[]>;
  readonly recipient?: Maybe<string>;
  /** Another name for `recipient`. */
  readonly orcpt?: Maybe<string>;
}

/**
 * What nodemailer hands to a transport, as far as it is read here. `null` and `undefined` are spelt out as in nodemailer's
 * own types: else the transport would not fit there, and `sendMail` would lose the type of its result.
 */
export interface MailMessage {
  readonly data: {
    readonly dsn?: Maybe<DsnRequest>;
    readonly abortSignal?: Maybe<AbortSignal>;
    readonly signal?: Maybe<AbortSignal>;
  };
  readonly message: {
    getEnvelope(): { readonly from: string | false; readonly to: readonly string[] };
    messageId(): string;
    createReadStream(): Readable;
  };
}

/** What `sendMail` resolves with. */
export interface SentInfo {
  readonly envelope: { readonly from: string | false; readonly to: readonly string[] };
  readonly messageId: string;
  readonly accepted: readonly string[];
  readonly rejected: readonly string[];
  readonly response: string;
  /** Direct mode: one for each recipient. Queue mode: empty, see `id`. */
  readonly receipts: readonly DeliveryReceipt[];
  /** Queue mode: the id under which `sender.status` knows the message. */
  readonly id: string | null;
}

/** Rejection of `sendMail` in direct mode: nobody has the message. */
export interface DeliveryError extends Error {
  readonly code: Reason;
  readonly outcomes: readonly Outcome[];
}

/** The transport itself, for `nodemailer.createTransport`. */
export interface EnforcedTlsTransport {
  readonly name: string;
  readonly version: string;
  readonly supportsAbortSignal: boolean;
  send(mail: MailMessage, callback: (error: Error | null, info?: SentInfo) => void): void;
  isIdle(): boolean;
  close(): void;
}

/** What takes mail into a queue: a sender, or whatever a host has in its place. */
export interface MailQueue {
  send(mail: Mail): Promise<{ readonly id: string }>;
}

/** Direct mode: engine options. Queue mode: what takes the mail. */
export type TransportOptions = EngineOptions | { readonly sender: MailQueue };

/**
 * Makes the transport.
 * @throws ConfigError for unknown or missing options
 */
export function enforcedTls(options: TransportOptions): EnforcedTlsTransport {
  if ('sender' in options) {
    refuseUnknownOptions(options, ['sender'], 'enforcedTls');
    const { sender } = options;
    return createTransport(
      (mail, data) => queueMail(sender, mail, data),
      () => undefined,
    );
  }
  const engine = createEngine(options);
  return createTransport(
    (mail, data) => sendNow(engine, mail, data),
    () => void engine.close(),
  );
}

function createTransport(
  deliver: (mail: Mail, source: MailMessage) => Promise<SentInfo>,
  close: () => void,
): EnforcedTlsTransport {
  return {
    name: 'enforced-tls',
    version: '1',
    supportsAbortSignal: true,
    send(mail, callback) {
      Promise.resolve()
        .then(() => deliver(mailOf(mail), mail))
        .then(
          (info) => callback(null, info),
          (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
        );
    },
    isIdle: () => true,
    close,
  };
}

/** Options of nodemailer's own transports that would lower TLS there. On a message they mean nothing, to nobody. */
const OPT_OUTS = ['secure', 'ignoreTLS', 'requireTLS', 'opportunisticTLS', 'tls'] as const;

/**
 * BITS-5.2.3: whoever asks for less is told that there is no asking.
 * @throws ConfigError `option-unknown`
 */
function refuseOptOuts(data: MailMessage['data']): void {
  const asked = OPT_OUTS.find((key) => (data as Readonly<Record<string, unknown>>)[key] !== undefined);
  if (asked === undefined) return;
  throw new ConfigError(
    'option-unknown',
    `sendMail: "${asked}" is no option of a message; what must hold is what \`policies\` and \`default\` say`,
  );
}

/** Nodemailer's message in our words. Its `dsn.recipient` need not be the recipient, so it is passed on as it came. */
function mailOf(source: MailMessage): Mail {
  refuseOptOuts(source.data);
  const envelope = source.message.getEnvelope();
  const { dsn } = source.data;
  const orcpt = dsn?.recipient ?? dsn?.orcpt ?? null;
  const notify = dsn?.notify ?? null;
  return {
    from: envelope.from === false ? '' : envelope.from,
    to: envelope.to.map((address) => ({
      address,
      originalRecipient: orcpt === null ? null : orcpt.includes(';') ? orcpt : `rfc822;${orcpt}`,
    })),
    message: source.message.createReadStream(),
    notify: typeof notify === 'string' ? notify : (notify?.join(',') ?? null),
    ret: dsn?.return ?? dsn?.ret ?? null,
    envelopeId: dsn?.id ?? dsn?.envid ?? null,
    relayed: true,
  };
}

async function queueMail(sender: MailQueue, mail: Mail, source: MailMessage): Promise<SentInfo> {
  const receipt = await sender.send(mail);
  return {
    envelope: source.message.getEnvelope(),
    messageId: source.message.messageId(),
    accepted: source.message.getEnvelope().to,
    rejected: [],
    response: `queued as ${receipt.id}`,
    receipts: [],
    id: receipt.id,
  };
}

async function sendNow(engine: Engine, mail: Mail, source: MailMessage): Promise<SentInfo> {
  const signal = source.data.abortSignal ?? source.data.signal ?? undefined;
  const records = await engine.deliverOnce(mail, signal === undefined ? {} : { signal });
  const outcomes = records.flatMap((record) => record.outcomes);
  const delivered = outcomes.filter((outcome) => outcome.state === 'delivered');
  if (delivered.length === 0) throw refusalOf(outcomes, engine.clock.now());
  return {
    envelope: source.message.getEnvelope(),
    messageId: source.message.messageId(),
    accepted: delivered.map((outcome) => outcome.recipient),
    rejected: outcomes.filter((outcome) => outcome.state !== 'delivered').map((outcome) => outcome.recipient),
    response: responseOf(delivered[0]),
    receipts: records.flatMap(summarise),
    id: null,
  };
}

function responseOf(outcome: Outcome | undefined): string {
  const reply = outcome?.reply;
  return reply ? `${reply.code} ${reply.lines.join(' ')}` : '';
}

/** The error of a message that nobody has: the first reason decides the code, the text says all of them. */
function refusalOf(outcomes: readonly Outcome[], now: number): DeliveryError {
  const code = outcomes[0]?.reason ?? 'delivery-unknown';
  const text = outcomes.map((outcome) => explainOutcome(outcome, { now })).join('\n');
  const error = new Error(`${describeReason(code).says}\n${text}`);
  return Object.assign(error, { name: 'DeliveryError', code, outcomes });
}
