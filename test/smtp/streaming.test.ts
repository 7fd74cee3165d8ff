/**
 * How content flows: bounded memory, no copies, a time limit for each block, and no deadlock with a peer that does not read.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.js';
import { createContext } from '../../src/core/context.js';
import { type Envelope, parseEnvelope } from '../../src/message/envelope.js';
import type { Message } from '../../src/message/source.js';
import { issueAdmission } from '../../src/smtp/admitted.js';
import { connect } from '../../src/smtp/connect.js';
import { TIMEOUTS } from '../../src/smtp/timeouts.js';
import type { RecipientReply } from '../../src/smtp/transaction-result.js';
import { transact } from '../../src/smtp/transact.js';
import { createFakeClock } from '../../src/testing/clock.js';
import { type Bench, createBench, NAME } from './scripted-server.js';
import {
  brief,
  envelopeOf,
  header,
  messageFrom,
  messageOf,
  openSession,
  secured,
  sendOnce,
} from './session.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

const CHUNK = 64 * 1024;
const line = (octet: string): Buffer => Buffer.from(`${octet.repeat(62)}\r\n`);
/** One chunk of exactly 64 KiB in whole lines. */
const chunk = Buffer.concat(Array.from({ length: CHUNK / 64 }, () => line('x')));

/** A message of many chunks that counts how many were taken. */
async function countingMessage(chunks: number): Promise<Message & { readonly taken: number }> {
  const counter = { taken: 0 };
  const message = await messageOf();
  return Object.assign(counter, message, {
    size: chunks * CHUNK,
    async *open() {
      yield header;
      for (let i = 0; i < chunks; i += 1) {
        counter.taken += 1;
        yield chunk;
      }
    },
  });
}

/** One end of a wire that holds next to nothing: a write is over only when the other end has read nearly all of it. */
class WireEnd extends Duplex {
  other: WireEnd = this;
  #isHungry = false;
  #feed: (() => void) | null = null;

  constructor() {
    super({ highWaterMark: 1 });
  }

  override _read(): void {
    this.#isHungry = true;
    this.#serve();
  }

  override _write(octets: Buffer, _: string, done: () => void): void {
    const step = (at: number): void => {
      if (at >= octets.length) done();
      else this.other.offer(octets.subarray(at, at + 64), () => step(at + 64));
    };
    step(0);
  }

  offer(piece: Buffer, taken: () => void): void {
    this.#feed = () => {
      this.push(piece);
      taken();
    };
    this.#serve();
  }

  #serve(): void {
    const feed = this.#feed;
    if (feed === null || !this.#isHungry) return;
    this.#feed = null;
    this.#isHungry = false;
    process.nextTick(feed);
  }
}

/** The server's end. */
interface Wire {
  say(text: string): Promise<void>;
  /** Reads until this has come. */
  hear(text: string): Promise<void>;
  /** Reads this many octets. */
  skip(count: number): Promise<void>;
  /** Sends one mail from the client's end, in clear. */
  send(message: Message, envelope: Envelope): Promise<readonly RecipientReply[]>;
}

function createWire(clock: Clock = systemClock): Wire {
  const [near, far] = [new WireEnd(), new WireEnd()];
  near.other = far;
  far.other = near;
  const socket = Object.assign(near, { setNoDelay: () => near }) as unknown as net.Socket;
  const endpoint = { host: 'mx1.partner.test', address: '127.0.0.1', port: 25, tls: 'starttls' } as const;
  const take = async (count: number): Promise<Buffer> => {
    for (;;) {
      const octets = (far.read(count) ?? far.read()) as Buffer | null;
      if (octets !== null) return octets;
      await new Promise((resolve) => far.once('readable', resolve));
    }
  };
  return {
    say: (text) => new Promise((resolve) => void far.write(text, () => resolve())),
    async hear(text) {
      for (let heard = ''; !heard.endsWith(text);) heard += (await take(1)).toString('latin1');
    },
    async skip(count) {
      for (let rest = count; rest > 0;) rest -= (await take(Math.min(rest, 64))).length;
    },
    async send(message, envelope) {
      const ctx = createContext({ clock });
      const connection = await connect(endpoint, { ehloName: NAME, dial: async () => socket }, ctx);
      const result = await transact(issueAdmission(connection, null), envelope, message, ctx);
      connection.destroy();
      return result.recipients;
    },
  };
}

/** Answers an envelope of one recipient up to 354. */
async function upTo354(peer: { line(): Promise<string>; send(text: string): void }): Promise<void> {
  for (const reply of ['250 ok', '250 ok', '354 go']) {
    await peer.line();
    peer.send(`${reply}\r\n`);
  }
}

it('SC-37, AT-13: content is read no faster than the server takes it, and a block that it does not take for 3 minutes ends it', async () => {
  const clock = createFakeClock();
  const message = await countingMessage(4000);
  const sent = sendOnce(
    bench,
    async (peer) => {
      await upTo354(peer);
      peer.layer.pause();
    },
    { message, ctx: createContext({ clock }) },
  );
  let taken = -1;
  while (taken < message.taken) {
    taken = message.taken;
    await clock.settle();
  }
  // What the kernel and TLS hold, and by far not the 250 MiB of the message.
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(400);
  await clock.advance(TIMEOUTS.block - 1);
  expect(message.taken).toBe(taken);
  expect(clock.pending).toBeGreaterThan(0);
  await clock.advance(1);
  expect(clock.pending).toBe(0);
  expect((await sent).results.map(brief)).toEqual(['lost@data:command-timeout']);
});

it('AT-13, SC-37: a server that takes one block in just less than three minutes is cut off after half an hour', async () => {
  const clock = createFakeClock();
  const message = await countingMessage(1000);
  const wire = createWire(clock);
  const sent = wire.send(message, envelopeOf(1));
  await wire.say('220 mx\r\n');
  await wire.hear('EHLO');
  await wire.say('250 mx\r\n');
  for (const [verb, reply] of [
    ['MAIL', '250 ok'],
    ['RCPT', '250 ok'],
    ['DATA', '354 go'],
  ] as const) {
    await wire.hear(verb);
    await wire.say(`${reply}\r\n`);
  }
  const sip = (): void => {
    void wire.skip(CHUNK);
    clock.after(179_000, sip);
  };
  sip();
  await clock.settle();
  await clock.advance('31m');
  expect((await sent).map(brief)).toEqual(['lost@data:session-time-limit']);
  expect(message.taken).toBeLessThan(20);
});

describe('blocks', () => {
  /** What was handed to the connection behind DATA, and a copy: the connection gives the blocks back. */
  const blocksOf = async (message: Message): Promise<{ block: Uint8Array; copy: Uint8Array }[]> => {
    const blocks: { block: Uint8Array; copy: Uint8Array }[] = [];
    await bench.against(
      secured([], async (peer) => {
        await upTo354(peer);
        for (let text = ''; text !== '.'; text = await peer.line());
        peer.send('250 taken\r\n');
      }),
      async (server) => {
        const session = await openSession(server, bench);
        const { connection } = session;
        const { write } = connection;
        connection.write = (octets, ...rest) => {
          blocks.push({ block: octets, copy: Uint8Array.from(octets) });
          return write(octets, ...rest);
        };
        const result = await transact(session, envelopeOf(1), message, createContext());
        expect(result.recipients.map(brief)).toEqual(['accepted@final:250']);
        connection.destroy();
      },
    );
    return blocks.slice(3);
  };

  it('FAQ-10: a full block without dots goes to the socket as it is, not copied', async () => {
    const message = { ...(await messageOf()) };
    message.open = async function* () {
      yield chunk;
      yield chunk;
    };
    const blocks = await blocksOf(message);
    const same = blocks.filter(({ block }) => block.buffer === chunk.buffer && block.length === CHUNK);
    expect(same).toHaveLength(2);
  });

  it('FAQ-10: memory of a file is given back block by block, not left to the garbage collector', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'streaming-'));
    for (const lineEnd of ['\r\n', '\n']) {
      const path = join(folder, 'message.eml');
      const lines = Array.from({ length: 20_000 }, (_, n) => `${n % 3 === 0 ? '.' : 'x'}${n}${lineEnd}`);
      const text = header.toString().replaceAll('\r\n', lineEnd) + lines.join('');
      writeFileSync(path, text);
      const message = await messageFrom({ path });
      const blocks = await blocksOf(message);
      const wire = text.replaceAll(/\r?\n/g, '\r\n').replaceAll(/^\./gm, '..');
      expect(Buffer.concat(blocks.map(({ copy }) => copy)).toString()).toBe(`${wire}.\r\n`);
      expect(blocks.map(({ block }) => block.length)).toEqual(blocks.map(() => 0));
    }
    rmSync(folder, { recursive: true });
  });

  it('SC-37: small chunks are gathered and huge ones are cut, so that each write is about 64 KiB', async () => {
    const octets = Buffer.concat([header, ...Array.from({ length: 20 }, () => chunk)]);
    const whole = await messageFrom(async function* () {
      yield octets;
    });
    const crumbs = await messageFrom(async function* () {
      for (let at = 0; at < octets.length; at += 100) yield octets.subarray(at, at + 100);
    });
    for (const message of [whole, crumbs]) {
      const blocks = (await blocksOf(message)).map(({ copy }) => copy);
      expect(Math.max(...blocks.map((block) => block.length))).toBeLessThanOrEqual(CHUNK);
      expect(blocks.length).toBeLessThan(30);
      expect(Buffer.concat(blocks).equals(Buffer.concat([octets, Buffer.from('.\r\n')]))).toBe(true);
    }
  });
});

it('SC-42: a server that reads nothing until its own 100 KiB are read does not stop the client', async () => {
  const count = 100;
  const wire = createWire();
  const recipients = Array.from({ length: count }, (_, i) => ({
    address: `r${i}@partner.test`,
    notify: ['success', 'failure', 'delay'],
    originalRecipient: `rfc822;r${i}@partner.test`,
  }));
  const sent = wire.send(await messageOf(), parseEnvelope({ from: 'a@sender.test', recipients }));
  await wire.say('220 mx\r\n');
  await wire.hear('EHLO');
  await wire.say('250-mx\r\n250-DSN\r\n250 PIPELINING\r\n');
  await wire.hear('MAIL');
  // The rest of the group stays unread until all of this has been taken.
  await wire.say(`250 ok\r\n${`250-${'x'.repeat(1020)}\r\n250 ok\r\n`.repeat(count)}354 go\r\n`);
  await wire.hear('\r\n.\r\n');
  await wire.say('250 taken\r\n');
  expect((await sent).every((each) => brief(each) === 'accepted@final:250')).toBe(true);
});
