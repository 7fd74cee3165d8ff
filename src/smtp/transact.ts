/**
 * One message over an admitted connection: MAIL, RCPT, the content, the receipt.
 *
 *   1 what the server does not offer and the message needs ends it before MAIL (SIZE, 8BITMIME, SMTPUTF8)
 *   2 the envelope (say-envelope.ts): in one flight with PIPELINING, else command by command; replies match by count
 *   3 the content: by BDAT where CHUNKING is offered (say-chunks.ts), else streamed behind 354 (say-content.ts); one that
 *     differs from what was accepted is never completed
 *   4 one reply covers all accepted recipients; a loss before the last octet has left is `lost`, after it `unknown`
 *   5 what the server would not take together (100 recipients, 452) goes in further transactions
 *
 * On a connection whose window is open 2 and 3 are one write (say-ahead.ts).
 *
 * Failure is a value for each recipient, and what the server has answered stands, whatever comes after it. It throws for a
 * connection that nobody admitted, and as long as nothing was delivered for a call-off and for content that cannot be read.
 * Standards: RFC 5321 §3.3, §4.5.3.1.8; RFC 2920 §3.1; RFC 3030 §2; RFC 1870, 6152, 6531. SC-18 to SC-28, SC-38 to SC-54.
 */
import type { Context } from '../core/context.js';
import { isProtocolError } from '../core/errors.js';
import type { Reason } from '../core/reasons.js';
import { type Envelope, needsUtf8, type Recipient } from '../message/envelope.js';
import type { Message } from '../message/source.js';
import { type Admitted, assertAdmitted } from './admitted.js';
import type { Capabilities } from './capabilities.js';
import type { Connection } from './connection.js';
import type { Reply } from './reply.js';
import { readWhole, sayAhead } from './say-ahead.js';
import { sayChunks } from './say-chunks.js';
import { sayContent } from './say-content.js';
import {
  isEnvelopeTaken,
  isGoodbye,
  isMisplaced,
  isPositive,
  isWhollyTaken,
  type Mailing,
  type Said,
  sayEnvelope,
} from './say-envelope.js';
import {
  isTooMany,
  isUntouched,
  judgeRecipient,
  reasonOf,
  type RecipientReply,
  surplusOf,
  without,
} from './transaction-result.js';
import { createWindow, type Window } from './window.js';

/** The whole transaction. */
export interface TransactionResult {
  /** One for each recipient, in the order of the envelope. */
  readonly recipients: readonly RecipientReply[];
  readonly dsnOffered: boolean;
  /** False: the connection is gone or must not be used again, and is to be quit (SC-14, SC-52). */
  readonly reusable: boolean;
  /**
   * True: the server has taken nothing of the message and has not refused it for all either: the connection was gone, or
   * 421 came, or the octets had not left. If another message went before, this one may be sent on another connection at
   * once, to all of its recipients.
   */
  readonly untouched: boolean;
}

/** SC-24: a server must take 100 recipients; more go in further transactions. */
const MAX_RECIPIENTS = 100;

/** AT-13: so often a server may say "too many" and get the whole message again; then the rest waits for another day. */
const MAX_REPEATS = 10;

/** How a transaction shares its connection with others. Default: it has it alone, and is the first. */
export interface Sharing {
  /** Another message went before: RSET comes first, in the same flight (SC-18, SC-52). */
  readonly reused?: boolean;
  /**
   * Called once everything of this message is written and PIPELINING is offered: whoever comes next may write while the
   * receipt is on its way (RFC 2920 §3.1). Replies are told apart by their order. Whoever comes next says RSET first, so a
   * transaction that carries nothing is left to that.
   */
  readonly pass?: () => void;
  /** Called for each transaction in which the server has taken no content: the RSET behind it counts with some servers. */
  readonly refused?: () => void;
  /** Told how the transactions of this connection go (SC-54). */
  readonly window?: Window;
  /** Write the whole message before any reply to it, unless the window has closed by then. */
  readonly ahead?: boolean;
  /** Waits until nobody else has anything to do on the connection, after `pass` or instead of writing ahead. */
  readonly resume?: () => Promise<void>;
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
  let reset = sharing.reused === true;
  let ahead = sharing.ahead === true;
  let over = false;
  let inDoubt = false;
  const alone = async (): Promise<void> => {
    ahead = false;
    await sharing.resume?.();
  };
  if (ahead && waiting.length > MAX_RECIPIENTS) await alone();
  for (let repeats = 0; waiting.length > 0;) {
    if (lacking !== null || !connection.alive || connection.saidGoodbye) {
      const result = lacking === null ? 'lost' : 'not-offered';
      note(waiting.map((each) => without(each, result, 'mail', lacking ?? 'connection-closed')));
      break;
    }
    const recipients = waiting.slice(0, MAX_RECIPIENTS);
    const said = newSaid();
    // Whoever has more transactions to run lets nobody in between: what others write would stand inside the next content.
    const onWritten = (): void => {
      const isLast = waiting.length === recipients.length && !said.rcpt.some(isTooMany);
      if (isLast) sharing.pass?.();
    };
    const mail = { envelope: { ...envelope, recipients }, message, reset };
    const leaves = sharing.pass !== undefined;
    const way = { ahead, leaves, alone, onWritten, window: sharing.window ?? createWindow() };
    const replies = await runTransaction(connection, mail, said, way, ctx).catch((error: unknown) => {
      // What the server has is never sent again because something broke in a transaction behind it.
      if (![...results.values()].some(({ result }) => result === 'accepted')) throw error;
      return recipients.map((each) => without(each, 'lost', 'mail', 'connection-closed'));
    });
    note(replies);
    if (said.final === null || !isPositive(said.final)) sharing.refused?.();
    // Some servers speak so, and their word counts; but nobody builds on a connection whose replies may have shifted.
    inDoubt ||= said.data === null && said.final !== null && isMisplaced('BDAT', said.final);
    over ||= said.abandoned || repliesOf(said).some(isGoodbye);
    if (over) break;
    reset = leaves && !isOver(connection, said);
    const surplus = repeats < MAX_REPEATS ? surplusOf(replies) : [];
    if (surplus.length > 0) repeats += 1;
    waiting = [...surplus, ...waiting.slice(recipients.length)];
    if (ahead && waiting.length > 0) await alone();
  }
  const recipients = envelope.recipients.map(
    (recipient) => results.get(recipient) ?? without(recipient, 'lost', 'mail', 'peer-busy'),
  );
  const reusable = connection.alive && !connection.saidGoodbye && !over && !inDoubt;
  return { recipients, dsnOffered: offered.dsn, reusable, untouched: isUntouched(recipients) };
}

/** SC-46, SC-48, SC-49: what must be there before MAIL is said. */
function findLacking(envelope: Envelope, message: Message, offered: Capabilities): Reason | null {
  if (offered.size !== null && offered.size > 0 && message.size > offered.size) return 'message-too-big';
  if (message.eightBitBody && !offered.eightBitMime) return '8bitmime-not-offered';
  if (needsUtf8(envelope) && !offered.smtpUtf8) return 'smtputf8-not-offered';
  if (message.eightBitHeader && !offered.smtpUtf8) return 'smtputf8-header-not-offered';
  return null;
}

function newSaid(): Said {
  return {
    phase: 'mail',
    mail: null,
    rcpt: [],
    data: null,
    final: null,
    end: null,
    abandoned: false,
    mismatched: false,
  };
}

function repliesOf({ mail, rcpt, data, final }: Said): Reply[] {
  return [mail, ...rcpt, data, final].filter((reply): reply is Reply => reply !== null);
}

/** How one transaction goes. */
interface Way {
  readonly window: Window;
  readonly ahead: boolean;
  /** RSET is left to whoever comes next. */
  readonly leaves: boolean;
  /** Waits until nobody else is on the connection. */
  readonly alone: () => Promise<void>;
  readonly onWritten: () => void;
}

async function runTransaction(
  connection: Connection,
  mail: Mailing,
  said: Said,
  way: Way,
  ctx: Context,
): Promise<readonly RecipientReply[]> {
  const { recipients } = mail.envelope;
  let content: readonly Uint8Array[] | null = null;
  if (way.ahead) {
    try {
      content = await readWhole(mail.message, ctx);
    } catch (error) {
      // Nothing of it is on the wire, and the connection belongs to others.
      const reason = reasonOf(error);
      return recipients.map((recipient) => without(recipient, 'lost', 'data', reason));
    }
    if (way.window.size === 1) {
      content = null;
      await way.alone();
    }
  }
  const mayHaveLeft = (): boolean =>
    said.abandoned || (said.end !== null && connection.octetsHanded >= said.end && !connection.saidGoodbye);
  let reason: Reason = 'connection-closed';
  try {
    if (content === null) await sayInSteps(connection, mail, said, way, ctx);
    else said.abandoned = (await sayAhead(connection, { mail, content }, said, way, ctx)) === 'abandoned';
  } catch (error) {
    if (!connection.saidGoodbye) connection.destroy();
    if (ctx.signal.aborted && !mayHaveLeft()) throw error;
    reason = mayHaveLeft() ? 'delivery-unknown' : reasonOf(error);
    // What was written ahead and never left is as if it had not been tried.
    if (content !== null && !said.mismatched && !mayHaveLeft()) said.phase = 'mail';
  }
  // Replies that turned out to be shifted in the very moment of its receipt: it may be that of another message.
  if (content !== null && said.final !== null && hasShifted(connection)) said.mismatched = true;
  if (connection.alive && content === null) await tidyUp(connection, said, way.leaves, ctx);
  const broken = { reason, mayHaveLeft: mayHaveLeft() };
  return recipients.map((recipient, i) => judgeRecipient(recipient, said.rcpt[i], said, broken));
}

/** AT-7: the connection ended because a reply came to nothing that was asked, or one that cannot be what was. */
function hasShifted({ failure }: Connection): boolean {
  return (
    isProtocolError(failure) && (failure.code === 'unsolicited-reply' || failure.code === 'reply-mismatch')
  );
}

/** Envelope, replies, content, receipt. */
async function sayInSteps(
  connection: Connection,
  mail: Mailing,
  said: Said,
  { window, onWritten }: Way,
  ctx: Context,
): Promise<void> {
  const { closures } = window;
  await sayEnvelope(connection, mail, said, ctx);
  if (connection.capabilities?.chunking === true) {
    if (isEnvelopeTaken(said)) await sayChunks(connection, mail.message, said, ctx, onWritten);
    if (isWhollyTaken(said)) window.grow(closures);
    else window.close();
  } else if (said.data?.code === 354 && isEnvelopeTaken(said)) {
    await sayContent(connection, mail.message, said, ctx, onWritten);
  }
}

/**
 * SC-26, SC-40, SC-44: leaves a transaction that carries nothing; a 354 that nobody wanted gets a lone dot. What becomes of
 * this changes no result; a connection on which it fails is not used again.
 */
async function tidyUp(connection: Connection, said: Said, leaves: boolean, ctx: Context): Promise<void> {
  const { timeouts } = connection;
  // After 421 the server is about to close; QUIT is for whoever owns the connection.
  if (isOver(connection, said) || connection.saidGoodbye) return;
  try {
    if (said.data?.code === 354) {
      const reply = connection.expect({ phase: 'data', command: '.', timeoutMs: timeouts.final }, ctx);
      connection.write(Buffer.from('.\r\n'), timeouts.block, ctx).catch(() => undefined);
      await reply;
    }
    if (leaves) return;
    const reset = await connection.ask('RSET', { phase: 'mail', timeoutMs: timeouts.command }, ctx);
    if (reset.code !== 250) await connection.quit(ctx);
  } catch {
    connection.destroy();
  }
}

/** The server has ended the transaction itself; after content that it refused by BDAT it may be anywhere (SC-44). */
function isOver({ capabilities }: Connection, { final }: Said): boolean {
  return final !== null && (isPositive(final) || capabilities?.chunking !== true);
}
