/**
 * The content behind 354: read, stuffed and written block by block, so that memory stays small whatever the size of the
 * message and however slowly the server reads. Each block has a time limit of its own (SC-37).
 * Failure: ConnectionError or ProtocolError; what reading the message threw. The dot has not left then, unless the phase
 * is `final`. Standards: RFC 5321 §4.1.1.4, §4.5.3.2; SC-30 to SC-33.
 */
import { giveReplaced } from '../core/blocks.js';
import type { Context } from '../core/context.js';
import { proofOf } from '../message/proven.js';
import type { Message } from '../message/source.js';
import type { Connection } from './connection.js';
import { blocksOf } from './content-blocks.js';
import { createDotStuffer } from './dot-stuffing.js';
import { checkReply, type Said } from './say-envelope.js';

/** Says the content and reads the receipt; `said.end` tells from when on the dot may have left. */
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
  said.end = connection.octetsOut;
  if (connection.capabilities?.pipelining === true) onWritten();
  said.final = checkReply(connection, step, await receipt);
}

/** The message as it goes on the wire, dots stuffed, with its end. */
async function* partsOf(message: Message, ctx: Context): AsyncGenerator<Uint8Array> {
  const octets = message.open(ctx);
  const stuffer = createDotStuffer(proofOf(octets));
  for await (const chunk of octets) {
    const stuffed = stuffer.push(chunk);
    giveReplaced(chunk, stuffed);
    yield stuffed;
  }
  yield stuffer.end();
}
