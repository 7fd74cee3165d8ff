/**
 * A message as a durable queue keeps it: facts as text, octets in parts. The first part is the header section, the rest
 * is the body in pieces of at most 256 KiB, so that a message of any size goes in and out without ever being whole in
 * memory. What comes out is compared with the digest that was taken when it was put (AT-55).
 *
 * Failure: ConfigError `message-changed` from `open` when the kept octets are not those that were put.
 */
import { giveBlock } from '../core/blocks.js';
import { type Context, createContext } from '../core/context.js';
import { QueueError } from '../core/errors.js';
import { readVerified } from '../message/content.js';
import type { Message, MessageFacts } from '../message/source.js';

/** Largest part, in octets. */
export const PART_SIZE = 256 * 1024;

/** A message of up to this size waits in memory and goes in with its submission, in one step. */
export const MAX_IN_MEMORY = 4 * PART_SIZE;

const NONE = new Uint8Array(0);

/** Hides the parts of messages from whoever reads the store. */
export interface Sealing {
  /** What is written in place of a part. `place` is unique to the part: authenticate it along with the octets. */
  seal(octets: Uint8Array, place: string): Uint8Array | Promise<Uint8Array>;
  /** The part again. Must throw when the octets or the place are not those that were sealed. */
  open(octets: Uint8Array, place: string): Uint8Array | Promise<Uint8Array>;
}

/** The facts of a message, without its octets; its digest is taken. */
export function factsOf(message: MessageFacts): MessageFacts {
  return { ...undigestedFactsOf(message), sha256: message.sha256 };
}

/** The same for where nothing is compared: the digest of a large message costs more than all else that is done with it. */
export function undigestedFactsOf(message: MessageFacts): Omit<MessageFacts, 'sha256'> {
  const { size, longestLine, eightBitHeader, eightBitBody } = message;
  const { dotFree, canonical, messageId, receivedCount } = message;
  return {
    size,
    longestLine,
    eightBitHeader,
    eightBitBody,
    dotFree,
    canonical,
    messageId,
    receivedCount,
  };
}

/** The parts of a message: its header section, then the body in pieces. */
export async function* partsOf(message: Message, ctx: Context): AsyncGenerator<Uint8Array> {
  yield message.header;
  let skip = message.header.length;
  let pieces: Uint8Array[] = [];
  let read: Uint8Array[] = [];
  let size = 0;
  const take = (last: Uint8Array): Uint8Array => {
    const part = Buffer.concat([...pieces, last]);
    for (const chunk of read) giveBlock(chunk);
    pieces = [];
    read = [];
    size = 0;
    return part;
  };
  for await (const chunk of message.open(ctx)) {
    let rest = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - rest.length;
    while (size + rest.length >= PART_SIZE) {
      const fits = PART_SIZE - size;
      yield take(rest.subarray(0, fits));
      rest = rest.subarray(fits);
    }
    pieces.push(rest);
    read.push(chunk);
    size += rest.length;
  }
  if (size > 0) yield take(NONE);
  for (const chunk of read) giveBlock(chunk);
}

/** The parts of a message as they are written. */
export async function* sealedParts(message: Message, sealing: Sealing | null): AsyncGenerator<Uint8Array> {
  let number = 0;
  for await (const part of partsOf(message, createContext())) {
    yield sealing === null ? part : await sealing.seal(part, placeOf(message.sha256, number));
    number += 1;
  }
}

/** A part as it was before it was written. */
export async function openPart(
  octets: Uint8Array,
  sha256: string,
  number: number,
  sealing: Sealing | null,
): Promise<Uint8Array> {
  return sealing === null ? octets : sealing.open(octets, placeOf(sha256, number));
}

/** The digest binds each part to its message, so that parts of two messages cannot be exchanged. */
function placeOf(sha256: string, number: number): string {
  return `${sha256}/${number}`;
}

/** The octets of a message are not where they should be. */
export function octetsMissing(): QueueError {
  return new QueueError(
    'job-damaged',
    'queue: the octets of a message are missing in the store; restore it from a backup',
  );
}

/**
 * The message again.
 * @param body opens the parts after the first, each call from the start
 */
export function reviveMessage(
  facts: MessageFacts,
  header: Uint8Array,
  body: () => AsyncIterable<Uint8Array>,
): Message {
  return { ...facts, header, open: (ctx) => readVerified(joined(header, body()), facts, ctx) };
}

async function* joined(header: Uint8Array, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield header;
  yield* body;
}
