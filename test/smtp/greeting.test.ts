/**
 * The greeting: what happens before the client has said a word.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { createFakeClock } from '../../src/testing/clock.js';
import { type Bench, createBench, dialIn, failureOf } from './scripted-server.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

describe('the greeting', () => {
  it('SC-1: nothing is said before the greeting', async () => {
    const clock = createFakeClock();
    let before = 'unset';
    await bench.against(
      async (peer) => {
        await clock.advance('2s');
        before = peer.rest;
        await peer.hello();
      },
      async (server) => {
        const connection = await dialIn(server, {}, createContext({ clock }));
        connection.destroy();
      },
    );
    expect(before).toBe('');
  });

  it('SC-3: a greeting of several lines is one greeting', async () => {
    await bench.against(
      async (peer) => {
        peer.send('220-mx1.partner.test\r\n');
        peer.send('220-no spam\r\n220 ESMTP\r\n');
        await peer.ehlo('PIPELINING');
      },
      async (server) => {
        const connection = await dialIn(server);
        expect(connection.capabilities?.pipelining).toBe(true);
        connection.destroy();
      },
    );
  });

  for (const [reply, code] of [
    ['554 no mail here', 'smtp-refused'],
    ['521 no mail here', 'smtp-refused'],
    ['550 5.7.1 blocked', 'smtp-refused'],
    ['421 too busy', 'peer-busy'],
    ['450 later', 'peer-busy'],
    ['432 too many', 'peer-concurrency-limit'],
    ['354 odd', 'reply-mismatch'],
    ['600 odd', 'reply-mismatch'],
    ['199 odd', 'reply-mismatch'],
  ] as const) {
    it(`SC-2, SC-10: the greeting "${reply}" is ${code}, and QUIT is said`, async () => {
      await bench.against(
        async (peer) => {
          peer.send(`${reply}\r\n`);
          await peer.answer('QUIT', '221 bye\r\n');
        },
        async (server) => {
          const failure = await failureOf(dialIn(server));
          expect(failure).toMatchObject({ name: 'ConnectionError', code, phase: 'greeting' });
          expect(failure.reply?.code).toBe(Number(reply.slice(0, 3)));
          expect(server.heard).toEqual(['QUIT']);
        },
      );
    });
  }

  it('SC-37: a server that never greets is given up after 5 minutes', async () => {
    const clock = createFakeClock();
    await bench.against(
      () => undefined,
      async (server) => {
        const failure = failureOf(dialIn(server, {}, createContext({ clock })));
        let over = false;
        void failure.then(() => (over = true));
        await clock.advance('299s');
        expect(over).toBe(false);
        await clock.advance('1s');
        expect(await failure).toMatchObject({ code: 'no-greeting', phase: 'greeting' });
        expect(clock.pending).toBe(0);
      },
    );
  });

  it('SC-15: a server that closes before it greets is a lost connection', async () => {
    await bench.against(
      (peer) => void peer.socket.end(),
      async (server) => {
        expect(await failureOf(dialIn(server))).toMatchObject({
          name: 'ConnectionError',
          code: 'connection-closed',
          phase: 'greeting',
        });
      },
    );
  });

  it('SC-8, SC-11: a greeting that is no reply, or ends in a bare line feed, ends the connection', async () => {
    for (const octets of ['SSH-2.0-OpenSSH\r\n', '220 ready\n']) {
      await bench.against(
        (peer) => peer.send(octets),
        async (server) => {
          expect(await failureOf(dialIn(server))).toMatchObject({
            name: 'ProtocolError',
            code: 'reply-malformed',
            phase: 'greeting',
          });
          expect(server.heard).toEqual([]);
        },
      );
    }
  });

  it('AT-2, AT-7: greeting, EHLO reply and the answer to STARTTLS in one write are refused', async () => {
    await bench.against(
      (peer) => peer.send('220 mx\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n'),
      async (server) => {
        expect(await failureOf(dialIn(server))).toMatchObject({
          name: 'ProtocolError',
          code: 'unsolicited-reply',
        });
        expect(server.heard).toEqual([]);
      },
    );
  });
});
