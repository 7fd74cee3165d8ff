/**
 * Content in blocks for the wire: small pieces are gathered into full TLS records, large ones are cut, since every write has
 * a time limit (SC-37). A part of the right size goes through without being copied.
 */
import { BLOCK, gatherBlocks, giveBlock, takeBlock } from '../core/blocks.js';

/** The same octets in blocks of at most 64 KiB. */
export async function* blocksOf(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const part of parts) {
    for (const piece of cut(part)) {
      if (size > 0 && size + piece.length > BLOCK) {
        yield gatherBlocks(held, size);
        held = [];
        size = 0;
      }
      held.push(piece);
      size += piece.length;
    }
  }
  if (size > 0) yield gatherBlocks(held, size);
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
