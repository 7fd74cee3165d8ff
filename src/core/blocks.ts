/**
 * Memory for the blocks in which a message passes through. The garbage collector learns late of such memory: behind a
 * message of 250 MB it finds some 60 MB of blocks that nobody uses any more. So whoever has read a block to its end, and
 * knows that nobody else will, gives it back.
 *
 * A block that was given back is empty: a late reader sees nothing, never the octets of another message. What nobody
 * gives back is collected like everything else, and memory of others, such as the host's, is left alone.
 *
 * Memory of blocks of the usual size lies ready for the next ones: memory that is new to the process costs more than a copy.
 */

/** The usual size: about four TLS records. */
export const BLOCK = 64 * 1024;

/** So many lie ready at most, 64 MiB. */
const MOST_READY = 1024;

/** Nobody holds them: where no message goes through, they go with the next collection. */
let ready = new WeakRef<ArrayBufferLike[]>([]);

/** Blocks that were taken here and not given back. */
const taken = new WeakSet<ArrayBufferLike>();

/** Who wants to know when what was lent comes back. */
interface Lender {
  ended(): void;
}

/** Marks a view that was lent. A mark on the view costs a third of what a WeakMap does. */
const LENDER = Symbol('lender');

interface Lent {
  [LENDER]?: Lender | undefined;
}

/** Takes a block; what is in it at first is undefined. */
export function takeBlock(size: number): Buffer {
  const block = makeBlock(size);
  taken.add(block.buffer);
  return block;
}

/** Memory for a block that nobody gives back unasked; what is in it at first is undefined. */
export function makeBlock(size: number): Buffer {
  if (size > BLOCK || size <= BLOCK / 2) return Buffer.allocUnsafeSlow(size);
  const memory = ready.deref()?.pop() ?? Buffer.allocUnsafeSlow(BLOCK).buffer;
  return Buffer.from(memory, 0, size);
}

/**
 * Gives back the block in which these octets lie, whole; every view of it has length 0 from then on. What was lent goes
 * back to whoever lent it, once, and is not emptied here.
 */
export function giveBlock(octets: Uint8Array & Lent): void {
  const lender = octets[LENDER];
  if (lender !== undefined) {
    octets[LENDER] = undefined;
    lender.ended();
  } else if (taken.delete(octets.buffer)) emptyBlock(octets.buffer);
}

/** Empties a block at once; its memory is free, or lies ready under another name. */
export function emptyBlock(block: ArrayBufferLike): void {
  // ES2024; where it is missing the garbage collector does the work.
  const movable = block as { transfer?(size?: number): ArrayBufferLike };
  if (movable.transfer === undefined) return;
  let list = ready.deref();
  if (list === undefined) ready = new WeakRef((list = []));
  if (block.byteLength === BLOCK && list.length < MOST_READY) list.push(movable.transfer());
  else movable.transfer(0);
}

/** Keeps the block in which these octets lie: from now on nobody gives it back. False: it was not one of ours to give. */
export function keepBlock(octets: Uint8Array): boolean {
  return taken.delete(octets.buffer);
}

/** Lends this very view, which nobody else has: its lender hears when it comes back, once. */
export function lendBlock(view: Uint8Array & Lent, lender: Lender): Uint8Array {
  view[LENDER] = lender;
  return view;
}

/** Gives back the block of `before` unless `after`, which was made from it, lies in it too. */
export function giveReplaced(before: Uint8Array, after: Uint8Array): void {
  if (before.buffer !== after.buffer) giveBlock(before);
}

/** A new block: these octets with one more in front of each of the places, which stand in rising order. */
export function insertOctets(octets: Buffer, places: readonly number[], octet: number): Buffer {
  const out = takeBlock(octets.length + places.length);
  let from = 0;
  let to = 0;
  for (const place of places) {
    to += octets.copy(out, to, from, place);
    out[to] = octet;
    to += 1;
    from = place;
  }
  octets.copy(out, to, from);
  return out;
}

/** One block of several pieces, which are given back; a single piece is that block itself. */
export function gatherBlocks(pieces: readonly Uint8Array[], size: number): Uint8Array {
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
