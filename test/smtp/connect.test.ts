/**
 * Session start: what happens from the TCP connection to the EHLO in clear. Every case is a server that says exactly
 * what the test tells it to.
 */
import net from 'node:net';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { connect } from '../../src/smtp/connect.js';
import { createFakeClock } from '../../src/testing/clock.js';
import { type Bench, createBench, dialIn, failureOf, NAME } from './scripted-server.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});
afterEach(() => vi.restoreAllMocks());

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

describe('the TCP connection', () => {
  const endpoint = { host: 'mx1.partner.test', address: '127.0.0.1', port: 1, tls: 'starttls' } as const;

  it('SC-37: a connection that does not come is given up after 30 s, and whoever dials hears of it', async () => {
    const clock = createFakeClock();
    let signal: AbortSignal | null = null;
    const dial = (_: unknown, ctx: { signal: AbortSignal }): Promise<net.Socket> => {
      signal = ctx.signal;
      return new Promise(() => undefined);
    };
    const failure = failureOf(connect(endpoint, { ehloName: NAME, dial }, createContext({ clock })));
    await clock.advance(29_999);
    expect((signal as AbortSignal | null)?.aborted).toBe(false);
    await clock.advance(1);
    expect(await failure).toMatchObject({
      name: 'ConnectionError',
      code: 'connect-timeout',
      phase: 'connect',
    });
    expect((signal as AbortSignal | null)?.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('SC-37: a socket that comes too late is closed', async () => {
    const clock = createFakeClock();
    const late = new net.Socket();
    let bring = (): void => undefined;
    const dial = (): Promise<net.Socket> => new Promise((resolve) => (bring = () => resolve(late)));
    const failure = failureOf(connect(endpoint, { ehloName: NAME, dial }, createContext({ clock })));
    await clock.advance('30s');
    await failure;
    bring();
    await clock.settle();
    expect(late.destroyed).toBe(true);
  });

  it('RFC 3463 §3.5: a port on which nobody listens is connect-refused', async () => {
    const listener = net.createServer();
    await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as net.AddressInfo;
    await new Promise((resolve) => listener.close(resolve));
    const failure = await failureOf(connect({ ...endpoint, port }, { ehloName: NAME }, createContext()));
    expect(failure).toMatchObject({ code: 'connect-refused', phase: 'connect', address: '127.0.0.1' });
  });

  it('RFC 3463 §3.5: an address without a route is network-unreachable', async () => {
    const dial = (): Promise<net.Socket> =>
      Promise.reject(Object.assign(new Error('no route'), { code: 'ENETUNREACH' }));
    const failure = await failureOf(connect(endpoint, { ehloName: NAME, dial }, createContext()));
    expect(failure).toMatchObject({ code: 'network-unreachable', phase: 'connect' });
  });

  it('RFC 5321 §4.1.4: the local address of the family is the one from which the connection leaves', async () => {
    let from = '';
    await bench.against(
      (peer) => {
        from = peer.socket.remoteAddress ?? '';
        return peer.hello();
      },
      async (server) => {
        const connection = await dialIn(server, { localAddress: { ipv4: '127.0.0.2', ipv6: '::1' } });
        connection.destroy();
      },
    );
    expect(from).toBe('127.0.0.2');
  });

  it('ST-17: settings for implicit TLS belong to an endpoint that has it, and to no other', async () => {
    const failure = failureOf(
      connect(endpoint, { ehloName: NAME, implicitTls: bench.client }, createContext()),
    );
    expect(await failure).toMatchObject({ name: 'ConfigError', code: 'connect-invalid' });
    const other = failureOf(connect({ ...endpoint, tls: 'implicit' }, { ehloName: NAME }, createContext()));
    expect(await other).toMatchObject({ code: 'connect-invalid' });
  });
});

describe('calling off', () => {
  it('RFC 5321 §4.5.3.2: work that is called off before it starts does not dial', async () => {
    const controller = new AbortController();
    controller.abort(new Error('shutdown'));
    await bench.against(
      () => undefined,
      async (server) => {
        const failure = await failureOf(dialIn(server, {}, createContext({ signal: controller.signal })));
        expect(failure.message).toBe('shutdown');
        expect(server.connections).toBe(0);
      },
    );
  });

  it('RFC 5321 §4.5.3.2: called off while a reply is due, the connection closes and the reason is passed on', async () => {
    const controller = new AbortController();
    const clock = createFakeClock();
    await bench.against(
      async (peer) => {
        peer.send('220 mx\r\n');
        await peer.line();
        controller.abort(new Error('shutdown'));
        await peer.closed();
      },
      async (server) => {
        const ctx = createContext({ clock, signal: controller.signal });
        expect((await failureOf(dialIn(server, {}, ctx))).message).toBe('shutdown');
        expect(server.heard).toEqual([`EHLO ${NAME}`]);
        expect(clock.pending).toBe(0);
      },
    );
  });
});
