/**
 * A message as the pipeline handles it: facts taken once, in one pass, when it is put; content that can be opened again
 * for every attempt and never has to be whole in memory.
 *
 * Steps of `prepareMessage`: hold the content and scan it (`content.ts`, `line-scan.ts`); make the changes to the header
 * that were asked for and check it (`headers.ts`); sign. Where nothing was asked for, the octets go out as they came
 * (FAQ-10). The body is never touched: TLS protects it on the way, and gateways behind the TLS can read it (FAQ-11).
 * Failure: ConfigError whose code is a Reason (`line-too-long`, `lone-cr`, `message-malformed`, ...); nothing is kept.
 */
import { giveBlock } from '../core/blocks.js';
import type { Context } from '../core/context.js';
import { refuseUnknownOptions } from '../core/options.js';
import { type Content, holdContent, type MessageInput } from './content.js';
import { checkHeader, editHeader, type HeaderEdits } from './headers.js';
import type { LineEndings } from './line-scan.js';

export type { MessageInput } from './content.js';

/** Facts about the content in its canonical form (every line ends in CRLF, the last one too). */
export interface MessageFacts {
  /** Octets in canonical form, without stuffed dots and terminator (what SIZE= declares, SC-46). */
  readonly size: number;
  /**
   * SHA-256 of the canonical form, lower-case hex. For a message in memory it is taken when it is first asked for, and empty
   * where nobody has asked before the octets went.
   */
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
  /**
   * Gives back the memory in which this message lies, or removes what was spooled for it; absent where nothing was. Whoever
   * ends the message calls it once; attempts under way are not disturbed, and `open` throws from then on.
   */
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
  const { stripBcc = false, sign, maxSize = DEFAULT_MAX_SIZE, lineEndings = 'normalise' } = options;
  const given = await holdContent(input, { ...options, maxSize, lineEndings }, ctx);
  try {
    const complete = { now: ctx.clock.now(), messageIdDomain: options.messageIdDomain };
    const edits = { stripBcc, ...(options.complete === true ? { complete } : {}) };
    const edited = await withEdits(given, edits, ctx);
    const message = messageOf(edited);
    if (sign === undefined) return message;
    const prepend = await sign({ ...message, open: (again) => copiesOf(message.open(again)) });
    return messageOf(await withEdits(edited, { prepend }, ctx));
  } catch (error) {
    await given.dispose?.();
    throw error;
  }
}

/** The content with another header; the very same where no edit changes anything. */
async function withEdits(content: Content, edits: HeaderEdits, ctx: Context): Promise<Content> {
  const { header } = content.facts;
  const edited = editHeader(header, edits);
  return edited === header ? content : content.withHeader(edited, ctx);
}

/** @throws ConfigError `message-malformed`, `received-loop` */
function messageOf(content: Content): Message {
  const { facts } = content;
  const { messageId, receivedCount } = checkHeader(facts.header);
  return {
    size: facts.size,
    get sha256() {
      return content.sha256;
    },
    longestLine: facts.longestLine,
    eightBitHeader: facts.eightBitHeader,
    eightBitBody: facts.eightBitBody,
    dotFree: facts.dotFree,
    canonical: facts.canonical,
    messageId,
    receivedCount,
    header: facts.header,
    open: (ctx) => content.open(ctx),
    ...(content.dispose === undefined ? {} : { dispose: async () => content.dispose?.() }),
  };
}

/** For a hook of the host, which may do with the octets what it likes. */
async function* copiesOf(octets: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of octets) {
    const copy = Buffer.from(chunk);
    giveBlock(chunk);
    yield copy;
  }
}
