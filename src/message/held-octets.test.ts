import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { giveBlock } from '../core/blocks.js';
import { createContext } from '../core/context.js';
import { proofOf } from './proven.js';
import { type Message, type MessageInput, type MessageOptions, prepareMessage } from './source.js';

const ctx = createContext();
const HEAD = 'Date: Fri, 01 Mar 2024 09:00:00 +0100\r\nFrom: a@x.test\r\nMessage-ID: <q1@x.test>\r\n';
const MAIL = `${HEAD}\r\nHello\r\n.dot\r\n`;

const prepare = (input: MessageInput, options: Partial<MessageOptions> = {}): Promise<Message> =>
  prepareMessage(input, { messageIdDomain: 'out.x.test', ...options }, ctx);
const refusal = (code: string) => expect.objectContaining({ name: 'ConfigError', code });
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function read(message: Message): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message.open(ctx)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

describe('a message in memory', () => {
  const line = 'a line of forty octets, and two behind.\r\n';
  const long = `${MAIL}${line.repeat(20_000)}`;
  const blocksOf = async (message: Message): Promise<Uint8Array[]> => {
    const blocks: Uint8Array[] = [];
    for await (const block of message.open(ctx)) blocks.push(block);
    return blocks;
  };

  it('FAQ-10: it goes out from where it lies, in blocks of at most 64 KiB, at each attempt', async () => {
    const message = await prepare(Buffer.from(long));
    const [first, second] = [await blocksOf(message), await blocksOf(message)];
    expect(Buffer.concat(first).toString()).toBe(long);
    expect(Math.max(...first.map((block) => block.length))).toBeLessThanOrEqual(65_536);
    expect(second.map((block) => block.buffer)).toEqual(first.map((block) => block.buffer));
    expect(new Set(first.map((block) => block.buffer)).size).toBe(first.length);
    expect(message).toMatchObject({ size: long.length, sha256: sha256(long), canonical: true });
  });

  it.each(['\r\n', '\n'])('SC-30: lines that end in %j are canonical wherever it is cut', async (end) => {
    // Pieces of 64 KiB: the cut falls into each place of a line once.
    for (let shift = 0; shift < line.length; shift += 1) {
      const text = `${HEAD}X: ${'x'.repeat(shift)}\r\n\r\n${line.repeat(8000)}`;
      const message = await prepare(text.replaceAll('\r\n', end));
      expect(message).toMatchObject({ size: text.length, sha256: sha256(text), canonical: end === '\r\n' });
      expect(Buffer.concat(await blocksOf(message)).equals(Buffer.from(text))).toBe(true);
    }
  });

  it('FAQ-10: its memory goes back when it is disposed of: it cannot be read any more, its facts stay', async () => {
    const message = await prepare(Buffer.from(long));
    const { sha256: digest } = message;
    const late = message.open(ctx);
    const [first] = await blocksOf(message);
    for await (const block of message.open(ctx)) giveBlock(block);
    await message.dispose?.();
    await expect(late[Symbol.asyncIterator]().next()).rejects.toThrow(refusal('message-unreadable'));
    await expect(blocksOf(message)).rejects.toThrow(refusal('message-unreadable'));
    expect(message).toMatchObject({ size: long.length, sha256: digest, messageId: '<q1@x.test>' });
    // Somebody who does not know of loans has kept what he got.
    expect(Buffer.from(first ?? []).toString()).toBe(long.slice(0, 65_536));
  });

  it('FAQ-10: a digest that nobody has asked for is not made up when the octets are gone', async () => {
    const message = await prepare(MAIL);
    await message.dispose?.();
    expect(message.sha256).toBe('');
  });

  it.each(['\u00e5', '\u20ac', '\ud83d\ude00'])(
    'FAQ-10: text with %s is encoded whole, wherever a block ends',
    async (character) => {
      for (let shift = 0; shift < 4; shift += 1) {
        const text = `${MAIL}${'x'.repeat(shift)}${`${character.repeat(100)}\r\n`.repeat(1000)}`;
        const message = await prepare(text);
        expect(Buffer.concat(await blocksOf(message)).equals(Buffer.from(text))).toBe(true);
      }
    },
  );

  it('AT-20: only what this package has looked at counts as looked at', async () => {
    const plain = await prepare(`${HEAD}\r\nHello\r\n`);
    expect(proofOf(plain.open(ctx))).toEqual({ dotFree: true, isHeld: true });
    expect(proofOf((await prepare(MAIL)).open(ctx))).toEqual({ dotFree: false, isHeld: true });
    expect(proofOf((await prepare('From: a@x.test\n\n.\n', { complete: true })).open(ctx))).toEqual({
      dotFree: false,
      isHeld: true,
    });
    const folder = await mkdtemp(join(tmpdir(), 'held-test-'));
    const path = join(folder, 'mail.eml');
    await writeFile(path, MAIL.replaceAll('\r\n', '\n'));
    expect(proofOf((await prepare({ path })).open(ctx))).toEqual({ dotFree: false });
    await rm(folder, { recursive: true });
    expect(proofOf(Readable.from([Buffer.from(MAIL)]))).toBeNull();
    async function* relayed() {
      yield* plain.open(ctx);
    }
    expect(proofOf(relayed())).toBeNull();
  });

  it('AT-22: what a signing hook does to the octets that it is shown changes nothing', async () => {
    const message = await prepare(MAIL, {
      sign: async (one) => {
        for await (const chunk of one.open(ctx)) chunk.fill(0);
        return 'X: y\r\n';
      },
    });
    expect(await read(message)).toBe(`X: y\r\n${MAIL}`);
    expect(message.sha256).toBe(sha256(`X: y\r\n${MAIL}`));
  });
});
