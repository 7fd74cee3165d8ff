/**
 * EHLO in clear, and HELO where that is good enough.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { connect } from '../../src/smtp/connect.js';
import { type Bench, createBench, dialIn, failureOf, NAME } from './scripted-server.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

describe('EHLO', () => {
  it('SC-4, SC-5: EHLO comes first, with the configured name and nothing behind it', async () => {
    await bench.against(
      (peer) => peer.hello('SIZE 10'),
      async (server) => {
        const connection = await dialIn(server);
        expect(server.heard).toEqual([`EHLO ${NAME}`]);
        expect(connection.capabilities?.size).toBe(10);
        connection.destroy();
      },
    );
  });

  it('SC-5: without a good name no connection is made', async () => {
    await bench.against(
      () => undefined,
      async (server) => {
        const ctx = createContext();
        const failure = await failureOf(connect(server.endpoint, { ehloName: 'localhost' }, ctx));
        expect(failure).toMatchObject({ name: 'ConfigError', code: 'ehlo-name-invalid' });
        expect(server.connections).toBe(0);
      },
    );
  });

  it('SC-4: no HELO where STARTTLS is needed: EHLO refused is STARTTLS not supported', async () => {
    for (const code of [500, 502]) {
      await bench.against(
        async (peer) => {
          peer.send('220 mx\r\n');
          await peer.answer('EHLO', `${code} what?\r\n`);
          await peer.answer('QUIT', '221 bye\r\n');
        },
        async (server) => {
          expect(await failureOf(dialIn(server))).toMatchObject({
            code: 'starttls-not-supported',
            phase: 'ehlo',
            reply: { code },
          });
          expect(server.heard).toEqual([`EHLO ${NAME}`, 'QUIT']);
        },
      );
    }
  });

  it('SC-4: HELO follows where clear text is good enough, and its reply offers nothing', async () => {
    await bench.against(
      async (peer) => {
        peer.send('220 mx\r\n');
        await peer.answer('EHLO', '500 what?\r\n');
        await peer.answer('HELO', '250-mx\r\n250-STARTTLS\r\n250 PIPELINING\r\n');
      },
      async (server) => {
        const connection = await dialIn(server, { allowHelo: true });
        expect(server.heard).toEqual([`EHLO ${NAME}`, `HELO ${NAME}`]);
        expect(connection.capabilities).toMatchObject({ startTls: false, pipelining: false });
        connection.destroy();
      },
    );
  });

  for (const [code, reason] of [
    [421, 'peer-busy'],
    [450, 'peer-busy'],
    [501, 'ehlo-name-refused'],
    [550, 'ehlo-name-refused'],
    [554, 'smtp-refused'],
    [354, 'reply-mismatch'],
    [220, 'reply-mismatch'],
    [600, 'reply-mismatch'],
    [199, 'reply-mismatch'],
  ] as const) {
    it(`SC-10, SC-14: EHLO answered with ${code} is ${reason}, and QUIT is said`, async () => {
      await bench.against(
        async (peer) => {
          peer.send('220 mx\r\n');
          await peer.answer('EHLO', `${code} x\r\n`);
          await peer.answer('QUIT', '221 bye\r\n');
        },
        async (server) => {
          expect(await failureOf(dialIn(server))).toMatchObject({
            code: reason,
            phase: 'ehlo',
            command: 'EHLO',
          });
          expect(server.heard.at(-1)).toBe('QUIT');
        },
      );
    });
  }

  it('SC-14: a server that says 421 and closes leaves its reply, not the loss', async () => {
    await bench.against(
      async (peer) => {
        peer.send('220 mx\r\n');
        await peer.answer('EHLO', '421 bye\r\n');
        peer.socket.end();
      },
      async (server) => {
        expect(await failureOf(dialIn(server))).toMatchObject({ code: 'peer-busy', reply: { code: 421 } });
      },
    );
  });

  it('AT-6: another name or another host in a reply leads nowhere', async () => {
    await bench.against(
      async (peer) => {
        peer.send('220 other.example\r\n');
        await peer.answer('EHLO', '421 try mx.evil.test instead\r\n');
        await peer.answer('QUIT', '221 bye\r\n');
      },
      async (server) => {
        expect(await failureOf(dialIn(server))).toMatchObject({
          code: 'peer-busy',
          host: 'mx1.partner.test',
        });
        expect(server.connections).toBe(1);
      },
    );
  });
});
