/**
 * The handshake: what it is given, how it fails, and that nothing is said in clear afterwards.
 */
import tls from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { greet } from '../../src/smtp/greet.js';
import { startTls } from '../../src/smtp/starttls.js';
import { createFakeClock } from '../../src/testing/clock.js';
import {
  type Bench,
  createBench,
  dialIn,
  dialSecure,
  failureOf,
  HOST,
  NAME,
  refuses,
} from './scripted-server.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});
const ctx = createContext();
const CLEAR = [`EHLO ${NAME}`, 'STARTTLS'];

describe('the handshake', () => {
  it('ST-14, ST-15: SNI is the host of the route, whatever the server calls itself', async () => {
    let name: string | false = '';
    await bench.against(
      async (peer) => {
        peer.send('220 evil.test\r\n');
        await peer.answer('EHLO', '250-evil.test\r\n250 STARTTLS\r\n');
        await peer.answer('STARTTLS', '220 evil.test\r\n');
        const layer = await peer.startTls();
        name = (layer as tls.TLSSocket & { servername: string | false }).servername;
        await peer.ehlo();
      },
      async (server) => {
        const connection = await dialIn(server);
        const facts = await startTls(connection, bench.client, ctx);
        await greet(connection, ctx);
        connection.destroy();
        expect(facts.servername).toBe(HOST);
      },
    );
    expect(name).toBe(HOST);
  });

  it('ST-14: for an IP literal no SNI is sent', async () => {
    let name: unknown = '';
    await bench.against(
      async (peer) => {
        await peer.hello('STARTTLS');
        await peer.answer('STARTTLS', '220 go\r\n');
        const layer = await peer.startTls();
        name = (layer as tls.TLSSocket & { servername: unknown }).servername;
        await peer.ehlo();
      },
      async (server) => {
        const connection = await dialIn(server);
        const facts = await startTls(connection, { ...bench.client, servername: null }, ctx);
        await greet(connection, ctx);
        connection.destroy();
        expect(facts.servername).toBe(null);
      },
    );
    expect(name).toBe(false);
  });

  it('ST-7, AT-9: a certificate for another host stops nothing here, and nothing is said until it was judged', async () => {
    const other = bench.authority.forHost('other.test');
    await bench.against(
      async (peer) => {
        await peer.secure({ key: other.key, cert: other.chain });
        await peer.answer('QUIT', '221 bye\r\n');
      },
      async (server) => {
        const connection = await dialIn(server);
        const facts = await startTls(connection, bench.client, ctx);
        expect(Buffer.from(facts.sent[0] ?? []).equals(Buffer.from(other.der))).toBe(true);
        await connection.quit(ctx);
        expect(server.heard).toEqual([...CLEAR, 'tls QUIT']);
      },
    );
  });

  it('ST-8, ST-16: what the handshake showed is known before the second EHLO', async () => {
    await bench.against(
      (peer) => peer.secure(),
      async (server) => {
        const connection = await dialIn(server);
        const facts = await startTls(connection, bench.client, ctx);
        expect(facts).toMatchObject({ protocol: 'TLSv1.3', resumed: false, pathError: null });
        expect(facts.sent).toHaveLength(2);
        expect(connection.capabilities).toBe(null);
        expect(server.heard).toEqual(CLEAR);
        connection.destroy();
      },
    );
  });

  it('ST-20, ST-21, AT-12: a second connection makes a full handshake, with a ticket in hand or without', async () => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const reused: boolean[] = [];
      const shared = tls.createSecureContext({ ...bench.server, maxVersion });
      await bench.against(
        async (peer) => {
          await peer.hello('STARTTLS');
          await peer.answer('STARTTLS', '220 go\r\n');
          const layer = await peer.startTls({ secureContext: shared });
          reused.push(layer.isSessionReused());
          await peer.ehlo();
          await peer.answer('QUIT', '221 bye\r\n');
        },
        async (server) => {
          for (let i = 0; i < 2; i += 1) {
            const connection = await dialSecure(server, bench);
            expect(connection.facts?.resumed).toBe(false);
            expect(connection.facts?.sent).toHaveLength(2);
            await connection.quit(ctx);
          }
        },
      );
      expect(reused).toEqual([false, false]);
    }
  });

  it('CV-1, CV-3, AT-8: a server of old versions is refused once, without a second try', async () => {
    const { failure, server } = await refuses(bench, async (peer) => {
      await peer.hello('STARTTLS');
      await peer.answer('STARTTLS', '220 go\r\n');
      await peer.startTls({
        secureContext: tls.createSecureContext({
          ...bench.server,
          minVersion: 'TLSv1',
          maxVersion: 'TLSv1.1',
          ciphers: 'DEFAULT:@SECLEVEL=0',
        }),
      });
    });
    expect(failure).toMatchObject({ code: 'no-common-protocol', phase: 'handshake' });
    expect(server.connections).toBe(1);
    expect(server.heard).toEqual(CLEAR);
  });

  it('ST-13, AT-8: no suite in common is an alert of the handshake', async () => {
    const weak = tls.createSecureContext({
      ...bench.server,
      maxVersion: 'TLSv1.2',
      ciphers: 'ECDHE-ECDSA-AES128-SHA',
    });
    await bench.against(
      async (peer) => {
        await peer.hello('STARTTLS');
        await peer.answer('STARTTLS', '220 go\r\n');
        await peer.startTls({ secureContext: weak });
      },
      async (server) => {
        const connection = await dialIn(server);
        const secureContext = tls.createSecureContext({ ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' });
        expect(await failureOf(startTls(connection, { secureContext, servername: HOST }, ctx))).toMatchObject(
          {
            name: 'ConnectionError',
            code: 'handshake-alert',
            phase: 'handshake',
          },
        );
        expect(server.heard).toEqual(CLEAR);
      },
    );
  });

  it('ST-13: a server that closes in the handshake', async () => {
    const { failure, server } = await refuses(bench, async (peer) => {
      await peer.hello('STARTTLS');
      await peer.answer('STARTTLS', '220 go\r\n');
      while (peer.rest === '') await new Promise((resolve) => peer.socket.once('data', resolve));
      peer.socket.end();
    });
    expect(failure).toMatchObject({ code: 'handshake-closed', phase: 'handshake' });
    expect(server.heard).toEqual(CLEAR);
  });

  it('AT-13, SC-37: a handshake that does not come on is given up after 60 s', async () => {
    const clock = createFakeClock();
    await bench.against(
      async (peer) => {
        await peer.hello('STARTTLS');
        await peer.answer('STARTTLS', '220 go\r\n');
        await peer.closed();
      },
      async (server) => {
        const timed = createContext({ clock });
        const connection = await dialIn(server, {}, timed);
        const failure = failureOf(startTls(connection, bench.client, timed));
        let over = false;
        void failure.then(() => (over = true));
        await clock.advance('59s');
        expect(over).toBe(false);
        await clock.advance('1s');
        expect(await failure).toMatchObject({ code: 'handshake-timeout', phase: 'handshake' });
        expect(connection.alive).toBe(false);
        expect(clock.pending).toBe(0);
      },
    );
  });

  it('RFC 3207 §4: called off in the handshake, both ends are closed and the reason is passed on', async () => {
    for (const early of [true, false]) {
      const controller = new AbortController();
      const clock = createFakeClock();
      let closed = false;
      await bench.against(
        async (peer) => {
          await peer.hello('STARTTLS');
          await peer.answer('STARTTLS', '220 go\r\n');
          if (!early) {
            while (peer.rest === '') await new Promise((resolve) => peer.socket.once('data', resolve));
            controller.abort(new Error('shutdown'));
          }
          await peer.closed();
          closed = true;
        },
        async (server) => {
          const timed = createContext({ clock, signal: controller.signal });
          const connection = await dialIn(server, {}, timed);
          const work = failureOf(startTls(connection, bench.client, timed));
          if (early) {
            // What is written leaves at the end of the turn.
            await new Promise<void>((resolve) => process.nextTick(resolve));
            controller.abort(new Error('shutdown'));
          }
          expect((await work).message).toBe('shutdown');
          expect(connection.alive).toBe(false);
          await clock.settle();
          expect(clock.pending).toBe(0);
        },
      );
      expect(closed).toBe(true);
    }
  });

  it('RFC 8446 §6.2: a TLS 1.3 server that wants a certificate of this host is told as such, late as it says so', async () => {
    await bench.against(
      async (peer) => {
        await peer.hello('STARTTLS');
        await peer.answer('STARTTLS', '220 go\r\n');
        await peer.startTls({
          requestCert: true,
          rejectUnauthorized: true,
          ca: [bench.authority.trust],
        } as object);
        await peer.closed();
      },
      async (server) => {
        const failure = await failureOf(dialSecure(server, bench));
        expect(failure).toMatchObject({
          name: 'ConnectionError',
          code: 'client-certificate-required',
          phase: 'handshake',
        });
        expect(server.heard.join()).not.toContain('MAIL');
      },
    );
  });
});
