/**
 * A message in the memory of this process, copied so that the host may use its buffer again. It is looked at once, while
 * it is copied, and kept in canonical form: as nobody else can change it, it goes out as it lies there, at every attempt.
 */
import { createHash, hash } from 'node:crypto';
import { keepBlock } from '../core/blocks.js';
import { createLineScan, type ScanFacts, type ScanOptions } from './line-scan.js';
import { prove } from './proven.js';

/** Large enough that little is said of each, small enough that memory which was let go fits again. */
const PIECE = 256 * 1024;
/** What is handed out at a time: every write has a time limit. */
const BLOCK = 64 * 1024;
const CR = 13;

/** Canonical octets in memory, and what is known of them. */
export interface HeldOctets {
  readonly facts: ScanFacts;
  open(): AsyncIterable<Uint8Array>;
  /** The same under another header. */
  withHeader(header: Buffer): HeldOctets;
}

/** Scans, and copies what is not ours. @throws ConfigError as `createLineScan` */
export function holdOctets(
  octets: Uint8Array,
  options: ScanOptions & { readonly ours: boolean },
): HeldOctets {
  const { ours, ...scanning } = options;
  const pieces = cut(Buffer.from(octets.buffer, octets.byteOffset, octets.length));
  return holdPieces(ours ? pieces : copiesOf(pieces), scanning);
}

function* copiesOf(pieces: Iterable<Buffer>): Generator<Buffer> {
  for (const piece of pieces) yield Buffer.from(piece);
}

function* cut(given: Buffer): Generator<Buffer> {
  for (let at = 0; at < given.length;) {
    let end = Math.min(given.length, at + PIECE);
    // A pair is left together: half of it would have to be put in front of the next piece.
    if (given[end - 1] === CR && end < given.length) end += 1;
    yield given.subarray(at, end);
    at = end;
  }
}

/** Scans pieces that are nobody else's, and keeps what they become. */
function holdPieces(given: Iterable<Buffer>, options: ScanOptions): HeldOctets {
  const scan = createLineScan({ ...options, digest: false });
  const pieces: Buffer[] = [];
  for (const piece of given) {
    const canonical = scan.push(piece);
    keepBlock(canonical);
    pieces.push(canonical);
  }
  const { rest, facts } = scan.end();
  if (rest.length > 0) pieces.push(rest);
  let sha256: string | null = null;
  return {
    facts: {
      ...facts,
      // Taken when somebody asks for it: after all changes to the header, not after each.
      get sha256() {
        return (sha256 ??= digestOf(pieces));
      },
    },
    open: () => prove(readPieces(pieces), { dotFree: facts.dotFree }),
    withHeader: (header) => holdPieces([header, ...withoutFirst(pieces, facts.header.length)], {}),
  };
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

async function* readPieces(pieces: readonly Buffer[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += BLOCK) yield piece.subarray(at, at + BLOCK);
  }
}
