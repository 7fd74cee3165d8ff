/**
 * Blocks that lie in memory for long and are read by several, such as a message that waits: they are given back when their
 * holder has let go of them and nobody reads them any more. Each piece that is handed out is a loan, which ends when its
 * reader gives it to `giveBlock`. A loan that nobody ends leaves the blocks to the garbage collector, so a reader who knows
 * nothing of loans may keep what it got for as long as it likes.
 */
import { emptyBlock, keepBlock, lendBlock, makeBlock } from './blocks.js';

/** Blocks of one holder. */
export class Holding {
  readonly #gone: () => Error;
  #blocks: ArrayBufferLike[] = [];
  /** Loans that have not ended, and readers that may ask for more. */
  #open = 0;
  #over = false;

  /** `gone` makes what is thrown when somebody begins to read too late. */
  constructor(gone: () => Error) {
    this.#gone = gone;
  }

  /** A new block, which is held; what is in it at first is undefined. */
  take(size: number): Buffer {
    const block = makeBlock(size);
    this.#blocks.push(block.buffer);
    return block;
  }

  /** Holds `after` in place of the block of `before`, which was taken last and from which it was made. */
  replace(before: Uint8Array, after: Uint8Array): void {
    if (before.buffer === after.buffer) return;
    if (this.#blocks.at(-1) === before.buffer) emptyBlock(this.#blocks.pop() as ArrayBufferLike);
    if (keepBlock(after)) this.#blocks.push(after.buffer);
  }

  /** True: the holder has let go. */
  get over(): boolean {
    return this.#over;
  }

  /** All at once, in loans of at most `most` octets. */
  lend(pieces: readonly Buffer[], most: number): Uint8Array[] {
    if (this.#over) throw this.#gone();
    const loans: Uint8Array[] = [];
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += most) loans.push(this.#lend(piece, at, at + most));
    }
    return loans;
  }

  /** The same one by one: a loan is made when it is asked for. */
  async *read(pieces: readonly Buffer[], most: number): AsyncGenerator<Uint8Array> {
    if (this.#over) throw this.#gone();
    this.#open += 1;
    try {
      for (const piece of pieces) {
        for (let at = 0; at < piece.length; at += most) yield this.#lend(piece, at, at + most);
      }
    } finally {
      this.ended();
    }
  }

  /** Nobody begins to read from now on; whoever reads already may read to the end. */
  letGo(): void {
    this.#over = true;
    this.#giveBack();
  }

  /** For `giveBlock`: a loan has come back. */
  ended(): void {
    this.#open -= 1;
    this.#giveBack();
  }

  #lend(piece: Buffer, from: number, to: number): Uint8Array {
    this.#open += 1;
    return lendBlock(piece.subarray(from, to), this);
  }

  #giveBack(): void {
    if (!this.#over || this.#open > 0) return;
    for (const block of this.#blocks) emptyBlock(block);
    this.#blocks = [];
  }
}
