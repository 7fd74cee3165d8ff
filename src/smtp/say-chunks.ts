/**
 * The content by BDAT (RFC 3030 §2): exact octets, no dots, in chunks of at most 1 MiB that are streamed block by block. A
 * small message is one chunk in one write. Whoever comes here has read the replies to MAIL and RCPT (SC-43).
 * Failure: ConnectionError or ProtocolError; what reading the message threw, and then a chunk was announced that never
 * became whole. A refused chunk is a value: it is the `final` reply, no further chunk is said, and RSET is due (SC-44).
 */
import { giveBlock, takeBlock } from '../core/blocks.js';
import { publish } from '../core/channels.js';
import type { Context } from '../core/context.js';
import { ConfigError, ProtocolError } from '../core/errors.js';
import { proofOf } from '../message/proven.js';
import type { Message } from '../message/source.js';
import type { Connection } from './connection.js';
import { blocksOf } from './content-blocks.js';
import { formatCommand } from './command.js';
import { createOctetGuard } from './octet-guard.js';
import type { Reply } from './reply.js';
import { checkReply, isPositive, octetsOf, type Said, type Step } from './say-envelope.js';
import { placeOf } from './socket.js';

const CHUNK = 1024 * 1024;

/** BDAT of so many octets. `BDAT 0 LAST` is legal. */
export function chunkStep({ timeouts }: Connection, octets: number, isLast: boolean): Step {
  return {
    phase: 'final',
    command: 'BDAT',
    // Its time begins with the command, so that of its octets counts as well (SC-37).
    timeoutMs: timeouts.block + timeouts.final,
    line: formatCommand(`BDAT ${octets}${isLast ? ' LAST' : ''}`),
  };
}

/** The content as it goes on the wire, in blocks; octets that must not leave throw. */
export function chunkBlocks(octets: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return blocksOf(guarded(octets));
}

async function* guarded(octets: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const guard = createOctetGuard(proofOf(octets));
  for await (const chunk of octets) {
    guard.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    yield chunk;
  }
  guard.end();
}

/** Says the content and reads the receipt; `said.end` tells from when on all of it may have left. */
export async function sayChunks(
  connection: Connection,
  message: Message,
  said: Said,
  ctx: Context,
  onWritten: () => void,
): Promise<void> {
  said.phase = 'data';
  let unannounced = message.size;
  let missing = 0;
  const announced: Promise<Reply>[] = [];
  /** False when a chunk was refused, and nothing more is to be said. */
  const say = async (block: Uint8Array): Promise<boolean> => {
    for (let rest = block; rest.length > 0;) {
      if (missing === 0) {
        if (said.final !== null) return false;
        if (unannounced === 0) throw changed();
        missing = Math.min(CHUNK, unannounced);
        unannounced -= missing;
        announced.push(announce(connection, { octets: missing, isLast: unannounced === 0 }, said, ctx));
      }
      const [piece, more] = splitAt(rest, missing);
      rest = more;
      missing -= piece.length;
      const room = connection.write(piece, connection.timeouts.block, ctx);
      // The receipt tells of the last one, and in its own time.
      if (missing + unannounced === 0) room.catch(() => undefined);
      else await room;
    }
    return true;
  };
  let last: Uint8Array = new Uint8Array(0);
  for await (const block of chunkBlocks(message.open(ctx))) {
    if (!(await say(last))) return;
    last = block;
  }
  // A message that has changed meanwhile is never completed: its last piece leaves only when it is known to be that.
  if (last.length === 0 || last.length !== missing + unannounced) throw changed();
  if (!(await say(last))) return;
  const receipt = announced.at(-1) as Promise<Reply>;
  // On a connection that has broken by now it never leaves.
  if (!connection.alive) await receipt;
  said.phase = 'final';
  said.end = connection.octetsOut;
  if (connection.capabilities?.pipelining === true) onWritten();
  const reply = await receipt;
  if (said.final === null) said.final = reply;
  else if (isPositive(reply)) throw mismatched(connection, said, reply, AGAINST);
}

/** Says BDAT; gives the reply to the chunk, and keeps the refusal of one that is not the last. */
function announce(
  connection: Connection,
  chunk: { readonly octets: number; readonly isLast: boolean },
  said: Said,
  ctx: Context,
): Promise<Reply> {
  const step = chunkStep(connection, chunk.octets, chunk.isLast);
  const given = connection.expect(step, ctx);
  connection.post(octetsOf([step]));
  const end = connection.octetsOut + chunk.octets;
  const reply = given.then((answer) => checkReceipt(connection, step, answer, end));
  reply.then(
    (answer) => {
      if (!chunk.isLast && !isPositive(answer)) said.final ??= answer;
    },
    (error: Error) => connection.destroy(error),
  );
  return reply;
}

/**
 * What is kept of the reply to a chunk that ends at `end` of the connection's octets. AT-7: one that takes octets which
 * have not left belongs to something else.
 * @throws ProtocolError `unsolicited-reply`, `reply-mismatch`
 */
export function checkReceipt(connection: Connection, step: Step, given: Reply, end: number): Reply {
  const reply = checkReply(connection, step, given);
  if (!isPositive(reply) || connection.octetsHanded >= end) return reply;
  const early = { command: 'BDAT', when: 'before its octets had left' };
  throw wrongReply(connection, 'unsolicited-reply', reply, early);
}

/** A block that belongs to two chunks is copied in part: each piece is given back by itself. */
function splitAt(block: Uint8Array, at: number): readonly [Uint8Array, Uint8Array] {
  if (block.length <= at) return [block, new Uint8Array(0)];
  const rest = block.subarray(at);
  const more = takeBlock(rest.length).fill(rest);
  const piece = takeBlock(at).fill(block.subarray(0, at));
  giveBlock(block);
  return [piece, more];
}

/** What was read is not what was put: fewer octets, or more. */
function changed(): ConfigError {
  return new ConfigError(
    'message-changed',
    'message: expected as many octets as when it was put, got others',
  );
}

/** The server has taken content for which it had refused the sender, all recipients or a chunk. */
export const AGAINST = { command: 'BDAT', when: 'after it had refused what belongs to it' };

/** SC-54: nobody knows which message the server means. */
export function mismatched(
  connection: Connection,
  said: Said,
  reply: Reply,
  { command, when }: { readonly command: string; readonly when: string },
): ProtocolError {
  said.mismatched = true;
  publish('replies.mismatched', placeOf(connection.endpoint));
  return wrongReply(connection, 'reply-mismatch', reply, { command, when });
}

function wrongReply(
  connection: Connection,
  code: 'unsolicited-reply' | 'reply-mismatch',
  reply: Reply,
  { command, when }: { readonly command: string; readonly when: string },
): ProtocolError {
  return new ProtocolError({
    ...placeOf(connection.endpoint),
    code,
    phase: 'final',
    command,
    reply: { code: reply.code, lines: reply.lines },
    message: `the server answered ${command} with ${reply.code} ${when}`,
  });
}
