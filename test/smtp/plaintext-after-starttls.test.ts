/**
 * Octets in clear where TLS must begin: response injection, in the same segment and in a later one.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { startTls } from '../../src/smtp/starttls.js';
import { type Bench, createBench, dialIn, failureOf, NAME, refuses } from './scripted-server.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});
const ctx = createContext();
const CLEAR = [`EHLO ${NAME}`, 'STARTTLS'];

describe('clear text behind the 220', () => {
  const fakes: readonly (readonly [string, string])[] = [
    ['an unfinished reply', '250-x\r\n'],
    ['an EHLO reply', '250-mx\r\n250 SIZE 1\r\n'],
    ['six receipts', '250 queued\r\n'.repeat(6)],
    ['half a line', '25'],
    ['a bare CRLF', '\r\n'],
    ['something that is no reply', 'hello\n'],
  ];
  for (const [name, octets] of fakes) {
    it(`ST-5, AT-2: ${name} in the same segment ends the connection`, async () => {
      const { failure, server } = await refuses(bench, async (peer) => {
        await peer.hello('STARTTLS');
        await peer.answer('STARTTLS', `220 go\r\n${octets}`);
        await peer.startTls();
        await peer.ehlo();
      });
      expect(failure).toMatchObject({
        name: 'ProtocolError',
        code: 'plaintext-after-starttls',
        phase: 'starttls',
      });
      expect(server.heard).toEqual(CLEAR);
    });

    it(`ST-5, AT-2: ${name} in a later segment ends the connection`, async () => {
      const { failure, server } = await refuses(bench, async (peer) => {
        await peer.hello('STARTTLS');
        await peer.answer('STARTTLS', '220 go\r\n');
        // The client's hello shows that it has read the 220 alone.
        while (peer.rest === '') await new Promise((resolve) => peer.socket.once('data', resolve));
        peer.send(octets.length < 5 ? `${octets}\x16\x03\x03` : octets);
        await peer.closed();
      });
      expect(failure).toMatchObject({
        name: 'ProtocolError',
        code: 'plaintext-after-starttls',
        phase: 'starttls',
      });
      expect(server.heard).toEqual(CLEAR);
    });
  }

  it('ST-6, ST-5: clear text behind the last line of a 220 of several lines ends the connection', async () => {
    const { failure } = await refuses(bench, async (peer) => {
      await peer.hello('STARTTLS');
      await peer.answer('STARTTLS', '220-a\r\n220 b\r\n250-x\r\n');
      await peer.closed();
    });
    expect(failure.code).toBe('plaintext-after-starttls');
  });

  it('AT-2: a reply to STARTTLS that comes before the command is not taken for its reply', async () => {
    await bench.against(
      async (peer) => {
        peer.send('220 mx\r\n');
        await peer.answer('EHLO', '250-mx\r\n250 STARTTLS\r\n220 go\r\n');
        await peer.closed();
      },
      async (server) => {
        const failure = await failureOf(
          dialIn(server).then((connection) => startTls(connection, bench.client, ctx)),
        );
        expect(failure).toMatchObject({ name: 'ProtocolError', code: 'unsolicited-reply' });
        expect(server.heard).toEqual([`EHLO ${NAME}`]);
      },
    );
  });

  it('AT-2, AT-7: half a line behind the EHLO reply cannot become part of a later reply', async () => {
    await bench.against(
      async (peer) => {
        peer.send('220 mx\r\n');
        await peer.answer('EHLO', '250-mx\r\n250 STARTTLS\r\n220-');
        await peer.closed();
      },
      async (server) => {
        const failure = await failureOf(
          dialIn(server).then((connection) => startTls(connection, bench.client, ctx)),
        );
        expect(failure).toMatchObject({ name: 'ProtocolError', code: 'unsolicited-reply' });
        expect(server.heard).toEqual([`EHLO ${NAME}`]);
      },
    );
  });
});
