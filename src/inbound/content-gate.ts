/**
 * Lets the content of a message through to the host while the guard looks at it: the header goes on only when it has been
 * judged, a lone CR or LF ends it at once. What is refused is still read to its end, or the client would never hear why.
 */
import { PassThrough, type Readable } from 'node:stream';
import { MAX_HEADER } from '../message/line-scan.js';
import { createLineEndCheck } from './line-ends.js';
import { refuseLineEnds } from './refuse.js';
import type { InboundVerdict, Refusal } from './session.js';

/** The judge and the taker of a message. */
export interface Gate {
  /** Judges the header section; null: nobody wants to. */
  readonly judgeHeader: ((header: Buffer) => Promise<InboundVerdict>) | null;
  /** Header fields to put in front of what passes. */
  readonly fields: string;
  /** Takes the message; resolves when the taker has answered. */
  take(stream: PassThrough): Promise<void>;
}

/** Passes `content` on; the refusal, or null when it was taken. Rejects when the content breaks off. */
export async function passContent(content: Readable, gate: Gate): Promise<Refusal | null> {
  const out = new PassThrough();
  try {
    const passing = await passThrough(content, gate, out);
    if ('refused' in passing) {
      abandon(out, new Error(passing.refused.text));
      return passing.refused;
    }
    if (!out.destroyed) out.end();
    await passing.taken;
    return null;
  } catch (error) {
    abandon(out, error as Error);
    throw error;
  }
}

/** What became of the content when all of it has come. */
type Passing = { readonly refused: Refusal } | { readonly taken: Promise<void> };

async function passThrough(content: Readable, gate: Gate, out: PassThrough): Promise<Passing> {
  const ends = createLineEndCheck();
  const header = createHeaderBuffer();
  // null while the header is still to come.
  let passing = gate.judgeHeader === null ? await open(gate, out, header) : null;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    if (passing !== null && 'refused' in passing) continue;
    if (!ends.push(chunk)) {
      passing = { refused: refuseLineEnds() };
      abandon(out, new Error(passing.refused.text));
    } else if (passing !== null) {
      await write(out, chunk);
    } else if (header.push(chunk)) {
      passing = await open(gate, out, header);
    }
  }
  passing ??= await open(gate, out, header);
  return 'taken' in passing && !ends.end() ? { refused: refuseLineEnds() } : passing;
}

/** Judges the header; where it is good the host gets its stream, with what has come so far. */
async function open(gate: Gate, out: PassThrough, header: HeaderBuffer): Promise<Passing> {
  const verdict = (await gate.judgeHeader?.(header.section())) ?? null;
  if (verdict?.accept === false) return { refused: verdict };
  const taken = gate.take(out).finally(() => out.destroy());
  // Whoever waits for it at the end hears of a failure; until then it is nobody's.
  taken.catch(() => undefined);
  await write(out, Buffer.from(gate.fields, 'latin1'));
  await write(out, header.all());
  return { taken };
}

/** Ends the host's stream before its end. Without a listener an error would end the host's process as well. */
function abandon(out: PassThrough, error: Error): void {
  out.destroy(out.listenerCount('error') > 0 ? error : undefined);
}

/** Writes, and waits while the host is slower than the client. */
async function write(out: PassThrough, chunk: Buffer): Promise<void> {
  if (out.destroyed || chunk.length === 0 || out.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      out.off('drain', done);
      out.off('close', done);
      resolve();
    };
    out.on('drain', done);
    out.on('close', done);
  });
}

const END = '\r\n\r\n';

/** What has come until the empty line behind the header. */
interface HeaderBuffer {
  /** True when the header is complete, or longer than any. */
  push(chunk: Buffer): boolean;
  /** The header section; empty where it is too long, so that it names nobody. */
  section(): Buffer;
  all(): Buffer;
}

function createHeaderBuffer(): HeaderBuffer {
  const chunks: Buffer[] = [];
  // An empty first line ends a header without fields.
  let tail = '\r\n';
  let size = 0;
  let isComplete = false;
  return {
    push(chunk) {
      chunks.push(chunk);
      size += chunk.length;
      const text = tail + chunk.toString('latin1');
      isComplete ||= text.includes(END);
      tail = text.slice(-(END.length - 1));
      return isComplete || size > MAX_HEADER;
    },
    section() {
      const all = Buffer.concat(chunks);
      if (!isComplete) return all.length > MAX_HEADER ? Buffer.alloc(0) : all;
      return all.indexOf('\r\n') === 0 ? Buffer.alloc(0) : all.subarray(0, all.indexOf(END) + 2);
    },
    all: () => Buffer.concat(chunks),
  };
}
