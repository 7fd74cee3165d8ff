/**
 * The content behind 354: read, stuffed and written block by block, so that memory stays small whatever the size of the
 * message and however slowly the server reads. Each block has a time limit of its own (SC-37).
 * Failure: ConnectionError or ProtocolError; what reading the message threw. The dot has not left then, unless the phase
 * is `final`. Standards: RFC 5321 §4.1.1.4, §4.5.3.2; SC-30 to SC-33.
 */
import { giveBlock, giveReplaced, takeBlock } from '../core/blocks.js';
import type { Context } from '../core/context.js';
import type { Message } from '../message/source.js';
import type { Connection } from './connection.js';
import { createDotStuffer } from './dot-stuffing.js';
import { checkReply, type Said } from './say-envelope.js';

/** Small pieces are gathered into full TLS records; large ones are cut, since every write has a time limit. */
const BLOCK = 64 * 1024;

/** Says the content and reads the receipt; the phase is `final` from the moment the dot may have left. */
export async function sayContent(
  connection: Connection,
  message: Message,
  said: Said,
  ctx: Context,
  onWritten: () => void,
): Promise<void> {
  const { timeouts } = connection;
  let last: Uint8Array = new Uint8Array(0);
  for await (const block of blocksOf(partsOf(message, ctx))) {
    if (last.length > 0) await connection.write(last, timeouts.block, ctx);
    last = block;
  }
  const step = { phase: 'final', command: '.', timeoutMs: timeouts.final } as const;
  const receipt = connection.expect(step, ctx);
  // On a connection that has broken by now the dot never leaves.
  if (!connection.alive) await receipt;
  said.phase = 'final';
  connection.write(last, timeouts.block, ctx).catch(() => undefined);
  if (connection.capabilities?.pipelining === true) onWritten();
  said.final = checkReply(connection, step, await receipt);
}

/** The message as it goes on the wire, dots stuffed, with its end. */
async function* partsOf(message: Message, ctx: Context): AsyncGenerator<Uint8Array> {
  const stuffer = createDotStuffer();
  for await (const chunk of message.open(ctx)) {
    const stuffed = stuffer.push(chunk);
    giveReplaced(chunk, stuffed);
    yield stuffed;
  }
  yield stuffer.end();
}

/** The same octets in blocks of at most 64 KiB; a part of that size goes through without being copied. */
async function* blocksOf(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const part of parts) {
    for (const piece of cut(part)) {
      if (size > 0 && size + piece.length > BLOCK) {
        yield gather(held, size);
        held = [];
        size = 0;
      }
      held.push(piece);
      size += piece.length;
    }
  }
  if (size > 0) yield gather(held, size);
}

/** Pieces that fit: a part that is too large comes in copies, each of which can be given back by itself. */
function* cut(part: Uint8Array): Generator<Uint8Array> {
  if (part.length <= BLOCK) {
    yield part;
    return;
  }
  for (let at = 0; at < part.length; at += BLOCK) {
    const piece = part.subarray(at, at + BLOCK);
    yield takeBlock(piece.length).fill(piece);
  }
  giveBlock(part);
}

/** One block of several pieces, which are given back. */
function gather(pieces: readonly Uint8Array[], size: number): Uint8Array {
  if (pieces.length === 1) return pieces[0] as Uint8Array;
  const block = takeBlock(size);
  let at = 0;
  for (const piece of pieces) {
    block.set(piece, at);
    at += piece.length;
    giveBlock(piece);
  }
  return block;
}
