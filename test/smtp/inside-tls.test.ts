/**
 * Inside TLS, up to the second EHLO: what was known is forgotten, and the server does not speak first.
 */
import type net from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { issueAdmission } from '../../src/smtp/admitted.js';
import { greet } from '../../src/smtp/greet.js';
import { startTls } from '../../src/smtp/starttls.js';
import { transact } from '../../src/smtp/transact.js';
import { createFakeClock } from '../../src/testing/clock.js';
import { createSecureContexts } from '../../src/tls/context.js';
import { bcp195Suites } from '../../src/tls/suite-profiles.js';
import { pemStore } from '../../src/x509/roots.js';
import { type Bench, createBench, dialIn, dialSecure, failureOf, NAME } from './scripted-server.js';
import { brief, envelopeOf, messageOf } from './session.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});
const ctx = createContext();
const CLEAR = [`EHLO ${NAME}`, 'STARTTLS'];

/** A socket whose writes of one turn go out together. */
function gathering(socket: net.Socket): Duplex {
  let held: Buffer[] = [];
  const wire = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      held.push(chunk);
      setImmediate(() =>
        setImmediate(() => {
          if (held.length > 0) socket.write(Buffer.concat(held));
          held = [];
        }),
      );
      done();
    },
  });
  socket.on('data', (chunk: Buffer) => wire.push(chunk)).on('close', () => wire.push(null));
  return wire;
}

describe('inside TLS', () => {
  it('ST-10: STARTTLS is not said again, even if the server offers it again', async () => {
    await bench.against(
      async (peer) => {
        await peer.secure();
        await peer.ehlo('STARTTLS');
      },
      async (server) => {
        const connection = await dialSecure(server, bench);
        expect(connection.capabilities?.startTls).toBe(true);
        expect(await failureOf(startTls(connection, bench.client, ctx))).toMatchObject({
          name: 'ConfigError',
          code: 'tls-active',
        });
        expect(server.heard).toEqual([...CLEAR, `tls EHLO ${NAME}`]);
        connection.destroy();
      },
    );
  });

  it('ST-9, SC-7, AT-4: what only the EHLO in clear offered is forgotten', async () => {
    await bench.against(
      async (peer) => {
        await peer.hello(
          'STARTTLS',
          'SIZE 10',
          'PIPELINING',
          'DSN',
          'CHUNKING',
          'REQUIRETLS',
          'SMTPUTF8',
          '8BITMIME',
          'ENHANCEDSTATUSCODES',
          'AUTH PLAIN',
        );
        await peer.answer('STARTTLS', '220 go\r\n');
        await peer.startTls();
        await peer.ehlo('HELP');
      },
      async (server) => {
        const connection = await dialIn(server);
        expect(connection.capabilities?.size).toBe(10);
        await startTls(connection, bench.client, ctx);
        expect(connection.capabilities).toBe(null);
        const capabilities = await greet(connection, ctx);
        expect(capabilities).toBe(connection.capabilities);
        expect([...capabilities.keywords.keys()]).toEqual(['HELP']);
        expect(capabilities).toMatchObject({ size: null, pipelining: false, dsn: false, auth: [] });
        connection.destroy();
      },
    );
  });

  for (const [name, octets] of [
    ['a second greeting', '220 mx again\r\n'],
    ['an EHLO reply that was not asked for', '250-mx\r\n250 SIZE 1\r\n'],
    ['half a line', '25'],
  ] as const) {
    it(`ST-11, AT-7: ${name} right after the handshake ends the connection`, async () => {
      await bench.against(
        async (peer) => {
          await peer.hello('STARTTLS');
          await peer.answer('STARTTLS', '220 go\r\n');
          const layer = await peer.startTls();
          layer.write(octets);
          await peer.closed();
        },
        async (server) => {
          const connection = await dialIn(server);
          const clock = createFakeClock();
          await startTls(connection, bench.client, ctx);
          await clock.settle();
          expect(await failureOf(greet(connection, ctx))).toMatchObject({
            name: 'ProtocolError',
            code: 'unsolicited-reply',
          });
          expect(server.heard).toEqual(CLEAR);
        },
      );
    });
  }

  it('ST-11, AT-7: a reply in one piece with the end of the handshake is not taken for the answer to EHLO', async () => {
    await bench.against(
      async (peer) => {
        await peer.hello('STARTTLS');
        await peer.answer('STARTTLS', '220 go\r\n');
        // TLS 1.2: the server ends the handshake. All that it writes in one turn leaves in one write.
        const layer = new tls.TLSSocket(gathering(peer.socket), {
          isServer: true,
          ...bench.server,
          maxVersion: 'TLSv1.2',
        });
        layer.on('error', () => undefined);
        layer.once('secure', () => layer.write('250 mx\r\n'));
        await peer.closed();
      },
      async (server) => {
        const connection = await dialIn(server);
        await startTls(connection, bench.client, ctx);
        expect(await failureOf(greet(connection, ctx))).toMatchObject({ code: 'unsolicited-reply' });
      },
    );
  });

  it('ST-11: a second greeting that crosses the EHLO is not taken for its reply', async () => {
    await bench.against(
      async (peer) => {
        await peer.secure();
        await peer.answer('EHLO', '220 mx again\r\n250 mx\r\n');
        await peer.closed();
      },
      async (server) => {
        const connection = await dialIn(server);
        await startTls(connection, bench.client, ctx);
        const failure = await failureOf(greet(connection, ctx));
        expect(failure).toMatchObject({ code: 'reply-mismatch', phase: 'ehlo' });
        expect(connection.alive).toBe(false);
      },
    );
  });

  it('ST-12: HELO follows an EHLO that is not known, and then nothing is offered; what needs SMTPUTF8 is not said', async () => {
    await bench.against(
      async (peer) => {
        await peer.secure();
        await peer.answer('EHLO', '502 what?\r\n');
        await peer.answer('HELO', '250-mx\r\n250 SMTPUTF8\r\n');
      },
      async (server) => {
        const connection = await dialSecure(server, bench);
        expect(connection.capabilities?.keywords.size).toBe(0);
        const envelope = envelopeOf(1, { from: 'jürgen@sender.test' });
        const session = issueAdmission(connection, null);
        const { recipients } = await transact(session, envelope, await messageOf(), ctx);
        expect(recipients.map(brief)).toEqual(['not-offered@mail:smtputf8-not-offered']);
        expect(server.heard.at(-1)).toBe(`tls HELO ${NAME}`);
        connection.destroy();
      },
    );
  });

  it('ST-12: a second EHLO that is refused ends the session with QUIT', async () => {
    await bench.against(
      async (peer) => {
        await peer.secure();
        await peer.answer('EHLO', '550 5.7.1 not you\r\n');
        await peer.answer('QUIT', '221 bye\r\n');
      },
      async (server) => {
        expect(await failureOf(dialSecure(server, bench))).toMatchObject({
          code: 'ehlo-name-refused',
          phase: 'ehlo',
          reply: { code: 550 },
        });
        expect(server.heard).toEqual([...CLEAR, `tls EHLO ${NAME}`, 'tls QUIT']);
      },
    );
  });

  it('ST-19, AT-11: the end of the connection in the middle of a reply is a failure, with a close alert or without', async () => {
    for (const alert of [true, false]) {
      for (const octets of ['25', '250-mx\r\n', '250 mx']) {
        await bench.against(
          async (peer) => {
            await peer.secure();
            await peer.line();
            await new Promise<void>((resolve) => void peer.layer.write(octets, () => resolve()));
            if (alert) peer.layer.end();
            else peer.socket.destroySoon();
          },
          async (server) => {
            const failure = await failureOf(dialSecure(server, bench));
            expect(failure).toMatchObject({
              name: 'ConnectionError',
              code: 'connection-closed',
              phase: 'ehlo',
            });
          },
        );
      }
    }
  });

  it('CV-11: a server that asks to renegotiate is not followed', async () => {
    let again = 0;
    const secureContext = createSecureContexts().get({
      store: pemStore(bench.authority.trust, 'test'),
      suites: bcp195Suites,
      minProtocol: 'TLSv1.2',
      clientCertificate: null,
    });
    await bench.against(
      async (peer) => {
        await peer.secure({
          secureContext: tls.createSecureContext({ ...bench.server, maxVersion: 'TLSv1.2' }),
        });
        await peer.ehlo();
        await peer.line();
        peer.layer.on('secure', () => (again += 1));
        (peer.layer as tls.TLSSocket).renegotiate({}, () => undefined);
        await peer.closed();
      },
      async (server) => {
        const connection = await dialIn(server);
        await startTls(connection, { ...bench.client, secureContext }, ctx);
        await greet(connection, ctx);
        const failure = await failureOf(connection.ask('NOOP', { phase: 'mail', timeoutMs: 5000 }, ctx));
        expect(failure).toMatchObject({ name: 'ConnectionError', code: 'connection-closed' });
        expect(connection.alive).toBe(false);
        expect(again).toBe(0);
      },
    );
  });
});
