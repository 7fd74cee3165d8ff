import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createContext } from '../core/context.js';
import { type Message, type MessageInput, type MessageOptions, prepareMessage } from './source.js';

const NOW = Date.UTC(2024, 2, 1, 8, 0, 0);
const clock = { now: () => NOW, after: () => () => undefined };
const ctx = createContext({ clock });
const OPTIONS: MessageOptions = { messageIdDomain: 'out.x.test' };
const HEAD = 'Date: Fri, 01 Mar 2024 09:00:00 +0100\r\nFrom: a@x.test\r\nMessage-ID: <q1@x.test>\r\n';
const MAIL = `${HEAD}\r\nHello\r\n.dot\r\n`;

const prepare = (input: MessageInput, options: Partial<MessageOptions> = {}): Promise<Message> =>
  prepareMessage(input, { ...OPTIONS, ...options }, ctx);
const refusal = (code: string) => expect.objectContaining({ name: 'ConfigError', code });
const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

async function read(message: Message): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message.open(ctx)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

/** What came before the error, and its code. */
async function readUntilError(message: Message): Promise<{ got: string; code: unknown }> {
  let got = '';
  try {
    for await (const chunk of message.open(ctx)) got += Buffer.from(chunk).toString('latin1');
    return { got, code: null };
  } catch (error) {
    return { got, code: (error as { code: unknown }).code };
  }
}

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'source-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('prepareMessage', () => {
  it('FAQ-10, FAQ-11: what needs no change goes out octet by octet as it came, as often as asked', async () => {
    const octets = Buffer.from(`${HEAD}X: \t odd  \r\n folded\r\n\r\n.\r\nb\xf6dy\r\n`, 'latin1');
    const message = await prepare(octets, { complete: true, stripBcc: true, sign: () => '' });
    expect(await read(message)).toBe(octets.toString('latin1'));
    expect(await read(message)).toBe(octets.toString('latin1'));
    expect(message).toMatchObject({
      canonical: true,
      eightBitBody: true,
      eightBitHeader: false,
      dotFree: false,
    });
  });

  it('SC-46: size counts the canonical form, without stuffed dots and terminator', async () => {
    const message = await prepare(MAIL.replaceAll('\r\n', '\n'));
    expect(message.size).toBe(MAIL.length);
    expect(message.sha256).toBe(sha256(MAIL));
    expect(message.canonical).toBe(false);
    expect(await read(message)).toBe(MAIL);
  });

  it('SC-30: lone line feeds are mended, or refused when asked; a lone CR is refused always', async () => {
    const lone = `${HEAD}\r\none\ntwo\r\n`;
    expect(await read(await prepare(lone))).toBe(`${HEAD}\r\none\r\ntwo\r\n`);
    await expect(prepare(lone, { lineEndings: 'reject' })).rejects.toThrow(refusal('message-malformed'));
    await expect(prepare(`${HEAD}\r\none\rtwo\r\n`)).rejects.toThrow(refusal('lone-cr'));
  });

  it('SC-33: a line of 999 octets is refused at put with its number', async () => {
    await expect(prepare(`${HEAD}\r\n${'x'.repeat(998)}\r\n`)).resolves.toMatchObject({ longestLine: 998 });
    await expect(prepare(`${HEAD}\r\n${'x'.repeat(999)}\r\n`)).rejects.toThrow(refusal('line-too-long'));
    await expect(prepare(`${HEAD}\r\n${'x'.repeat(999)}\r\n`)).rejects.toThrow(/line 5.*quoted-printable/);
  });

  it('SC-53: a message with 100 Received fields is refused as a loop', async () => {
    const received = 'Received: x; Fri, 01 Mar 2024 09:00:00 +0100\r\n';
    await expect(prepare(received.repeat(100) + MAIL)).rejects.toThrow(refusal('received-loop'));
    await expect(prepare(received.repeat(99) + MAIL)).resolves.toMatchObject({ receivedCount: 99 });
  });

  it('SC-36: Date and Message-ID are added only when asked, and the facts are those of what goes out', async () => {
    const bare = 'From: a@x.test\r\n\r\nbody\r\n';
    await expect(prepare(bare)).rejects.toThrow(refusal('message-malformed'));
    const message = await prepare(bare, { complete: true });
    const text = await read(message);
    expect(text).toBe(
      `From: a@x.test\r\nDate: Fri, 01 Mar 2024 08:00:00 +0000\r\nMessage-ID: ${message.messageId}\r\n\r\nbody\r\n`,
    );
    expect(message).toMatchObject({ size: text.length, sha256: sha256(text) });
    expect(Buffer.from(message.header).toString()).toBe(text.slice(0, -6));
  });

  it('SC-36: Bcc is refused, or taken out and nothing else changes', async () => {
    const withBcc = MAIL.replace('From:', 'Bcc: b@x.test,\r\n\tc@x.test\r\nFrom:');
    await expect(prepare(withBcc)).rejects.toThrow(/stripBcc/);
    expect(await read(await prepare(withBcc, { stripBcc: true }))).toBe(MAIL);
  });

  it('SC-35: Received fields stay as they are, Return-Path is refused', async () => {
    const trace =
      'Received: b; Fri, 01 Mar 2024 09:00:00 +0100\r\nReceived: a;\r\n Fri, 01 Mar 2024 08:00:00 +0100\r\n';
    const bare = `${trace}From: a@x.test\r\n\r\n`;
    expect((await read(await prepare(bare, { complete: true }))).startsWith(trace)).toBe(true);
    await expect(prepare(`Return-Path: <a@x.test>\r\n${MAIL}`)).rejects.toThrow(/Return-Path/);
  });

  it('FAQ-10: the signing hook sees the finished message once, and its fields come first', async () => {
    const seen: string[] = [];
    const message = await prepare('From: a@x.test\n\nbody\n', {
      complete: true,
      sign: async (one) => {
        seen.push(await read(one));
        return 'DKIM-Signature: v=1;\r\n b=abc\r\n';
      },
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toContain('\r\nMessage-ID: <');
    expect(await read(message)).toBe(`DKIM-Signature: v=1;\r\n b=abc\r\n${seen[0]}`);
  });

  it('AT-22: a signing hook cannot end the header or add a second From', async () => {
    await expect(prepare(MAIL, { sign: () => 'X: y\r\n\r\n' })).rejects.toThrow(refusal('header-invalid'));
    await expect(prepare(MAIL, { sign: () => 'X: y\nZ: z\r\n' })).rejects.toThrow(refusal('header-invalid'));
    await expect(prepare(MAIL, { sign: () => 'From: b@x.test\r\n' })).rejects.toThrow(/more than one From/);
  });

  it('SC-46: a message above the own limit is refused at put', async () => {
    await expect(prepare(MAIL, { maxSize: MAIL.length })).resolves.toBeDefined();
    await expect(prepare(MAIL, { maxSize: MAIL.length - 1 })).rejects.toThrow(refusal('message-too-big'));
    const stream = Readable.from([Buffer.from(MAIL)]);
    await expect(prepare(stream, { maxSize: 9, spoolDirectory: folder })).rejects.toThrow(
      refusal('message-too-big'),
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('FAQ-10: memory is copied, so the host may use its buffer again', async () => {
    const octets = Buffer.from(MAIL);
    const message = await prepare(octets);
    octets.fill(0);
    expect(await read(message)).toBe(MAIL);
  });

  it('FAQ-10: text with half of a surrogate pair is refused, not replaced', async () => {
    await expect(prepare(`${MAIL}\ud83d`)).rejects.toThrow(refusal('message-malformed'));
  });

  it('SC-36: what is no message is refused with what would be one, and so is an unknown option', async () => {
    await expect(prepare(7 as never)).rejects.toThrow(/expected octets, text, \{ path \}/);
    await expect(prepare(MAIL, { stripBCC: true } as never)).rejects.toThrow(/did you mean "stripBcc"/);
    await expect(prepare(() => ['x'] as never)).rejects.toThrow(refusal('message-unreadable'));
    await expect(prepare(Readable.from(['text']) as never)).rejects.toThrow(/must give octets/);
  });
});

describe('a message in a file', () => {
  const big = `${MAIL}${'0123456789abcde\r\n'.repeat(20_000)}`;

  it('FAQ-10: it is read block by block at each attempt', async () => {
    const path = join(folder, 'mail.eml');
    await writeFile(path, big);
    const message = await prepare({ path });
    let largest = 0;
    for await (const chunk of message.open(ctx)) largest = Math.max(largest, chunk.length);
    expect(largest).toBeLessThanOrEqual(65_536);
    expect(await read(message)).toBe(big);
    expect(message.dispose).toBeUndefined();
  });

  it.each([
    ['one octet', big.replace('cde\r\n', 'cdf\r\n')],
    ['its last octet', `${big.slice(0, -3)}x\r\n`],
    ['a longer end', `${big}more\r\n`],
    ['a shorter end', big.slice(0, -100)],
    ['a lone CR', big.replace('abc', 'a\rc')],
    ['nothing left', ''],
  ])('FAQ-10: changed after put (%s) it is never completed', async (_, now) => {
    const path = join(folder, 'mail.eml');
    await writeFile(path, big);
    for (const options of [{}, { sign: () => 'X: y\r\n' }]) {
      await writeFile(path, big);
      const message = await prepare({ path }, options);
      await writeFile(path, now);
      const { got, code } = await readUntilError(message);
      expect(code).toBe('message-changed');
      expect(got.length).toBeLessThan(message.size);
    }
  });

  it('FAQ-10: a file that is gone is a changed message later and unreadable at put', async () => {
    const path = join(folder, 'mail.eml');
    await expect(prepare({ path })).rejects.toThrow(refusal('message-unreadable'));
    await expect(prepare({ path: folder })).rejects.toThrow(/not a regular file/);
    await writeFile(path, MAIL);
    const message = await prepare({ path });
    await rm(path);
    expect(await readUntilError(message)).toEqual({ got: '', code: 'message-changed' });
  });
});

describe('a message in a stream', () => {
  it('FAQ-10: a function is asked for a new stream at each attempt', async () => {
    let opened = 0;
    const message = await prepare(() => {
      opened += 1;
      return Readable.from([Buffer.from(MAIL.slice(0, 20)), Buffer.from(MAIL.slice(20))]);
    });
    expect(await read(message)).toBe(MAIL);
    expect(opened).toBe(2);
  });

  it('FAQ-10: a stream that can be read once is kept in a file of mode 0600 until dispose', async () => {
    const message = await prepare(Readable.from([Buffer.from(MAIL)]), { spoolDirectory: folder });
    const [name] = await readdir(folder);
    expect((await stat(join(folder, name ?? ''))).mode & 0o777).toBe(0o600);
    expect(await read(message)).toBe(MAIL);
    expect(await read(message)).toBe(MAIL);
    await message.dispose?.();
    await message.dispose?.();
    expect(await readdir(folder)).toEqual([]);
  });

  it('FAQ-10: nothing stays on disk when the stream fails or the message is refused', async () => {
    async function* broken() {
      yield Buffer.from(MAIL);
      throw new Error('cable');
    }
    await expect(prepare(broken(), { spoolDirectory: folder })).rejects.toThrow('cable');
    const refused = Readable.from([Buffer.from('no header')]);
    await expect(prepare(refused, { spoolDirectory: folder })).rejects.toThrow(refusal('message-malformed'));
    expect(await readdir(folder)).toEqual([]);
  });

  it('SC-37: a stream that stalls does not hold the attempt when it is called off', async () => {
    let stall = false;
    const message = await prepare(async function* () {
      yield Buffer.from(MAIL);
      if (stall) await new Promise(() => undefined);
    });
    stall = true;
    const stop = new AbortController();
    const reading = (async () => {
      for await (const _ of message.open(createContext({ clock, signal: stop.signal }))) void _;
    })();
    stop.abort(new Error('too long'));
    await expect(reading).rejects.toThrow('too long');
  });
});
