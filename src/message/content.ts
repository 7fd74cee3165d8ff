/**
 * The octets of a message between put and the last attempt: kept in memory, in the host's file, behind the host's
 * function, or in a spool file. What others could change meanwhile is read again for every attempt and compared with what
 * was accepted; memory is ours alone (`held-octets.ts`).
 * Failure: ConfigError `message-unreadable` at put, `message-changed` later. Standard: none; FAQ-10.
 */
import { giveBlock, giveReplaced } from '../core/blocks.js';
import type { Context } from '../core/context.js';
import { ConfigError, isConfigError } from '../core/errors.js';
import { holdOctets } from './held-octets.js';
import {
  createLineScan,
  type LineEndings,
  messageError,
  type ScanFacts,
  type ScanOptions,
} from './line-scan.js';
import { prove } from './proven.js';
import { readFile, spoolStream } from './spool.js';

/**
 * What a host may hand over: the octets, a path, a function that opens a stream anew at each call, or a stream that can
 * be read only once (it is spooled to a file).
 */
export type MessageInput =
  | Uint8Array
  | string
  | { readonly path: string }
  | (() => AsyncIterable<Uint8Array>)
  | AsyncIterable<Uint8Array>;

/** Canonical octets that can be opened again and again, and what is known of them. */
export interface Content {
  readonly facts: ScanFacts;
  /** Of the canonical form, lower-case hex; `''` where the octets went before anybody asked. */
  readonly sha256: string;
  open(ctx: Context): AsyncIterable<Uint8Array>;
  /** The same under another header. */
  withHeader(header: Buffer, ctx: Context): Content | Promise<Content>;
  readonly dispose?: () => Promise<void>;
}

/** How content is taken. */
export interface ContentOptions {
  readonly maxSize: number;
  readonly lineEndings: LineEndings;
  readonly spoolDirectory?: string;
}

/**
 * Takes hold of what a host hands over, and reads it once. Memory is copied, so that the host may use its buffer again; a
 * stream that can be read only once is spooled. `dispose` gives that memory back, or removes the file.
 * @throws ConfigError `message-unreadable`, `message-malformed`, `message-too-big`, `lone-cr`, `line-too-long`
 */
export async function holdContent(
  input: MessageInput,
  options: ContentOptions,
  ctx: Context,
): Promise<Content> {
  const { maxSize, lineEndings } = options;
  const limits = { maxSize, lineEndings };
  if (typeof input === 'string' || input instanceof Uint8Array) {
    return holdOctets(input, limits);
  }
  const stored = await storeOf(input, options, ctx);
  try {
    const facts = await scanAll(stored.open(ctx), limits, ctx);
    return inStore({ ...stored, open: (again) => readVerified(stored.open(again), facts, again) }, facts);
  } catch (error) {
    await stored.dispose?.();
    throw error;
  }
}

/** `stored` gives canonical octets that were compared with `facts`. */
function inStore(stored: Store, facts: ScanFacts): Content {
  return {
    ...stored,
    facts,
    sha256: facts.sha256,
    async withHeader(header, ctx) {
      const open = (again: Context): AsyncIterable<Uint8Array> =>
        replaceHeader(stored.open(again), facts.header.length, header);
      const { canonical: _, ...changed } = await scanAll(open(ctx), {}, ctx);
      return inStore({ ...stored, open }, { ...changed, canonical: facts.canonical });
    },
  };
}

type Store = Pick<Content, 'open' | 'dispose'>;

/** Octets as they lie with the host, or in a spool file. */
async function storeOf(
  input: Exclude<MessageInput, string | Uint8Array>,
  options: ContentOptions,
  ctx: Context,
): Promise<Store> {
  if (typeof input === 'function') {
    return { open: (again) => untilAborted(openStream(input), again.signal) };
  }
  if (typeof input === 'object' && input !== null) {
    if (Symbol.asyncIterator in input) {
      const { path, dispose } = await spoolStream(untilAborted(checkChunks(input), ctx.signal), options);
      return { open: (again) => readFile(path, again.signal), dispose };
    }
    if (typeof input.path === 'string') {
      const { path } = input;
      return { open: (again) => readFile(path, again.signal) };
    }
  }
  throw unreadable(
    `expected octets, text, { path }, a function that opens a stream, or a stream, got ${input === null ? 'null' : typeof input}`,
  );
}

/**
 * Reads stored octets, gives them in canonical form and sees that they are those of `facts`; the last piece is handed
 * out only when all fits.
 * @throws ConfigError `message-changed`
 */
export function readVerified(
  octets: AsyncIterable<Uint8Array>,
  facts: Pick<ScanFacts, 'size' | 'sha256'>,
  ctx: Context,
): AsyncIterable<Uint8Array> {
  return prove(verify(octets, facts, ctx), { dotFree: false });
}

async function* verify(
  octets: AsyncIterable<Uint8Array>,
  facts: Pick<ScanFacts, 'size' | 'sha256'>,
  ctx: Context,
): AsyncGenerator<Uint8Array> {
  const scan = createLineScan({ maxSize: facts.size });
  let held: Uint8Array | null = null;
  try {
    for await (const chunk of octets) {
      ctx.signal.throwIfAborted();
      const canonical = scan.push(chunk);
      giveReplaced(chunk, canonical);
      if (canonical.length === 0) continue;
      if (held !== null) yield held;
      held = canonical;
    }
    const { rest, facts: now } = scan.end();
    if (now.sha256 !== facts.sha256) throw changed('Its digest differs.');
    if (held !== null) yield held;
    if (rest.length > 0) yield rest;
  } catch (error) {
    // What was fine at put and breaks a rule now is another message.
    throw isConfigError(error) && error.code !== 'message-changed' ? changed(error.message, error) : error;
  }
}

/** The same content under another header; nothing is last before `octets` ended without an error. */
async function* replaceHeader(
  octets: AsyncIterable<Uint8Array>,
  oldLength: number,
  header: Uint8Array,
): AsyncGenerator<Uint8Array> {
  let skip = oldLength;
  let held = header;
  for await (const chunk of octets) {
    const rest = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - rest.length;
    if (rest.length === 0) continue;
    yield held;
    held = rest;
  }
  yield held;
}

/** The facts of a whole stream, whose blocks are given back. */
async function scanAll(
  octets: AsyncIterable<Uint8Array>,
  limits: ScanOptions,
  ctx: Context,
): Promise<ScanFacts> {
  const scan = createLineScan(limits);
  for await (const chunk of octets) {
    ctx.signal.throwIfAborted();
    giveBlock(scan.push(chunk));
    giveBlock(chunk);
  }
  return scan.end().facts;
}

function openStream(open: () => AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const stream = open();
  const usable = typeof stream === 'object' && stream !== null && Symbol.asyncIterator in stream;
  if (!usable)
    throw unreadable('the function must give a new stream (async iterable of octets) at each call');
  return checkChunks(stream);
}

async function* checkChunks(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) {
      throw unreadable(`the stream must give octets (Uint8Array), it gave ${typeof chunk}`);
    }
    yield chunk;
  }
}

/** Stops waiting for a stream that stalls as soon as the work is called off. */
async function* untilAborted(
  stream: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const iterator = stream[Symbol.asyncIterator]();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  aborted.catch(() => undefined);
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await Promise.race([iterator.next(), aborted]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    // Not awaited: a stream that stalls would stall here as well.
    iterator.return?.().catch(() => undefined);
  }
}

function unreadable(why: string): ConfigError {
  return new ConfigError('message-unreadable', `message: ${why}`);
}

function changed(what: string, cause?: unknown): ConfigError {
  const error = messageError('message-changed', 'content', what);
  return cause === undefined ? error : new ConfigError(error.code, error.message, cause);
}
