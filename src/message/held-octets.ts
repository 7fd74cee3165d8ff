/**
 * A message in the memory of this process, copied so that the host may use its buffer again. It is looked at once, while
 * it is copied block by block, while each is in the cache of the processor, and kept in canonical form: as nobody else can
 * change it, it goes out as it lies there, at every attempt.
 */
import { createHash, hash } from 'node:crypto';
import { type Context, createContext } from '../core/context.js';
import { ConfigError } from '../core/errors.js';
import { BLOCK } from '../core/blocks.js';
import { Holding } from '../core/holding.js';
import { createLineScan, messageError, type ScanFacts, type ScanOptions } from './line-scan.js';
import { prove, proofOf } from './proven.js';

const CR = 13;

/** Copies and scans. @throws ConfigError as `createLineScan`; `message-malformed` for text that has no octets */
export function holdOctets(given: Uint8Array | string, options: ScanOptions): HeldOctets {
  const holding = new Holding(gone);
  const copies = typeof given === 'string' ? encode(given, holding) : copy(given, holding);
  return new HeldOctets(copies, holding, options);
}

/** True when the octets of a message lie in memory that nobody else can change. */
export function isHeld(message: { open(ctx: Context): AsyncIterable<Uint8Array> }): boolean {
  // Nothing is read of a stream that is only looked at.
  return proofOf(message.open(createContext()))?.isHeld === true;
}

/** Canonical octets in memory, and what is known of them. Those of one message under several headers share a holding. */
export class HeldOctets {
  readonly facts: ScanFacts;
  readonly #pieces: Buffer[] = [];
  readonly #holding: Holding;
  #sha256: string | null = null;

  /** Scans pieces that are nobody else's, and keeps what they become. */
  constructor(given: Iterable<Buffer>, holding: Holding, options: ScanOptions) {
    const scan = createLineScan({ ...options, digest: false });
    this.#holding = holding;
    for (const piece of given) {
      const canonical = scan.push(piece);
      holding.replace(piece, canonical);
      this.#pieces.push(canonical);
    }
    const { rest, facts } = scan.end();
    if (rest.length > 0) this.#pieces.push(rest);
    this.facts = facts;
  }

  /** Taken when somebody asks: nobody else can change these octets, so most of them are never compared with anything. */
  get sha256(): string {
    if (this.#sha256 === null && !this.#holding.over) this.#sha256 = digestOf(this.#pieces);
    return this.#sha256 ?? '';
  }

  /** What is read is lent (`core/holding.ts`). Behind `dispose`: ConfigError `message-unreadable`. */
  open(): AsyncIterable<Uint8Array> {
    const holding = this.#holding;
    const pieces = this.#pieces;
    const { dotFree } = this.facts;
    return prove(holding.read(pieces, BLOCK), { dotFree, isHeld: true }, () => holding.lend(pieces, BLOCK));
  }

  /** The same under another header. */
  withHeader(header: Buffer): HeldOctets {
    const body = withoutFirst(this.#pieces, this.facts.header.length);
    return new HeldOctets([header, ...body], this.#holding, {});
  }

  /** Gives the memory back as soon as nobody reads it, for all headers. */
  dispose(): Promise<void> {
    this.#holding.letGo();
    return Promise.resolve();
  }
}

function* copy(given: Uint8Array, holding: Holding): Generator<Buffer> {
  const octets = Buffer.from(given.buffer, given.byteOffset, given.length);
  for (let at = 0; at < octets.length;) {
    let end = Math.min(octets.length, at + BLOCK);
    // A pair is left together: half of it would have to be put in front of the next piece.
    if (octets[end - 1] === CR && end < octets.length) end -= 1;
    const block = holding.take(end - at);
    octets.copy(block, 0, at, end);
    yield block;
    at = end;
  }
}

function* encode(text: string, holding: Holding): Generator<Buffer> {
  // A lone surrogate has no octets; replacing it would change the message in silence.
  if (/\p{Cs}/u.test(text)) {
    throw messageError(
      'message-malformed',
      'text',
      'It holds half of a surrogate pair, which has no octets.',
    );
  }
  const encoder = new TextEncoder();
  let left = Buffer.byteLength(text);
  for (let at = 0; left > 0;) {
    const block = holding.take(Math.min(left, BLOCK));
    // As many characters as octets: each has one at least, so for a pair that the slice cuts there is no room.
    let { read, written } = encoder.encodeInto(text.slice(at, at + BLOCK), block);
    if (written < left && block[written - 1] === CR) {
      read -= 1;
      written -= 1;
    }
    yield block.subarray(0, written);
    at += read;
    left -= written;
  }
}

function gone(): ConfigError {
  return new ConfigError('message-unreadable', 'message: its memory was given back when it was disposed of');
}

function digestOf(pieces: readonly Buffer[]): string {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return hash('sha256', only, 'hex');
  const digest = createHash('sha256');
  for (const piece of pieces) digest.update(piece);
  return digest.digest('hex');
}

function withoutFirst(pieces: readonly Buffer[], count: number): Buffer[] {
  let skip = count;
  return pieces.flatMap((piece) => {
    const rest = piece.subarray(Math.min(skip, piece.length));
    skip -= piece.length - rest.length;
    return rest.length === 0 ? [] : [rest];
  });
}
