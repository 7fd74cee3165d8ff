/**
 * The offer of STARTTLS, its command and its reply. What matters most is what the server never heard.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { startTls } from '../../src/smtp/starttls.js';
import { type Bench, createBench, dialIn, dialSecure, failureOf, NAME, refuses } from './scripted-server.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});
const ctx = createContext();
const CLEAR = [`EHLO ${NAME}`, 'STARTTLS'];

describe('the offer', () => {
  it('ST-1, AT-1: STARTTLS that is not offered is never said', async () => {
    for (const keywords of [['PIPELINING'], ['XXXXXXXA'], ['XSTARTTLS'], ['HELP STARTTLS']]) {
      await bench.against(
        (peer) => peer.hello(...keywords),
        async (server) => {
          const connection = await dialIn(server);
          expect(await failureOf(startTls(connection, bench.client, ctx))).toMatchObject({
            name: 'ConnectionError',
            code: 'starttls-not-supported',
            phase: 'starttls',
          });
          connection.destroy();
          expect(server.heard).toEqual([`EHLO ${NAME}`]);
        },
      );
    }
  });

  it('ST-1, SC-6: a keyword on the first line of the EHLO reply is no offer', async () => {
    await bench.against(
      async (peer) => {
        peer.send('220 mx\r\n');
        await peer.answer('EHLO', '250-STARTTLS\r\n250 SIZE 10\r\n');
      },
      async (server) => {
        const connection = await dialIn(server);
        expect(await failureOf(startTls(connection, bench.client, ctx))).toMatchObject({
          code: 'starttls-not-supported',
        });
        connection.destroy();
      },
    );
  });

  it('ST-3, AT-3: the command is STARTTLS and CRLF, and nothing stands behind it until TLS begins', async () => {
    const seen = { rest: 'unset', clear: '' };
    await bench.against(
      async (peer) => {
        peer.socket.on('data', (chunk: Buffer) => (seen.clear += chunk.toString('latin1')));
        await peer.hello('STARTTLS', 'PIPELINING');
        await peer.answer('STARTTLS', '220 go\r\n');
        seen.rest = peer.rest;
        await peer.startTls();
        await peer.ehlo();
      },
      async (server) => {
        const connection = await dialSecure(server, bench);
        connection.destroy();
      },
    );
    expect(seen.rest).toBe('');
    expect(seen.clear).toBe(`EHLO ${NAME}\r\nSTARTTLS\r\n`);
  });

  it('ST-6: a 220 of several lines is one reply', async () => {
    await bench.against(
      async (peer) => {
        await peer.hello('STARTTLS');
        await peer.answer('STARTTLS', '220-a\r\n220 b\r\n');
        await peer.startTls();
        await peer.ehlo();
      },
      async (server) => {
        const connection = await dialSecure(server, bench);
        expect(connection.facts?.protocol).toBe('TLSv1.3');
        connection.destroy();
      },
    );
  });

  for (const [reply, code] of [
    ['454 4.7.0 not now', 'starttls-temporarily-unavailable'],
    ['421 bye', 'starttls-temporarily-unavailable'],
    ['501 5.5.4 no', 'starttls-refused'],
    ['502 no', 'starttls-refused'],
    ['503 no', 'starttls-refused'],
    ['554 no', 'starttls-refused'],
    ['250 fine', 'starttls-refused'],
    ['354 fine', 'starttls-refused'],
  ] as const) {
    it(`ST-4, AT-1: "${reply}" is ${code}; nothing but QUIT follows in clear`, async () => {
      const { failure, server } = await refuses(bench, async (peer) => {
        await peer.hello('STARTTLS');
        await peer.answer('STARTTLS', `${reply}\r\n`);
        await peer.answer('QUIT', '221 bye\r\n');
      });
      expect(failure).toMatchObject({
        name: 'ConnectionError',
        code,
        phase: 'starttls',
        command: 'STARTTLS',
      });
      expect(failure.reply?.code).toBe(Number(reply.slice(0, 3)));
      expect(server.heard).toEqual([...CLEAR, 'QUIT']);
    });
  }

  it('AT-1: a connection that closes on STARTTLS is lost, not a reason for clear text', async () => {
    const { failure, server } = await refuses(bench, async (peer) => {
      await peer.hello('STARTTLS');
      await peer.line();
      peer.socket.end();
    });
    expect(failure).toMatchObject({ code: 'connection-closed', phase: 'starttls' });
    expect(server.heard).toEqual(CLEAR);
  });
});
