/**
 * One pass over the octets of a message: they go in as they come, they come out in canonical form (every line ends in
 * CRLF, the last one too), and all facts about the content are taken on the way.
 *
 * Steps per chunk: walk from one control octet to the next, four octets at a time; refuse NUL; see that each CR stands
 * before a line feed and each line feed behind a CR; note lengths, dots and the end of the header; cut it out; hash.
 * A CR at the end of a chunk waits for the next one, so that no split of the stream changes the outcome (AT-20).
 * On failure: ConfigError whose code is a Reason, with the line and the remedy; the scan is over then.
 * Standards: RFC 5321 §2.3.8, §4.5.3.1.6; RFC 5322 §2.1.1.
 */
import { isAscii } from 'node:buffer';
import { createHash } from 'node:crypto';
import { giveReplaced, insertOctets } from '../core/blocks.js';
import { ConfigError } from '../core/errors.js';
import { describeReason, type Reason } from '../core/reasons.js';
import { controlFinder } from './control-octets.js';

/** What to do with a line feed that has no CR before it (SC-30). */
export type LineEndings = 'normalise' | 'reject';

/** What a scan may be told. */
export interface ScanOptions {
  /** Default `normalise`: a lone LF becomes CRLF. A lone CR is always refused. */
  readonly lineEndings?: LineEndings;
  /** Octets that the canonical form may have; default: no limit. */
  readonly maxSize?: number;
  /** False: take no digest, and `sha256` is empty. Default true. */
  readonly digest?: boolean;
}

/** What one pass finds; the size and the hash are those of the canonical form. */
export interface ScanFacts {
  readonly size: number;
  readonly sha256: string;
  /** Octets, without CRLF. */
  readonly longestLine: number;
  readonly eightBitHeader: boolean;
  readonly eightBitBody: boolean;
  /** True when no line starts with a dot. */
  readonly dotFree: boolean;
  /** True when what came was canonical already. */
  readonly canonical: boolean;
  /** Canonical octets up to and including the empty line, or all of them when there is none. */
  readonly header: Buffer;
}

/** A scan under way. */
export interface LineScan {
  /** Takes the next octets, gives those that are canonical now (the same memory where nothing had to change). */
  push(chunk: Uint8Array): Buffer;
  /** Ends the scan: what was still missing of the canonical form, and the facts. */
  end(): { readonly rest: Buffer; readonly facts: ScanFacts };
}

/** Longest line without CRLF (RFC 5322 §2.1.1). */
export const MAX_LINE = 998;
/** Largest header section, in octets. */
export const MAX_HEADER = 256 * 1024;

const CR = 13;
const LF = 10;
const DOT = 46;
const CRLF = Buffer.from('\r\n');
const EMPTY = Buffer.alloc(0);

/** An error about the message itself: the place, the rule, and what to do. */
export function messageError(reason: Reason, place: string, what?: string): ConfigError {
  const row = describeReason(reason);
  return new ConfigError(reason, `message, ${place}: ${what ?? row.says} ${row.remedy}`);
}

interface ScanState {
  readonly options: ScanOptions;
  readonly hash: ReturnType<typeof createHash> | null;
  /** Number of complete lines so far. */
  lines: number;
  /** Octets of the line that is under way, from earlier chunks. */
  lineLength: number;
  heldCr: boolean;
  inHeader: boolean;
  /** Canonical octets handed out so far. */
  size: number;
  longestLine: number;
  eightBitHeader: boolean;
  eightBitBody: boolean;
  dotFree: boolean;
  canonical: boolean;
  readonly headerParts: Buffer[];
  headerSize: number;
}

/** Starts a scan. */
export function createLineScan(options: ScanOptions = {}): LineScan {
  const state: ScanState = {
    options,
    hash: options.digest === false ? null : createHash('sha256'),
    lines: 0,
    lineLength: 0,
    heldCr: false,
    inHeader: true,
    size: 0,
    longestLine: 0,
    eightBitHeader: false,
    eightBitBody: false,
    dotFree: true,
    canonical: true,
    headerParts: [],
    headerSize: 0,
  };
  return {
    push: (chunk) => scanChunk(state, Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)),
    end: () => endScan(state),
  };
}

function scanChunk(state: ScanState, given: Buffer): Buffer {
  if (given.length === 0) return EMPTY;
  const chunk = takeHeld(state, given);
  const wasInHeader = state.inHeader;
  const { loneLfs, bodyAt } = walkLines(state, chunk);
  noteEightBit(state, chunk, wasInHeader ? bodyAt : 0);
  const usable = state.heldCr ? chunk.subarray(0, -1) : chunk;
  const canonical = loneLfs.length === 0 ? usable : insertOctets(usable, loneLfs, CR);
  if (chunk !== given) giveReplaced(chunk, canonical);
  if (wasInHeader) {
    const before = loneLfs.filter((at) => at < bodyAt).length;
    keepHeader(state, canonical.subarray(0, Math.min(canonical.length, bodyAt + before)));
  }
  handOut(state, canonical);
  return canonical;
}

/** The CR that ended the chunk before goes in front of this one. */
function takeHeld(state: ScanState, chunk: Buffer): Buffer {
  if (!state.heldCr) return chunk;
  state.heldCr = false;
  return insertOctets(chunk, [0], CR);
}

/** Walks the lines of a chunk; gives the places of lone LFs and where the body begins (its length: not in this chunk). */
function walkLines(state: ScanState, chunk: Buffer): { loneLfs: number[]; bodyAt: number } {
  const loneLfs: number[] = [];
  const find = controlFinder(chunk);
  let bodyAt = chunk.length;
  let start = 0;
  for (let at = find(0); at < chunk.length;) {
    const octet = chunk[at];
    if (octet !== CR && octet !== LF) {
      if (octet === 0) {
        throw messageError('message-malformed', `line ${state.lines + 1}`, 'It holds a NUL octet.');
      }
      at = find(at + 1);
      continue;
    }
    if (octet === CR && at === chunk.length - 1) {
      state.heldCr = true;
      break;
    }
    if (octet === CR && chunk[at + 1] !== LF) throw messageError('lone-cr', `line ${state.lines + 1}`);
    if (octet === LF) {
      refuseLoneLf(state);
      loneLfs.push(at);
    }
    growLine(state, chunk, start, at);
    start = octet === CR ? at + 2 : at + 1;
    if (state.inHeader && state.lineLength === 0) {
      state.inHeader = false;
      bodyAt = start;
    }
    state.lines += 1;
    state.lineLength = 0;
    at = find(start);
  }
  growLine(state, chunk, start, state.heldCr ? chunk.length - 1 : chunk.length);
  return { loneLfs, bodyAt };
}

/** Adds `chunk[start..end)` to the line under way. */
function growLine(state: ScanState, chunk: Buffer, start: number, end: number): void {
  if (end === start) return;
  if (state.lineLength === 0 && chunk[start] === DOT) state.dotFree = false;
  state.lineLength += end - start;
  if (state.lineLength > MAX_LINE) throw messageError('line-too-long', `line ${state.lines + 1}`);
  if (state.lineLength > state.longestLine) state.longestLine = state.lineLength;
}

function refuseLoneLf(state: ScanState): void {
  state.canonical = false;
  if (state.options.lineEndings !== 'reject') return;
  throw messageError(
    'message-malformed',
    `line ${state.lines + 1}`,
    'It ends in a line feed without a carriage return, and line ends are not to be mended.',
  );
}

function noteEightBit(state: ScanState, chunk: Buffer, bodyAt: number): void {
  if (!state.eightBitHeader) state.eightBitHeader = !isAscii(chunk.subarray(0, bodyAt));
  if (!state.eightBitBody) state.eightBitBody = !isAscii(chunk.subarray(bodyAt));
}

function keepHeader(state: ScanState, part: Buffer): void {
  state.headerSize += part.length;
  if (state.headerSize > MAX_HEADER) {
    const place = `line ${state.lines + 1}`;
    throw messageError('message-malformed', place, `The header is larger than ${MAX_HEADER} octets.`);
  }
  state.headerParts.push(Buffer.from(part));
}

function handOut(state: ScanState, canonical: Buffer): void {
  state.size += canonical.length;
  const limit = state.options.maxSize;
  if (limit !== undefined && state.size > limit) {
    throw messageError('message-too-big', `octet ${limit}`, `It is larger than ${limit} octets.`);
  }
  state.hash?.update(canonical);
}

function endScan(state: ScanState): ReturnType<LineScan['end']> {
  if (state.heldCr) throw messageError('lone-cr', `line ${state.lines + 1}`);
  let rest = EMPTY;
  if (state.lineLength > 0) {
    // RFC 5321 §4.1.1.4: the content ends with the end of a line (SC-32).
    rest = CRLF;
    state.canonical = false;
    handOut(state, rest);
    if (state.inHeader) keepHeader(state, rest);
  }
  return {
    rest,
    facts: {
      size: state.size,
      sha256: state.hash?.digest('hex') ?? '',
      longestLine: state.longestLine,
      eightBitHeader: state.eightBitHeader,
      eightBitBody: state.eightBitBody,
      dotFree: state.dotFree,
      canonical: state.canonical,
      header: joinParts(state.headerParts),
    },
  };
}

function joinParts(parts: readonly Buffer[]): Buffer {
  const [only] = parts;
  return only !== undefined && parts.length === 1 ? only : Buffer.concat(parts);
}
