/**
 * TLS from the first octet, for relays: handshake, judgement, then the greeting inside TLS.
 */
import tls from 'node:tls';
import { beforeAll, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { connect } from '../../src/smtp/connect.js';
import type { Connection } from '../../src/smtp/connection.js';
import { greet } from '../../src/smtp/greet.js';
import { startTls } from '../../src/smtp/starttls.js';
import { createFakeClock } from '../../src/testing/clock.js';
import { type Bench, createBench, failureOf, NAME, type ScriptedServer } from './scripted-server.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});
const ctx = createContext();

const dial = (server: ScriptedServer, within = ctx): Promise<Connection> =>
  connect({ ...server.endpoint, tls: 'implicit' }, { ehloName: NAME, implicitTls: bench.client }, within);

it('ST-17: handshake first, then the greeting inside TLS, then EHLO; STARTTLS never', async () => {
  await bench.against(
    async (peer) => {
      await peer.startTls();
      await peer.hello('STARTTLS', 'AUTH PLAIN');
      await peer.answer('QUIT', '221 bye\r\n');
    },
    async (server) => {
      const connection = await dial(server);
      expect(connection.facts?.protocol).toBe('TLSv1.3');
      expect(connection.capabilities).toBe(null);
      expect((await greet(connection, ctx)).auth).toEqual(['PLAIN']);
      expect(await failureOf(startTls(connection, bench.client, ctx))).toMatchObject({ code: 'tls-active' });
      await connection.quit(ctx);
      expect(server.heard).toEqual([`tls EHLO ${NAME}`, 'tls QUIT']);
    },
  );
});

it('ST-17, SC-1: nothing is said before the greeting inside TLS', async () => {
  const clock = createFakeClock();
  let before = 'unset';
  await bench.against(
    async (peer) => {
      await peer.startTls();
      await clock.advance('2s');
      before = peer.rest;
      await peer.hello();
    },
    async (server) => {
      const timed = createContext({ clock });
      const connection = await dial(server, timed);
      await greet(connection, timed);
      connection.destroy();
    },
  );
  expect(before).toBe('');
});

it('ST-17, ST-7: a session that is refused after the handshake hears QUIT alone, and its greeting is not taken for the answer', async () => {
  await bench.against(
    async (peer) => {
      await peer.startTls();
      peer.send('220 mx\r\n');
      await peer.answer('QUIT', '221 bye\r\n');
    },
    async (server) => {
      const connection = await dial(server);
      await connection.quit(ctx);
      expect(server.heard).toEqual(['tls QUIT']);
    },
  );
});

it('ST-17, SC-2: a refusal instead of the greeting is that, and QUIT is said', async () => {
  await bench.against(
    async (peer) => {
      await peer.startTls();
      peer.send('554 go away\r\n');
      await peer.answer('QUIT', '221 bye\r\n');
    },
    async (server) => {
      const connection = await dial(server);
      expect(await failureOf(greet(connection, ctx))).toMatchObject({
        code: 'smtp-refused',
        phase: 'greeting',
        reply: { code: 554 },
      });
      expect(server.heard).toEqual(['tls QUIT']);
    },
  );
});

it('ST-17: a greeting that nobody reads any more is no unhandled failure', async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', note);
  const clock = createFakeClock();
  await bench.against(
    async (peer) => {
      await peer.startTls();
      await peer.closed();
    },
    async (server) => {
      const connection = await dial(server);
      connection.destroy();
      await clock.settle();
    },
  );
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

it('ST-17: a port that greets in clear does not speak TLS', async () => {
  await bench.against(
    (peer) => peer.send('220 mx in clear\r\n'),
    async (server) => {
      expect(await failureOf(dial(server))).toMatchObject({
        name: 'ConnectionError',
        code: 'not-tls',
        phase: 'handshake',
      });
      expect(server.heard).toEqual([]);
    },
  );
});

it('ST-17: the connection ends with the close alert of TLS', async () => {
  await bench.against(
    async (peer) => {
      await peer.startTls();
      await peer.hello();
      await peer.answer('QUIT', '221 bye\r\n');
      await peer.closed();
    },
    async (server) => {
      const connection = await dial(server);
      await greet(connection, ctx);
      await connection.quit(ctx);
      await createFakeClock().settle();
      expect(server.farewell).toBe(true);
    },
  );
});

it('CV-10, AT-10: a Diffie-Hellman group below 2048 bits ends the handshake', async () => {
  const rsa = bench.authority.issue({ dns: ['mx1.partner.test'], key: 'rsa2048' });
  const secureContext = tls.createSecureContext({
    key: rsa.key,
    cert: rsa.chain,
    dhparam: DH_1024,
    maxVersion: 'TLSv1.2',
    ciphers: 'DHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0',
  });
  const client = tls.createSecureContext({
    ca: bench.authority.trust,
    ciphers: 'DHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0',
  });
  await bench.against(
    async (peer) => {
      await peer.startTls({ secureContext });
      await peer.closed();
    },
    async (server) => {
      const implicitTls = { secureContext: client, servername: 'mx1.partner.test' };
      const failure = await failureOf(
        connect({ ...server.endpoint, tls: 'implicit' }, { ehloName: NAME, implicitTls }, ctx),
      );
      expect(failure).toMatchObject({ code: 'weak-dh', phase: 'handshake' });
    },
  );
});

// RFC 2409 §6.2, the second Oakley group: well known, and too small.
const DH_1024 = `-----BEGIN DH PARAMETERS-----
MIGHAoGBAP//////////yQ/aoiFowjTExmKLgNwc0SkCTgiKZ8x0Agu+pjsTmyJR
Sgh5jjQE3e+VGbPNOkMbMCsKbfJfFDdP4TVtbVHCReSFtXZiXn7G9ExC6aY37WsL
/1y29Aa37e44a/taiZ+lrp8kEXxLH+ZJKGZR7OZTgf//////////AgEC
-----END DH PARAMETERS-----
`;
