/**
 * Content by BDAT, in lock-step: exact octets, in chunks, and what a refused chunk means. Postfix and Exim take the same
 * octets in test/interop/octets.test.ts.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { onEvent } from '../../src/core/channels.js';
import { createContext } from '../../src/core/context.js';
import { transact } from '../../src/smtp/transact.js';
import { type Bench, createBench, type Peer } from './scripted-server.js';
import {
  brief,
  envelopeOf,
  header,
  messageFrom,
  messageOf,
  openSession,
  readChunk,
  rest,
  secured,
  sendOnce,
  transaction,
} from './session.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

const OFFERS = [[['CHUNKING']], [['CHUNKING', 'PIPELINING']]] as const;
/** 512 KiB in lines of 64 octets. */
const half = `${'z'.repeat(62)}\r\n`.repeat(8192);

async function takeEnvelope(peer: Peer, recipients = 1): Promise<void> {
  await peer.answer('MAIL', '250 ok\r\n');
  for (let i = 0; i < recipients; i += 1) await peer.answer('RCPT', '250 ok\r\n');
}

describe('BDAT', () => {
  it.each(OFFERS)(
    'SC-43: offered inside TLS (%j), it carries the octets as they are, once the envelope is answered',
    async (keywords) => {
      const body = '.dot\r\n..\r\n.\r\nend\r\n';
      let early = '';
      const { results, heard, reusable } = await sendOnce(
        bench,
        async (peer) => {
          await peer.answer('MAIL', '250 ok\r\n');
          await peer.line();
          await rest();
          early = peer.rest;
          peer.send('250 ok\r\n');
          const { command, content } = await readChunk(peer);
          expect(content).toBe(`${header.toString()}${body}`);
          expect(command).toBe(`BDAT ${content.length} LAST`);
          expect(peer.rest).toBe('');
          peer.send('250 taken\r\n');
        },
        { keywords, message: await messageOf(body) },
      );
      expect(early).toBe('');
      expect(results.map(brief)).toEqual(['accepted@final:250']);
      expect(reusable).toBe(true);
      expect(heard.some((line) => line.startsWith('DATA'))).toBe(false);
    },
  );

  it('SC-43, AT-4: offered in clear alone, it is not said', async () => {
    const script = async (peer: Peer): Promise<void> => {
      await peer.hello('STARTTLS', 'CHUNKING', 'PIPELINING');
      await peer.answer('STARTTLS', '220 go\r\n');
      await peer.startTls();
      await peer.ehlo('8BITMIME');
      await transaction()(peer);
    };
    await bench.against(script, async (server) => {
      const session = await openSession(server, bench);
      const { recipients } = await transact(session, envelopeOf(1), await messageOf(), createContext());
      session.connection.destroy();
      expect(recipients.map(brief)).toEqual(['accepted@final:250']);
      expect(server.heard.filter((line) => /^tls (?:DATA|BDAT)/.test(line))).toEqual(['tls DATA']);
    });
  });

  it('SC-43, FAQ-10: a large message goes in chunks of a mebibyte, cut anywhere, not one octet changed', async () => {
    const message = await messageOf(half.repeat(5));
    const commands: string[] = [];
    let content = '';
    const { results } = await sendOnce(
      bench,
      async (peer) => {
        await takeEnvelope(peer);
        // Chunks end anywhere in a line, and the next BDAT stands right behind.
        let octets = '';
        let due = 0;
        for (let left = message.size; left > 0;) {
          const line = await peer.line();
          const chunk = /(.*)BDAT (\d+( LAST)?)$/.exec(line);
          const part = chunk === null ? `${line}\r\n` : (chunk[1] as string);
          octets += part;
          left -= part.length;
          if (chunk === null) continue;
          commands.push(chunk[2] as string);
          if (due > 0) peer.send('250 chunk\r\n');
          due = 1;
        }
        peer.send('250 taken\r\n');
        content = octets;
      },
      { message, keywords: ['CHUNKING', 'PIPELINING'] },
    );
    expect(results.map(brief)).toEqual(['accepted@final:250']);
    expect(commands).toEqual(['1048576', '1048576', `${message.size - 2 * 1048576} LAST`]);
    expect(content).toBe(`${header.toString()}${half.repeat(5)}`);
  });

  it('AT-20, SC-30: octets that would smuggle are never completed', async () => {
    for (const [evil, reason] of [
      ['\n.\n', 'message-malformed'],
      ['\r.\r\n', 'lone-cr'],
      ['\0', 'message-malformed'],
    ] as const) {
      const message = await messageOf('x\r\n'.repeat(100));
      const open = async function* () {
        yield header;
        yield Buffer.from(`x${evil}${'x\r\n'.repeat(99)}`);
      };
      const { results, heard } = await sendOnce(
        bench,
        async (peer) => {
          await takeEnvelope(peer);
          await peer.closed();
        },
        { message: { ...message, open }, keywords: ['CHUNKING'] },
      );
      expect(results.map(brief)).toEqual([`lost@data:${reason}`]);
      expect(heard.join()).not.toContain('evil');
    }
  });

  it('FAQ-10: fewer octets than were announced end the connection, more of them are not sent', async () => {
    for (const change of [-1, 1]) {
      const message = await messageFrom(Buffer.concat([header, Buffer.from('x\r\n'.repeat(100))]));
      const { results, reusable } = await sendOnce(
        bench,
        async (peer) => {
          await takeEnvelope(peer);
          await peer.closed();
        },
        { message: { ...message, size: message.size - change }, keywords: ['CHUNKING'] },
      );
      expect(results.map(brief)).toEqual(['lost@data:message-changed']);
      expect(reusable).toBe(false);
    }
  });
});

describe('a refused chunk', () => {
  it.each(OFFERS)('SC-44: %j: no further chunk, and RSET before anything else', async (keywords) => {
    const message = await messageOf(half.repeat(20));
    let announced = 0;
    const { results, reusable, heard } = await sendOnce(
      bench,
      async (peer) => {
        await takeEnvelope(peer);
        for (;;) {
          const line = await peer.line();
          if (line.endsWith('RSET')) break;
          if (!/BDAT \d+/.test(line)) continue;
          announced += 1;
          peer.send(announced === 1 ? '452 4.3.1 disk full\r\n' : '503 no\r\n');
        }
        for (let replies = announced; replies > 0; replies -= 1);
        peer.send('250 ok\r\n');
        await peer.closed();
      },
      { message, keywords },
    );
    expect(results.map(brief)).toEqual(['refused@final:452']);
    expect(announced).toBeLessThan(11);
    expect(heard.join('\n')).not.toContain('LAST');
    expect(reusable).toBe(true);
  });

  it('SC-44: the last one refused, RSET comes first', async () => {
    const { results, heard, reusable } = await sendOnce(
      bench,
      async (peer) => {
        await takeEnvelope(peer, 2);
        await readChunk(peer);
        peer.send('554 no\r\n');
        await peer.answer('RSET', '250 ok\r\n');
      },
      { envelope: envelopeOf(2), keywords: ['CHUNKING', 'PIPELINING'] },
    );
    expect(results.map(brief)).toEqual(['refused@final:554', 'refused@final:554']);
    expect(heard.at(-1)).toBe('RSET');
    expect(reusable).toBe(true);
  });

  it('SC-54, SC-44: a last chunk that is taken after another was refused is unknown, with an event', async () => {
    const told: unknown[] = [];
    const stop = onEvent('replies.mismatched', (event) => told.push(event));
    const message = await messageOf(half.repeat(3));
    const { results, reusable } = await sendOnce(
      bench,
      async (peer) => {
        await takeEnvelope(peer);
        let seen = 0;
        while (seen < message.size) {
          const line = await peer.line();
          seen += line.length + 2;
        }
        peer.send('452 no\r\n250 taken\r\n');
        await peer.closed();
      },
      { message, keywords: ['CHUNKING', 'PIPELINING'] },
    );
    stop();
    expect(results.map(brief)).toEqual(['unknown@final:reply-mismatch']);
    expect(reusable).toBe(false);
    expect(told).toHaveLength(1);
  });

  it('AT-7: one reply too many behind RCPT does not count for the content', async () => {
    const { results } = await sendOnce(
      bench,
      async (peer) => {
        await peer.answer('MAIL', '250 ok\r\n');
        await peer.answer('RCPT', '250 ok\r\n250 ok\r\n');
        await peer.closed();
      },
      { keywords: ['CHUNKING', 'PIPELINING'] },
    );
    expect(results.map(brief)).toEqual(['lost@data:unsolicited-reply']);
  });
});

it('AT-7: a receipt that comes before the content has left counts for nothing', async () => {
  const message = await messageOf(half);
  await bench.against(
    secured(['CHUNKING', 'PIPELINING'], async (peer) => {
      await takeEnvelope(peer);
      await peer.answer('BDAT', '250 taken\r\n');
      await peer.closed();
    }),
    async (server) => {
      const session = await openSession(server, bench);
      const open: typeof message.open = async function* (ctx) {
        let blocks = 0;
        for await (const block of message.open(ctx)) {
          yield block;
          blocks += 1;
          while (blocks > 3 && session.connection.alive) await rest();
        }
      };
      const result = await transact(session, envelopeOf(1), { ...message, open }, createContext());
      expect(result.recipients.map(brief)).toEqual(['lost@data:unsolicited-reply']);
    },
  );
});

it('SC-15, Q-15: broken off before its last octet it is lost, after it unknown', async () => {
  const message = await messageOf(half);
  for (const [octets, expected] of [
    [1000, 'lost@data:connection-closed'],
    [message.size, 'unknown@final:delivery-unknown'],
  ] as const) {
    await bench.against(
      secured(['CHUNKING'], async (peer) => {
        await takeEnvelope(peer);
        let seen = 0;
        while (seen < octets) seen += (await peer.line()).length + 2;
        peer.layer.pause();
        await rest();
        peer.socket.destroy();
      }),
      async (server) => {
        const session = await openSession(server, bench);
        const open: typeof message.open = async function* (ctx) {
          let blocks = 0;
          for await (const block of message.open(ctx)) {
            yield block;
            blocks += 1;
            // The rest of it comes only when the server has gone.
            while (octets === 1000 && blocks > 3 && session.connection.alive) await rest();
          }
        };
        const result = await transact(session, envelopeOf(1), { ...message, open }, createContext());
        expect(result.recipients.map(brief)).toEqual([expected]);
      },
    );
  }
});
