/**
 * One message over an admitted connection: MAIL, RCPT, DATA, the octets, the receipt.
 *
 *   1 what the server does not offer and the message needs ends it before MAIL (SIZE, 8BITMIME, SMTPUTF8)
 *   2 the envelope (say-envelope.ts): in one flight with PIPELINING, else command by command; replies match by count
 *   3 the content (say-content.ts) streams behind 354; one that differs from what was accepted stops before the dot
 *   4 one reply covers all accepted recipients; a loss before the final dot is `lost`, after it `unknown`
 *   5 what the server would not take together (100 recipients, 452) goes in further transactions
 *
 * Failure is a value for each recipient, and what the server has answered stands, whatever comes after it. It throws for a
 * connection that nobody admitted, and as long as nothing was delivered for a call-off and for content that cannot be read.
 * Standards: RFC 5321 §3.3, §4.5.3.1.8; RFC 2920 §3.1; RFC 1870, 6152, 6531. SC-18 to SC-28, SC-38 to SC-49.
 */
import type { Context } from '../core/context.js';
import { isConfigError, isConnectionError, isProtocolError, type Phase } from '../core/errors.js';
import { isReason, type Reason } from '../core/reasons.js';
import { type Envelope, needsUtf8, type Recipient } from '../message/envelope.js';
import type { Message } from '../message/source.js';
import { type Admitted, assertAdmitted } from './admitted.js';
import type { Capabilities } from './capabilities.js';
import type { Connection } from './connection.js';
import type { Reply } from './reply.js';
import { sayContent } from './say-content.js';
import { isGoodbye, isPositive, type Mailing, type Said, sayEnvelope } from './say-envelope.js';

/** What became of one recipient in this transaction. */
export interface RecipientReply {
  readonly recipient: Recipient;
  /**
   * `accepted`: the server has the message; `refused`: `reply` says so; `not-offered`: the server lacks what the message
   * needs; `lost`: the session broke before the message was complete; `unknown`: it broke before the receipt.
   */
  readonly result: 'accepted' | 'refused' | 'not-offered' | 'lost' | 'unknown';
  readonly phase: Phase;
  /** The reply that decided, its first lines. */
  readonly reply: Reply | null;
  /** Set where no reply decided. */
  readonly reason: Reason | null;
}

/** The whole transaction. */
export interface TransactionResult {
  /** One for each recipient, in the order of the envelope. */
  readonly recipients: readonly RecipientReply[];
  readonly dsnOffered: boolean;
  /** False: the connection is gone or must not be used again, and is to be quit (SC-14, SC-52). */
  readonly reusable: boolean;
}

/** SC-24: a server must take 100 recipients; more go in further transactions. */
const MAX_RECIPIENTS = 100;

/** AT-13: so often a server may say "too many" and get the whole message again; then the rest waits for another day. */
const MAX_REPEATS = 10;

/** How a transaction shares its connection with others. */
export interface Sharing {
  /** Another message went before: RSET comes first, in the same flight (SC-18, SC-52). Default false. */
  readonly reset?: boolean;
  /**
   * Called once everything of this message is written and PIPELINING is offered: whoever comes next may write while the
   * receipt is on its way (RFC 2920 §3.1). Replies are told apart by their order.
   */
  readonly onWritten?: () => void;
}

/**
 * Sends a message to the recipients of an envelope.
 * @throws ConfigError `not-admitted`
 */
export async function transact(
  session: Admitted,
  envelope: Envelope,
  message: Message,
  ctx: Context,
  sharing: Sharing = {},
): Promise<TransactionResult> {
  assertAdmitted(session);
  const { connection } = session;
  const offered = connection.capabilities as Capabilities;
  const lacking = findLacking(envelope, message, offered);
  const results = new Map<Recipient, RecipientReply>();
  const note = (replies: readonly RecipientReply[]): void => {
    for (const reply of replies) results.set(reply.recipient, reply);
  };
  let waiting = envelope.recipients;
  let goodbye = false;
  let reset = sharing.reset === true;
  for (let repeats = 0; waiting.length > 0;) {
    if (lacking !== null || !connection.alive) {
      const result = lacking === null ? 'lost' : 'not-offered';
      note(waiting.map((each) => without(each, result, 'mail', lacking ?? 'connection-closed')));
      break;
    }
    const recipients = waiting.slice(0, MAX_RECIPIENTS);
    const said = newSaid();
    // Whoever has more transactions to run lets nobody in between: what others write would stand inside the next content.
    const onWritten = (): void => {
      const isLast = waiting.length === recipients.length && !said.rcpt.some(isTooMany);
      if (isLast) sharing.onWritten?.();
    };
    const mail = { envelope: { ...envelope, recipients }, message, reset };
    const replies = await runTransaction(connection, mail, said, onWritten, ctx).catch((error: unknown) => {
      // What the server has is never sent again because something broke in a transaction behind it.
      if (![...results.values()].some(({ result }) => result === 'accepted')) throw error;
      return recipients.map((each) => without(each, 'lost', 'mail', 'connection-closed'));
    });
    note(replies);
    reset = false;
    goodbye ||= repliesOf(said).some(isGoodbye);
    if (goodbye) break;
    const surplus = repeats < MAX_REPEATS ? surplusOf(replies) : [];
    if (surplus.length > 0) repeats += 1;
    waiting = [...surplus, ...waiting.slice(recipients.length)];
  }
  const recipients = envelope.recipients.map(
    (recipient) => results.get(recipient) ?? without(recipient, 'lost', 'mail', 'peer-busy'),
  );
  return { recipients, dsnOffered: offered.dsn, reusable: connection.alive && !goodbye };
}

/** SC-46, SC-48, SC-49: what must be there before MAIL is said. */
function findLacking(envelope: Envelope, message: Message, offered: Capabilities): Reason | null {
  if (offered.size !== null && offered.size > 0 && message.size > offered.size) return 'message-too-big';
  if (message.eightBitBody && !offered.eightBitMime) return '8bitmime-not-offered';
  if (needsUtf8(envelope) && !offered.smtpUtf8) return 'smtputf8-not-offered';
  if (message.eightBitHeader && !offered.smtpUtf8) return 'smtputf8-header-not-offered';
  return null;
}

/** A recipient about whom no reply decided. */
function without(
  recipient: Recipient,
  result: 'not-offered' | 'lost' | 'unknown',
  phase: Phase,
  reason: Reason,
): RecipientReply {
  return { recipient, result, phase, reply: null, reason };
}

/**
 * SC-24: "too many recipients" (452, or 552 with the code that says so) while others were taken. The enhanced code tells a
 * full mailbox or disk apart where the server gives one.
 */
function surplusOf(replies: readonly RecipientReply[]): readonly Recipient[] {
  if (!replies.some(({ result }) => result === 'accepted')) return [];
  return replies.flatMap(({ recipient, phase, reply }) =>
    phase === 'rcpt' && reply !== null && isTooMany(reply) ? [recipient] : [],
  );
}

function isTooMany({ code, enhanced }: Reply): boolean {
  return (
    (code === 452 && (enhanced === null || enhanced === '4.5.3')) || (code === 552 && enhanced === '5.5.3')
  );
}

function newSaid(): Said {
  return { phase: 'mail', mail: null, rcpt: [], data: null, final: null };
}

function repliesOf({ mail, rcpt, data, final }: Said): readonly Reply[] {
  return [mail, ...rcpt, data, final].filter((reply) => reply !== null);
}

async function runTransaction(
  connection: Connection,
  mail: Mailing,
  said: Said,
  onWritten: () => void,
  ctx: Context,
): Promise<readonly RecipientReply[]> {
  const { envelope, message } = mail;
  let broken: Reason = 'connection-closed';
  try {
    await sayEnvelope(connection, mail, said, ctx);
    if (said.data?.code === 354 && said.rcpt.some(isPositive)) {
      await sayContent(connection, message, said, ctx, onWritten);
    }
  } catch (error) {
    connection.destroy();
    if (ctx.signal.aborted && said.phase !== 'final') throw error;
    broken = reasonOf(error, said.phase);
  }
  if (connection.alive) await tidyUp(connection, said, ctx);
  return envelope.recipients.map((recipient, i) => judge(recipient, said.rcpt[i], said, broken));
}

/** What the replies so far come to for one recipient: the first that refuses, the last that accepts, or none. */
function judge(recipient: Recipient, rcpt: Reply | undefined, said: Said, broken: Reason): RecipientReply {
  const refused = (phase: Phase, reply: Reply): RecipientReply => ({
    recipient,
    result: 'refused',
    phase,
    reply,
    reason: null,
  });
  const { mail, data, final } = said;
  if (mail !== null && !isPositive(mail)) return refused('mail', mail);
  if (rcpt !== undefined && !isPositive(rcpt)) return refused('rcpt', rcpt);
  // SC-14: 421 to one recipient ends the session for all.
  const goodbye = said.rcpt.find(isGoodbye);
  if (goodbye !== undefined) return refused('rcpt', goodbye);
  if (data !== null && data.code !== 354) return refused('data', data);
  if (final === null)
    return without(recipient, said.phase === 'final' ? 'unknown' : 'lost', said.phase, broken);
  if (!isPositive(final)) return refused('final', final);
  return { recipient, result: 'accepted', phase: 'final', reply: final, reason: null };
}

function reasonOf(error: unknown, phase: Phase): Reason {
  if (phase === 'final') return 'delivery-unknown';
  if (isConnectionError(error) || isProtocolError(error)) return error.code;
  // The content was refused while it was read: `message-changed`, `lone-cr`, ...
  if (isConfigError(error) && isReason(error.code)) return error.code;
  throw error;
}

/**
 * SC-26, SC-40: leaves a transaction that carries nothing; a 354 that nobody wanted gets a lone dot. What becomes of this
 * changes no result; a connection on which it fails is not used again.
 */
async function tidyUp(connection: Connection, said: Said, ctx: Context): Promise<void> {
  const { timeouts } = connection;
  const { data, final } = said;
  // After 421 the server is about to close; QUIT is for whoever owns the connection.
  if (final !== null || repliesOf(said).some(isGoodbye)) return;
  try {
    if (data?.code === 354) {
      const reply = connection.expect({ phase: 'data', command: '.', timeoutMs: timeouts.final }, ctx);
      connection.write(Buffer.from('.\r\n'), timeouts.block, ctx).catch(() => undefined);
      await reply;
    }
    const reset = await connection.ask('RSET', { phase: 'mail', timeoutMs: timeouts.command }, ctx);
    if (reset.code !== 250) await connection.quit(ctx);
  } catch {
    connection.destroy();
  }
}
