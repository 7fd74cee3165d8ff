/**
 * The memory of a message goes back when its last job has ended, whatever is still under way: nothing of what lies there
 * next may leave in its place.
 */
import { beforeAll, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import type { Message } from '../../src/message/source.js';
import { transact } from '../../src/smtp/transact.js';
import { type Bench, createBench, type Peer } from './scripted-server.js';
import {
  brief,
  envelopeOf,
  header,
  messageOf,
  openSession,
  readChunk,
  readContent,
  rest,
  secured,
} from './session.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

const BLOCKS = 12;
/** 64 KiB in lines of 64 octets. */
const block = (octet: string): string => `${octet.repeat(62)}\r\n`.repeat(1024);
const body = block('a').repeat(BLOCKS);

/** Others come at once: whatever memory is free is theirs. */
async function fillMemory(): Promise<Message[]> {
  return Promise.all(Array.from({ length: 4 }, () => messageOf(block('b').repeat(BLOCKS))));
}

async function takeEnvelope(peer: Peer): Promise<void> {
  for (const verb of ['MAIL', 'RCPT']) await peer.answer(verb, '250 ok\r\n');
}

async function overData(peer: Peer): Promise<string> {
  await takeEnvelope(peer);
  await peer.answer('DATA', '354 go\r\n');
  const lines = await readContent(peer);
  peer.send('250 taken\r\n');
  return `${lines.join('\r\n')}\r\n`;
}

async function overBdat(peer: Peer): Promise<string> {
  await takeEnvelope(peer);
  const { content } = await readChunk(peer);
  peer.send('250 taken\r\n');
  return content;
}

it.each([
  ['DATA', [], overData],
  ['BDAT', ['CHUNKING', 'PIPELINING'], overBdat],
] as const)(
  'FAQ-10: a message that is disposed of in mid-delivery arrives whole (%s), and its memory goes back',
  async (_, keywords, take) => {
    const message = await messageOf(body);
    const others: Message[] = [];
    const written: Uint8Array[] = [];
    let heard = '';
    await bench.against(
      secured(keywords, async (peer) => {
        heard = await take(peer);
      }),
      async (server) => {
        const session = await openSession(server, bench);
        const { connection } = session;
        const { write } = connection;
        connection.write = async (octets, ...rest) => {
          if (octets.length > 60_000) written.push(octets);
          const sent = write(octets, ...rest);
          if (written.length === 3 && others.length === 0) {
            await message.dispose?.();
            others.push(...(await fillMemory()));
          }
          return sent;
        };
        const { recipients } = await transact(session, envelopeOf(1), message, createContext());
        connection.destroy();
        expect(recipients.map(brief)).toEqual(['accepted@final:250']);
      },
    );
    expect(heard).toBe(`${header.toString()}${body}`);
    expect(written.length).toBeGreaterThan(BLOCKS - 2);
    expect(written.map(({ length }) => length)).toEqual(written.map(() => 0));
    expect(others).toHaveLength(4);
  },
);

it('FAQ-10, SC-37: one that is called off and disposed of in mid-write leaves nothing of others on the wire', async () => {
  const message = await messageOf(body.repeat(20));
  const stop = new AbortController();
  let written = 0;
  let goOn = (): void => undefined;
  let isRead = (): void => undefined;
  const released = new Promise<void>((resolve) => (goOn = resolve));
  const read = new Promise<void>((resolve) => (isRead = resolve));
  let heard = '';
  await bench.against(
    secured([], async (peer) => {
      await takeEnvelope(peer);
      await peer.answer('DATA', '354 go\r\n');
      peer.layer.pause();
      await released;
      peer.layer.resume();
      await peer.closed();
      heard = peer.rest;
      isRead();
    }),
    async (server) => {
      const session = await openSession(server, bench);
      const { connection } = session;
      const { write } = connection;
      connection.write = (octets, ...more) => {
        written += octets.length;
        return write(octets, ...more);
      };
      const sending = transact(session, envelopeOf(1), message, createContext({ signal: stop.signal }));
      sending.catch(() => undefined);
      // Until the server's buffers are full and a write is under way.
      for (let before = -1; before < written || before < body.length; await rest()) before = written;
      stop.abort(new Error('called off'));
      await message.dispose?.();
      const others = await fillMemory();
      await expect(sending).rejects.toThrow('called off');
      goOn();
      await read;
      expect(others).toHaveLength(4);
    },
  );
  expect(heard.length).toBeGreaterThan(body.length / 2);
  expect(`${header.toString()}${body.repeat(20)}`.startsWith(heard)).toBe(true);
});
