/**
 * One message over an admitted connection: MAIL, RCPT, DATA, the octets, the receipt.
 *
 *   1 what the server does not offer and the message needs ends it before MAIL (SIZE, 8BITMIME, SMTPUTF8)
 *   2 the envelope: in one flight with PIPELINING, else command by command; every reply is read, matched by count
 *   3 the content streams behind 354, bounded by what the kernel takes; a digest that differs stops it before the dot
 *   4 one reply covers all accepted recipients; a loss before the final dot is `lost`, after it `unknown`
 *
 * Failure is a value for each recipient. It throws only for a connection that nobody admitted and for a call-off.
 * Standards: RFC 5321 §3.3, §4.5.3.1.8; RFC 2920 §3.1; RFC 1870, 6152, 6531. SC-18 to SC-28, SC-38 to SC-49.
 */
import type { Context } from '../core/context.js';
import {
  isConfigError,
  isConnectionError,
  isProtocolError,
  type Phase,
  ProtocolError,
} from '../core/errors.js';
import { isReason, type Reason } from '../core/reasons.js';
import { type Envelope, needsUtf8, type Recipient } from '../message/envelope.js';
import type { Message } from '../message/source.js';
import { type Admitted, assertAdmitted } from './admitted.js';
import type { Capabilities } from './capabilities.js';
import { formatCommand, formatMail, formatRcpt } from './command.js';
import type { Connection, Due } from './connection.js';
import { createDotStuffer } from './dot-stuffing.js';
import type { Reply } from './reply.js';
import { placeOf } from './socket.js';

/** What became of one recipient in this transaction. */
export interface RecipientReply {
  readonly recipient: Recipient;
  /**
   * `accepted`: the server has the message; `refused`: `reply` says so; `not-offered`: the server lacks what the message
   * needs; `lost`: the session broke before the message was complete; `unknown`: it broke before the receipt.
   */
  readonly result: 'accepted' | 'refused' | 'not-offered' | 'lost' | 'unknown';
  readonly phase: Phase;
  readonly reply: Reply | null;
  /** Set where no reply decided. */
  readonly reason: Reason | null;
}

/** The whole transaction. */
export interface TransactionResult {
  readonly recipients: readonly RecipientReply[];
  readonly dsnOffered: boolean;
  /** False: the connection is gone or must not be used again (SC-52). */
  readonly reusable: boolean;
}

/** SC-24: a server must take 100 recipients; more go in further transactions. */
const MAX_RECIPIENTS = 100;

/** Small pieces are gathered into full TLS records. */
const BLOCK = 64 * 1024;

/**
 * Sends a message to the recipients of an envelope.
 * @throws ConfigError `not-admitted`
 */
export async function transact(
  session: Admitted,
  envelope: Envelope,
  message: Message,
  ctx: Context,
): Promise<TransactionResult> {
  assertAdmitted(session);
  const { connection } = session;
  const offered = connection.capabilities as Capabilities;
  const lacking = findLacking(envelope, message, offered);
  const done: RecipientReply[] = [];
  for (let start = 0; start < envelope.recipients.length; start += MAX_RECIPIENTS) {
    const recipients = envelope.recipients.slice(start, start + MAX_RECIPIENTS);
    if (lacking !== null) {
      done.push(
        ...recipients.map((recipient) =>
          outcome(recipient, 'not-offered', { phase: 'mail', reason: lacking }),
        ),
      );
    } else if (!connection.alive) {
      done.push(
        ...recipients.map((recipient) =>
          outcome(recipient, 'lost', { phase: 'mail', reason: 'connection-closed' }),
        ),
      );
    } else {
      done.push(...(await runTransaction(connection, { ...envelope, recipients }, message, ctx)));
    }
  }
  return { recipients: done, dsnOffered: offered.dsn, reusable: connection.alive };
}

/** SC-46, SC-48, SC-49: what must be there before MAIL is said. */
function findLacking(envelope: Envelope, message: Message, offered: Capabilities): Reason | null {
  if (offered.size !== null && offered.size > 0 && message.size > offered.size) return 'message-too-big';
  if (message.eightBitBody && !offered.eightBitMime) return '8bitmime-not-offered';
  if (needsUtf8(envelope) && !offered.smtpUtf8) return 'smtputf8-not-offered';
  if (message.eightBitHeader && !offered.smtpUtf8) return 'smtputf8-header-not-offered';
  return null;
}

type Details = { readonly phase: Phase; readonly reply?: Reply; readonly reason?: Reason };

function outcome(recipient: Recipient, result: RecipientReply['result'], details: Details): RecipientReply {
  return {
    recipient,
    result,
    phase: details.phase,
    reply: details.reply ?? null,
    reason: details.reason ?? null,
  };
}

interface EnvelopeReplies {
  readonly mail: Reply;
  readonly rcpt: readonly Reply[];
  /** null: DATA was not said. */
  readonly data: Reply | null;
}

async function runTransaction(
  connection: Connection,
  envelope: Envelope,
  message: Message,
  ctx: Context,
): Promise<RecipientReply[]> {
  const { recipients } = envelope;
  const progress: { phase: Phase } = { phase: 'mail' };
  try {
    const replies = await sayEnvelope(connection, envelope, message, progress, ctx);
    const { mail, rcpt, data } = replies;
    if (mail.code >= 300) {
      // AT-3: 503 to the first MAIL says that a transaction is open which is not ours.
      if (mail.code === 503) throw mismatch(connection, 'MAIL', mail);
      await abandon(connection, data, ctx);
      return recipients.map((recipient) => outcome(recipient, 'refused', { phase: 'mail', reply: mail }));
    }
    const accepted = recipients.filter((_, i) => isPositive(rcpt[i]));
    if (accepted.length === 0 || data === null || data.code !== 354) {
      await abandon(connection, data, ctx);
      return recipients.map((recipient, i) =>
        isPositive(rcpt[i]) && data !== null
          ? outcome(recipient, 'refused', { phase: 'data', reply: data })
          : outcome(recipient, 'refused', { phase: 'rcpt', reply: rcpt[i] as Reply }),
      );
    }
    progress.phase = 'data';
    const final = await sayContent(connection, message, progress, ctx);
    return recipients.map((recipient, i) => {
      const reply = rcpt[i] as Reply;
      if (!isPositive(reply)) return outcome(recipient, 'refused', { phase: 'rcpt', reply });
      return outcome(recipient, isPositive(final) ? 'accepted' : 'refused', { phase: 'final', reply: final });
    });
  } catch (error) {
    connection.destroy();
    if (ctx.signal.aborted && progress.phase !== 'final') throw error;
    const result = progress.phase === 'final' ? 'unknown' : 'lost';
    const reason = reasonOf(error, progress.phase);
    return recipients.map((recipient) => outcome(recipient, result, { phase: progress.phase, reason }));
  }
}

function isPositive(reply: Reply | undefined): boolean {
  return reply !== undefined && reply.code >= 200 && reply.code < 300;
}

function reasonOf(error: unknown, phase: Phase): Reason {
  if (phase === 'final') return 'delivery-unknown';
  if (isConnectionError(error) || isProtocolError(error)) return error.code;
  // The content was refused while it was read: `message-changed`, `lone-cr`, ...
  if (isConfigError(error) && isReason(error.code)) return error.code;
  throw error;
}

function mismatch(connection: Connection, command: string, reply: Reply): ProtocolError {
  return new ProtocolError({
    ...placeOf(connection.endpoint),
    code: 'reply-mismatch',
    phase: 'mail',
    command,
    reply: { code: reply.code, lines: reply.lines },
    message: `the server answered ${command} with ${reply.code}`,
  });
}

/** MAIL, RCPT and DATA; with PIPELINING in one write, whose replies are read as they come (SC-38, SC-42). */
async function sayEnvelope(
  connection: Connection,
  envelope: Envelope,
  message: Message,
  progress: { phase: Phase },
  ctx: Context,
): Promise<EnvelopeReplies> {
  const offered = connection.capabilities as Capabilities;
  const { timeouts } = connection;
  const commands: readonly (readonly [Due, Buffer])[] = [
    [{ phase: 'mail', command: 'MAIL', timeoutMs: timeouts.mail }, formatMail(envelope, message, offered)],
    ...envelope.recipients.map((recipient): readonly [Due, Buffer] => [
      { phase: 'rcpt', command: 'RCPT', timeoutMs: timeouts.rcpt },
      formatRcpt(recipient, offered),
    ]),
  ];
  const data = [
    { phase: 'data', command: 'DATA', timeoutMs: timeouts.data } as Due,
    formatCommand('DATA'),
  ] as const;
  if (offered.pipelining) {
    const group = [...commands, data];
    const replies = Promise.all(group.map(([due]) => connection.expect(due, ctx)));
    replies.catch(() => undefined);
    await connection.write(Buffer.concat(group.map(([, octets]) => octets)), timeouts.block, ctx);
    const all = (await replies).map((reply) => checkCode(connection, reply));
    return { mail: all[0] as Reply, rcpt: all.slice(1, -1), data: all.at(-1) as Reply };
  }
  const say = async ([due, octets]: readonly [Due, Buffer]): Promise<Reply> => {
    const reply = connection.expect(due, ctx);
    connection.write(octets, due.timeoutMs, ctx).catch(() => undefined);
    progress.phase = due.phase;
    return checkCode(connection, await reply);
  };
  const mail = await say(commands[0] as readonly [Due, Buffer]);
  const rcpt: Reply[] = [];
  if (mail.code >= 300) return { mail, rcpt, data: null };
  for (const command of commands.slice(1)) rcpt.push(await say(command));
  return { mail, rcpt, data: rcpt.some(isPositive) ? await say(data) : null };
}

/** SC-10: a first digit outside 2 to 5 is fatal for the transaction. */
function checkCode(connection: Connection, reply: Reply): Reply {
  if (reply.code < 200 || reply.code > 599) throw mismatch(connection, 'a command', reply);
  return reply;
}

/** SC-26, SC-40: leaves a transaction that carries nothing; a 354 that nobody wanted gets a lone dot. */
async function abandon(connection: Connection, data: Reply | null, ctx: Context): Promise<void> {
  const { timeouts } = connection;
  if (data?.code === 354) {
    const reply = connection.expect({ phase: 'data', command: '.', timeoutMs: timeouts.final }, ctx);
    await connection.write(Buffer.from('.\r\n'), timeouts.block, ctx);
    await reply;
  }
  await connection.ask('RSET', { phase: 'mail', timeoutMs: timeouts.command }, ctx);
}

/** Streams the content, stuffed; the phase is `final` from the moment the dot may have left. */
async function sayContent(
  connection: Connection,
  message: Message,
  progress: { phase: Phase },
  ctx: Context,
): Promise<Reply> {
  const { timeouts } = connection;
  const stuffer = createDotStuffer();
  let held: Uint8Array[] = [];
  let size = 0;
  const flush = async (): Promise<void> => {
    if (size === 0) return;
    const block = held.length === 1 ? (held[0] as Uint8Array) : Buffer.concat(held);
    held = [];
    size = 0;
    await connection.write(block, timeouts.block, ctx);
  };
  for await (const chunk of message.open(ctx)) {
    for (const part of stuffer.push(chunk)) {
      held.push(part);
      size += part.length;
    }
    if (size >= BLOCK) await flush();
  }
  held.push(stuffer.end());
  size += 1;
  const reply = connection.expect({ phase: 'final', command: '.', timeoutMs: timeouts.final }, ctx);
  reply.catch(() => undefined);
  progress.phase = 'final';
  await flush();
  return checkCode(connection, await reply);
}
