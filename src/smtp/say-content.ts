/**
 * The content behind 354: read, stuffed and written block by block, so that memory stays small whatever the size of the
 * message and however slowly the server reads. Each block has a time limit of its own (SC-37).
 * Failure: ConnectionError or ProtocolError; what reading the message threw. The dot has not left then, unless the phase
 * is `final`. Standards: RFC 5321 §4.1.1.4, §4.5.3.2; SC-30 to SC-33.
 */
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
  said.final = checkReply(connection, step, await receipt);
}

/** The message as it goes on the wire, dots stuffed, with its end. */
async function* partsOf(message: Message, ctx: Context): AsyncGenerator<Uint8Array> {
  const stuffer = createDotStuffer();
  for await (const chunk of message.open(ctx)) yield stuffer.push(chunk);
  yield stuffer.end();
}

/** The same octets in blocks of about 64 KiB; a part of that size goes through without being copied. */
async function* blocksOf(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let size = 0;
  const take = (): Uint8Array => {
    const block = held.length === 1 ? (held[0] as Uint8Array) : Buffer.concat(held);
    held = [];
    size = 0;
    return block;
  };
  for await (const part of parts) {
    for (let at = 0; at < part.length; at += BLOCK) {
      const piece = part.subarray(at, at + BLOCK);
      if (size > 0 && size + piece.length > BLOCK) yield take();
      held.push(piece);
      size += piece.length;
    }
  }
  if (size > 0) yield take();
}
