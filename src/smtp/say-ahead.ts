/**
 * A whole message in one write, before any reply to it (SC-54): RSET, MAIL, RCPT, BDAT LAST. RSET first, because a server
 * whose transaction is still open, all of its recipients refused, would take this message under the sender of that one.
 * Replies are judged in the very moment when they come: one that is not as expected closes the window before anybody
 * writes again, and one that cannot be ends the connection before the next one is read.
 * Failure: ConnectionError or ProtocolError.
 */
import type { Context } from '../core/context.js';
import { wholeOf } from '../message/proven.js';
import type { Message } from '../message/source.js';
import type { Connection } from './connection.js';
import type { Reply } from './reply.js';
import { AGAINST, checkReceipt, chunkBlocks, chunkStep, mismatched } from './say-chunks.js';
import {
  checkReply,
  envelopeSteps,
  isEnvelopeTaken,
  isGoodbye,
  isMisplaced,
  isPositive,
  isWhollyTaken,
  type Mailing,
  note,
  octetsOf,
  type Said,
  type Step,
} from './say-envelope.js';
import type { Window } from './window.js';

/** Everything of a small message. @throws what reading it throws */
export async function readWhole(message: Message, ctx: Context): Promise<readonly Uint8Array[]> {
  ctx.signal.throwIfAborted();
  const octets = message.open(ctx);
  const whole = wholeOf(octets);
  if (whole !== null) return whole;
  const pieces: Uint8Array[] = [];
  for await (const block of chunkBlocks(octets)) pieces.push(block);
  ctx.signal.throwIfAborted();
  return pieces;
}

/** Says a message ahead of its replies, and waits for them; `abandoned`: called off, and they are still due. */
export function sayAhead(
  connection: Connection,
  { mail, content }: { readonly mail: Mailing; readonly content: readonly Uint8Array[] },
  said: Said,
  { window, onWritten }: { readonly window: Window; readonly onWritten: () => void },
  ctx: Context,
): Promise<'answered' | 'abandoned'> {
  const size = content.reduce((sum, { length }) => sum + length, 0);
  // The content has left with it: another connection is no way out, and who gives up early sends twice.
  const envelope = envelopeSteps(connection, { ...mail, reset: true }, connection.timeouts.command);
  const steps = [...envelope, chunkStep(connection, size, true)];
  const answered = hearAll(connection, steps, said, window, ctx);
  connection.post(octetsOf(steps));
  for (const piece of content) connection.post(piece);
  // On a connection that has broken by now nothing ever leaves.
  if (connection.alive) said.end = connection.octetsOut;
  onWritten();
  return answered;
}

/** One reply for each step, in their order. */
function hearAll(
  connection: Connection,
  steps: readonly Step[],
  said: Said,
  window: Window,
  ctx: Context,
): Promise<'answered' | 'abandoned'> {
  const { closures } = window;
  return new Promise((resolve, reject) => {
    let at = 0;
    const abandon = (): void => resolve('abandoned');
    const lost = (error: Error): void => {
      ctx.signal.removeEventListener('abort', abandon);
      reject(error);
    };
    const heard = (given: Reply): void => {
      const step = steps[at] as Step;
      at += 1;
      try {
        take(connection, step, given, said);
      } catch (error) {
        window.close();
        connection.destroy(error as Error);
        lost(error as Error);
        return;
      }
      said.phase = steps[at]?.phase ?? 'final';
      if (!isPositive(given)) window.close();
      if (at < steps.length && !isGoodbye(given)) return;
      if (isWhollyTaken(said)) window.grow(closures);
      ctx.signal.removeEventListener('abort', abandon);
      resolve('answered');
    };
    ctx.signal.addEventListener('abort', abandon, { once: true });
    for (const step of steps) connection.hear(step, { heard, lost });
  });
}

function take(connection: Connection, step: Step, given: Reply, said: Said): void {
  const isReceipt = step.phase === 'final';
  const reply = isReceipt
    ? checkReceipt(connection, step, given, said.end ?? 0)
    : checkReply(connection, step, given);
  note(said, step, reply);
  if (isReceipt && isPositive(reply) && !isEnvelopeTaken(said))
    throw mismatched(connection, said, reply, AGAINST);
  const { command } = step;
  if (isMisplaced(command, reply))
    throw mismatched(connection, said, reply, { command, when: 'in the words of another' });
}
