/**
 * MAIL, RCPT and, where the content is not said by BDAT, DATA. With PIPELINING all of them leave in one flight and replies
 * are read while they do, so neither side can wait for the other (SC-42); else each waits for the reply to the one before.
 * Every reply is read, matched by count (SC-39), and one that cannot belong to its command ends the session: replies have
 * shifted (AT-7).
 * Failure: ConnectionError or ProtocolError; `said` holds what was answered until then.
 * Standards: RFC 5321 §3.3, §4.2, §4.3.2; RFC 2920 §3.1.
 */
import type { Context } from '../core/context.js';
import { ConnectionError, type Phase, ProtocolError } from '../core/errors.js';
import type { Envelope } from '../message/envelope.js';
import type { Message } from '../message/source.js';
import type { Capabilities } from './capabilities.js';
import { formatCommand, formatMail, formatRcpt } from './command.js';
import type { Connection } from './connection.js';
import type { Reply } from './reply.js';
import { placeOf } from './socket.js';

/** How far a transaction has come, and what the server has answered. */
export interface Said {
  /** The step whose reply is waited for. */
  phase: Phase;
  mail: Reply | null;
  /** In the order of the recipients. */
  readonly rcpt: Reply[];
  /** null: DATA was not said, or not answered. */
  data: Reply | null;
  /** The receipt, or the refusal of a chunk before it. */
  final: Reply | null;
  /** Octets of the connection up to the last one of this message; null: it has not been written. */
  end: number | null;
  /** Called off while others depend on the connection: the reply is due and nobody waits for it. */
  abandoned: boolean;
  /** The server took content for which it had no sender or no recipient: nothing that it says counts (SC-54). */
  mismatched: boolean;
}

/** True where sender, recipients and content were all taken, in words that belong there. */
export function isWhollyTaken({ mail, rcpt, final }: Said): boolean {
  if (mail === null || final === null || isMisplaced('MAIL', mail) || isMisplaced('BDAT', final))
    return false;
  return [mail, ...rcpt, final].every(isPositive);
}

/**
 * AT-7: "destination valid" is no word about a sender, and nothing about an address is one about content (RFC 3463 §3.2).
 * Behind messages that were written ahead such a reply is that to another command: one came too many, or too few. A server
 * that speaks so in lock-step is heard, and nothing is ever written ahead for it. What is said of RSET tells nothing: Gmail
 * answers it with 2.1.5.
 */
export function isMisplaced(command: string, reply: Reply): boolean {
  const says = reply.enhanced ?? '';
  if (!isPositive(reply)) return false;
  if (command === 'MAIL') return says === '2.1.5';
  return command === 'BDAT' && says.startsWith('2.1.');
}

/** True where content may follow. */
export function isEnvelopeTaken({ mail, rcpt }: Said): boolean {
  return mail !== null && isPositive(mail) && rcpt.some(isPositive);
}

export function isPositive(reply: Reply): boolean {
  return reply.code >= 200 && reply.code < 300;
}

/** SC-14: 421 may answer anything; the server is about to close. */
export function isGoodbye(reply: Reply): boolean {
  return reply.code === 421;
}

/** One transaction's mail. */
export interface Mailing {
  readonly envelope: Envelope;
  readonly message: Message;
  /** RSET goes before MAIL. */
  readonly reset: boolean;
}

/** One command and its reply. */
export interface Step {
  readonly phase: 'mail' | 'rcpt' | 'data' | 'final';
  readonly command: string;
  readonly timeoutMs: number;
  /** The command with its CRLF. */
  readonly line: string;
}

/**
 * Says the envelope, and DATA unless the content goes by BDAT; ends early at 421, and without PIPELINING where nothing can
 * come of it (SC-26).
 */
export async function sayEnvelope(
  connection: Connection,
  mail: Mailing,
  said: Said,
  ctx: Context,
): Promise<void> {
  const offered = connection.capabilities as Capabilities;
  const data: Step = {
    phase: 'data',
    command: 'DATA',
    timeoutMs: connection.timeouts.data,
    line: formatCommand('DATA'),
  };
  // One that is slow to answer is no gain over a new connection: it gets no more time than QUIT.
  const envelope = envelopeSteps(connection, mail, connection.timeouts.quit);
  const steps = [...envelope, ...(offered.chunking ? [] : [data])];
  const ask = offered.pipelining
    ? sayTogether(connection, steps, ctx)
    : (step: Step) => sayAlone(connection, step, ctx);
  for (const step of steps) {
    const isPointless =
      (said.mail !== null && !isPositive(said.mail)) ||
      (step.phase === 'data' && !said.rcpt.some(isPositive));
    if (isPointless && !offered.pipelining) return;
    said.phase = step.phase;
    const reply = checkReply(connection, step, await ask(step));
    if (step.command === 'RSET') {
      if (reply.code !== 250) throw notReset(connection, reply);
      continue;
    }
    note(said, step, reply);
    if (isGoodbye(reply)) return;
  }
}

/** Keeps a reply where it belongs. */
export function note(said: Said, step: Step, reply: Reply): void {
  if (step.command === 'RSET') return;
  if (step.phase === 'rcpt') said.rcpt.push(reply);
  else said[step.phase] = reply;
}

/** A kept connection whose server has had enough; nothing of this message was taken. */
function notReset(connection: Connection, { code, lines }: Reply): ConnectionError {
  return new ConnectionError({
    ...placeOf(connection.endpoint),
    code: 'peer-busy',
    phase: 'mail',
    command: 'RSET',
    reply: { code, lines },
    message: `the server answered RSET with ${code}`,
  });
}

/** RSET where it is needed, MAIL and each RCPT; `rsetMs` is the time of RSET. */
export function envelopeSteps(
  { timeouts, capabilities }: Connection,
  { envelope, message, reset }: Mailing,
  rsetMs: number,
): readonly Step[] {
  const offered = capabilities as Capabilities;
  const rset: Step = {
    phase: 'mail',
    command: 'RSET',
    timeoutMs: rsetMs,
    line: formatCommand('RSET'),
  };
  return [
    ...(reset ? [rset] : []),
    {
      phase: 'mail',
      command: 'MAIL',
      timeoutMs: timeouts.mail,
      line: formatMail(envelope, message, offered),
    },
    ...envelope.recipients.map((recipient): Step => {
      const line = formatRcpt(recipient, offered);
      return { phase: 'rcpt', command: 'RCPT', timeoutMs: timeouts.rcpt, line };
    }),
  ];
}

/** One write for all (SC-38: DATA stands last in it); gives the reply to each step when it is asked for. */
function sayTogether(
  connection: Connection,
  steps: readonly Step[],
  ctx: Context,
): (step: Step) => Promise<Reply> {
  const replies = new Map(steps.map((step) => [step, connection.expect(step, ctx)]));
  // Who stops asking, after 421 or a loss, leaves the rest to fail unheard.
  for (const reply of replies.values()) reply.catch(() => undefined);
  send(connection, octetsOf(steps), connection.timeouts.block, ctx);
  return (step) => replies.get(step) as Promise<Reply>;
}

function sayAlone(connection: Connection, step: Step, ctx: Context): Promise<Reply> {
  const reply = connection.expect(step, ctx);
  send(connection, octetsOf([step]), step.timeoutMs, ctx);
  return reply;
}

/** Commands as they go on the wire. */
export function octetsOf(steps: readonly Step[]): Buffer {
  return Buffer.from(steps.map(({ line }) => line).join(''));
}

/** A write that fails takes the connection with it, and the replies that are due say so. */
function send(connection: Connection, octets: Buffer, timeoutMs: number, ctx: Context): void {
  connection.write(octets, timeoutMs, ctx).catch(() => undefined);
}

/**
 * What is kept of a reply, or a refusal where this command cannot have it. SC-10: a first digit outside 2 to 5 is fatal;
 * SC-27: 354 is the word for DATA and for nothing else. AT-3: 503 to MAIL says that a transaction is open which is not ours.
 * @throws ProtocolError `reply-mismatch`
 */
export function checkReply(
  connection: Connection,
  step: { readonly phase: Phase; readonly command: string },
  reply: Reply,
): Reply {
  const refuses = reply.code >= 400 && reply.code < 600;
  const fits = refuses || (step.command === 'DATA' ? reply.code === 354 : isPositive(reply));
  if (fits && !(step.phase === 'mail' && reply.code === 503)) return shorten(reply);
  throw new ProtocolError({
    ...placeOf(connection.endpoint),
    code: 'reply-mismatch',
    phase: step.phase,
    command: step.command,
    reply: { code: reply.code, lines: reply.lines },
    message: `the server answered ${step.command} with ${reply.code}`,
  });
}

// AT-13: a reply may have 64 KiB, and a job 10,000 recipients.
const KEPT_LINES = 8;
const KEPT_CHARACTERS = 512;

/** The first lines, for people. */
function shorten(reply: Reply): Reply {
  const isShort =
    reply.lines.length <= KEPT_LINES && reply.lines.every((line) => line.length <= KEPT_CHARACTERS);
  if (isShort) return reply;
  const lines = reply.lines.slice(0, KEPT_LINES).map((line) => line.slice(0, KEPT_CHARACTERS));
  return { ...reply, lines };
}
