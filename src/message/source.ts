/**
 * A message as the pipeline handles it: facts taken once, in one pass, when it is put; content that can be opened again
 * for every attempt and never has to be whole in memory.
 *
 * Steps of `prepareMessage`: hold the content (`content.ts`); scan it (`line-scan.ts`); make the changes to the header
 * that were asked for and check it (`headers.ts`); sign. Where nothing was asked for, the octets go out as they came
 * (FAQ-10). The body is never touched: TLS protects it on the way, and gateways behind the TLS can read it (FAQ-11).
 * Failure: ConfigError whose code is a Reason (`line-too-long`, `lone-cr`, `message-malformed`, ...); nothing is kept.
 */
import { giveBlock } from '../core/blocks.js';
import type { Context } from '../core/context.js';
import { refuseUnknownOptions } from '../core/options.js';
import { holdContent, type MessageInput, readVerified, replaceHeader } from './content.js';
import { checkHeader, editHeader, type HeaderEdits } from './headers.js';
import { createLineScan, type LineEndings, type ScanFacts } from './line-scan.js';

export type { MessageInput } from './content.js';

/** Facts about the content in its canonical form (every line ends in CRLF, the last one too). */
export interface MessageFacts {
  /** Octets in canonical form, without stuffed dots and terminator (what SIZE= declares, SC-46). */
  readonly size: number;
  /** SHA-256 of the canonical form, lower-case hex. */
  readonly sha256: string;
  /** Octets of the longest line, without CRLF. */
  readonly longestLine: number;
  /** Octets above 127 in the header (needs SMTPUTF8) or in the body (needs 8BITMIME). */
  readonly eightBitHeader: boolean;
  readonly eightBitBody: boolean;
  /** False when some line starts with a dot, so that a sender must look for them. */
  readonly dotFree: boolean;
  /** False when the stored octets have lone LFs that must become CRLF on the way out. */
  readonly canonical: boolean;
  readonly messageId: string;
  readonly receivedCount: number;
}

/** A message that passed every check; `open` yields the canonical form, each call from the start. */
export interface Message extends MessageFacts {
  /** The header section, canonical, up to and including the empty line; bounded. */
  readonly header: Uint8Array;
  /**
   * Canonical octets. The iterator throws ConfigError `message-changed` when what it read differs from the facts, before
   * its last chunk is handed out, so that a changed message is never completed.
   */
  open(ctx: Context): AsyncIterable<Uint8Array>;
  /** Removes what was spooled for this message; absent where nothing was. Whoever ends the message calls it once. */
  readonly dispose?: () => Promise<void>;
}

/**
 * Called once when a message is put; gives whole header fields to put in front (DKIM), each line ending in CRLF, or `''`.
 */
export type SignHook = (message: Message) => string | Promise<string>;

/** How messages are prepared. */
export interface MessageOptions {
  /** Add Date and Message-ID where they lack. Default false: such a message is refused. */
  readonly complete?: boolean;
  /** Take Bcc fields out. Default false: a message with one is refused. */
  readonly stripBcc?: boolean;
  readonly sign?: SignHook;
  /** Default `normalise`: a lone LF becomes CRLF; `reject`: it is refused. A lone CR always is (SC-30). */
  readonly lineEndings?: LineEndings;
  /** Octets of the canonical form. Default 256 MiB. */
  readonly maxSize?: number;
  /** Where one-shot streams are kept. Default: the system's temporary folder. */
  readonly spoolDirectory?: string;
  /** Domain of Message-IDs that are added. */
  readonly messageIdDomain: string;
}

const DEFAULT_MAX_SIZE = 256 * 1024 * 1024;
const OPTIONS = [
  'complete',
  'stripBcc',
  'sign',
  'lineEndings',
  'maxSize',
  'spoolDirectory',
  'messageIdDomain',
] as const satisfies readonly (keyof MessageOptions)[];

/**
 * Reads a message once, checks it and makes it ready to be opened for every attempt.
 * @throws ConfigError with the code of the reason; `message-unreadable`, `header-invalid`, `domain-invalid`,
 * `option-unknown`
 */
export async function prepareMessage(
  input: MessageInput,
  options: MessageOptions,
  ctx: Context,
): Promise<Message> {
  refuseUnknownOptions(options, OPTIONS, 'message');
  const limits = {
    lineEndings: options.lineEndings ?? 'normalise',
    maxSize: options.maxSize ?? DEFAULT_MAX_SIZE,
  };
  const content = await holdContent(input, { ...options, maxSize: limits.maxSize }, ctx);
  try {
    const facts = await scanAll(content.open(ctx), limits, ctx);
    const given: Message = {
      ...facts,
      messageId: '',
      receivedCount: 0,
      open: (again) => readVerified(content.open(again), facts, again),
      ...(content.dispose === undefined ? {} : { dispose: content.dispose }),
    };
    const complete = { now: ctx.clock.now(), messageIdDomain: options.messageIdDomain };
    const edited = await withEdits(
      given,
      { stripBcc: options.stripBcc === true, ...(options.complete === true ? { complete } : {}) },
      ctx,
    );
    if (options.sign === undefined) return edited;
    return await withEdits(edited, { prepend: await options.sign(edited) }, ctx);
  } catch (error) {
    await content.dispose?.();
    throw error;
  }
}

/** The message with another header, checked; the same octets from the same place when no edit changes anything. */
async function withEdits(message: Message, edits: HeaderEdits, ctx: Context): Promise<Message> {
  const { buffer, byteOffset, byteLength } = message.header;
  const before = Buffer.from(buffer, byteOffset, byteLength);
  const header = editHeader(before, edits);
  const checked = { ...message, ...checkHeader(header) };
  if (header === before) return checked;
  const open = (again: Context): AsyncIterable<Uint8Array> =>
    replaceHeader(message.open(again), before.length, header);
  const facts = await scanAll(open(ctx), {}, ctx);
  return { ...checked, ...facts, canonical: message.canonical, open };
}

async function scanAll(
  octets: AsyncIterable<Uint8Array>,
  limits: { readonly lineEndings?: LineEndings; readonly maxSize?: number },
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
