/**
 * The client against smtp-server, an independent implementation of the other side, in real time: what this project says
 * about commands, dots, limits and logins, somebody else must understand the same way.
 */
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import { beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { parseEnvelope } from '../../src/message/envelope.js';
import { type Admitted, issueAdmission } from '../../src/smtp/admitted.js';
import { authenticate } from '../../src/smtp/authenticate.js';
import { connect } from '../../src/smtp/connect.js';
import { greet } from '../../src/smtp/greet.js';
import { createConnectionPool } from '../../src/smtp/pool.js';
import { startTls } from '../../src/smtp/starttls.js';
import { transact, type TransactionResult } from '../../src/smtp/transact.js';
import { type Bench, createBench, HOST, NAME } from './scripted-server.js';
import { brief, envelopeOf, header, messageFrom } from './session.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});
const ctx = createContext();

interface Received {
  readonly from: { readonly address: string; readonly args: unknown };
  readonly to: readonly string[];
  readonly octets: Buffer;
  readonly session: string;
}

/** Runs `work` over a session with a server; `received` is what came in whole. */
async function withPeer(
  options: SMTPServerOptions,
  work: (session: Admitted, received: readonly Received[]) => Promise<void>,
): Promise<void> {
  const received: Received[] = [];
  const server = new SMTPServer({
    ...bench.server,
    authOptional: true,
    onData(stream, session: SMTPServerSession, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom === false ? { address: '', args: false } : mailFrom,
          to: rcptTo.map((each) => each.address),
          octets: Buffer.concat(chunks),
          session: session.id,
        });
        callback();
      });
    },
    ...options,
  } as SMTPServerOptions);
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  const endpoint = { host: HOST, address: '127.0.0.1', port, tls: 'starttls' } as const;
  try {
    const connection = await connect(endpoint, { ehloName: NAME }, ctx);
    try {
      await startTls(connection, bench.client, ctx);
      await greet(connection, ctx);
      await work(issueAdmission(connection, null), received);
      await connection.quit(ctx);
    } finally {
      connection.destroy();
    }
  } finally {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  }
}

const bodyOf = (text: string): Buffer => Buffer.concat([header, Buffer.from(text, 'latin1')]);

describe('an independent server', () => {
  it('SC-31, SC-32, AT-20: gives back every octet, and no line of content ends a message', async () => {
    const bodies = [
      'a\r\n',
      'a',
      '.\r\n',
      '..\r\n',
      'a\r\n.b\r\n',
      'a\r\n\r\n',
      '\r\n.\r\nMAIL FROM:<evil@x.test>\r\n.\r\n',
      `.${'x'.repeat(996)}\r\n`.repeat(300),
    ];
    await withPeer({}, async (session, received) => {
      for (const body of bodies) {
        const message = await messageFrom(bodyOf(body));
        const { recipients } = await transact(session, envelopeOf(1), message, ctx);
        expect(recipients.map(brief), body.slice(0, 20)).toEqual(['accepted@final:250']);
      }
      const whole = (text: string): string => (text.endsWith('\r\n') ? text : `${text}\r\n`);
      expect(received.map(({ octets }) => octets.toString('latin1'))).toEqual(
        bodies.map((body) => whole(bodyOf(body).toString('latin1'))),
      );
      // All of them over one connection, one after the other (SC-41).
      expect(new Set(received.map((each) => each.session)).size).toBe(1);
    });
  });

  it('SC-30, SC-46: reads 20 MiB as they were, with the size that was declared', async () => {
    const octets = Buffer.concat([header, Buffer.from(`${'x'.repeat(76)}\r\n`.repeat(270_000))]);
    await withPeer({ size: 30_000_000 }, async (session, received) => {
      const message = await messageFrom(octets);
      const { recipients } = await transact(session, envelopeOf(1), message, ctx);
      expect(recipients.map(brief)).toEqual(['accepted@final:250']);
      expect(received[0]?.from.args).toMatchObject({ SIZE: String(octets.length) });
      const digest = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
      expect(digest(received[0]?.octets ?? Buffer.alloc(0))).toBe(digest(octets));
    });
  });

  it('SC-46: offers a limit, and what is larger is not even begun', async () => {
    let mails = 0;
    const onMailFrom: SMTPServerOptions['onMailFrom'] = (_, _session, callback) => {
      mails += 1;
      callback();
    };
    await withPeer({ size: 1000, onMailFrom }, async (session, received) => {
      const message = await messageFrom(bodyOf('x'.repeat(900).concat('\r\n')));
      const { recipients } = await transact(session, envelopeOf(1), message, ctx);
      expect(recipients).toMatchObject([{ result: 'not-offered', reason: 'message-too-big' }]);
      expect([mails, received]).toEqual([0, []]);
    });
  });

  it('SC-23, SC-38, SC-39: takes 250 recipients in groups, and each hears its own answer', async () => {
    const onRcptTo: SMTPServerOptions['onRcptTo'] = (address, _session, callback) => {
      const n = Number(/\d+/.exec(address.address)?.[0]);
      const code = n % 3 === 0 ? 550 : n % 7 === 0 ? 451 : 0;
      callback(code === 0 ? null : Object.assign(new Error('no'), { responseCode: code }));
    };
    await withPeer({ onRcptTo }, async (session, received) => {
      expect(session.connection.capabilities?.pipelining).toBe(true);
      const message = await messageFrom(bodyOf('x\r\n'));
      const { recipients } = await transact(session, envelopeOf(250), message, ctx);
      const wanted = Array.from({ length: 250 }, (_, i) => i + 1).map((n) =>
        n % 3 === 0 ? 'refused@rcpt:550' : n % 7 === 0 ? 'refused@rcpt:451' : 'accepted@final:250',
      );
      expect(recipients.map(brief)).toEqual(wanted);
      expect(received).toHaveLength(3);
      expect(received.flatMap(({ to }) => to)).toHaveLength(
        wanted.filter((text) => text === 'accepted@final:250').length,
      );
    });
  });

  it('SC-49, SC-48: understands SMTPUTF8, BODY and an address beyond ASCII', async () => {
    await withPeer({}, async (session, received) => {
      const message = await messageFrom(
        Buffer.concat([Buffer.from('Subject: Hallå\r\n'), header, Buffer.from('på\r\n')]),
      );
      const envelope = parseEnvelope({ from: 'jürgen@sender.test', recipients: 'åsa@partner.test' });
      const { recipients } = await transact(session, envelope, message, ctx);
      expect(recipients.map(brief)).toEqual(['accepted@final:250']);
      expect(received[0]).toMatchObject({
        from: { address: 'jürgen@sender.test', args: { SMTPUTF8: true, BODY: '8BITMIME' } },
        to: ['åsa@partner.test'],
      });
    });
  });

  it('SC-21: understands a quoted local part', async () => {
    await withPeer({}, async (session, received) => {
      const envelope = parseEnvelope({
        from: null,
        recipients: ['"a,b"@partner.test', 'MiXed@partner.test'],
      });
      const { recipients } = await transact(session, envelope, await messageFrom(bodyOf('x\r\n')), ctx);
      expect(recipients.map(brief)).toEqual(['accepted@final:250', 'accepted@final:250']);
      expect(received[0]?.from.address).toBe('');
      expect(received[0]?.to[1]).toBe('MiXed@partner.test');
    });
  });

  it('SC-26, SC-18: refuses everybody, hears RSET, and takes the next message', async () => {
    let refuse = true;
    const onRcptTo: SMTPServerOptions['onRcptTo'] = (_, _session, callback) =>
      callback(refuse ? new Error('no') : null);
    await withPeer({ onRcptTo }, async (session, received) => {
      const message = await messageFrom(bodyOf('x\r\n'));
      const first = await transact(session, envelopeOf(2), message, ctx);
      expect(first.recipients.map(brief)).toEqual(['refused@rcpt:550', 'refused@rcpt:550']);
      expect(first.reusable).toBe(true);
      refuse = false;
      const second = await transact(session, envelopeOf(2), message, ctx);
      expect(second.recipients.map(brief)).toEqual(['accepted@final:250', 'accepted@final:250']);
      expect(received).toHaveLength(1);
    });
  });

  it('SC-51, SC-18: a kept connection carries the next message without a new handshake', async () => {
    await withPeer({}, async (session, received) => {
      const pool = createConnectionPool();
      const message = await messageFrom(bodyOf('x\r\n'));
      const acquired = await pool.acquire('a', { octets: 1000, window: 16 }, ctx);
      if (!('leave' in acquired)) throw new Error('nothing can be kept yet');
      const first = acquired.leave.opened(session.connection);
      await transact(session, envelopeOf(1), message, ctx, { pass: () => first.pass() });
      first.end(true);
      expect(await pool.acquire('a', { octets: 1000, window: 16 }, ctx)).toMatchObject({
        turn: { connection: session.connection, reused: true },
      });
      await transact(session, envelopeOf(1), message, ctx, { reused: true });
      expect(received).toHaveLength(2);
      expect(received[0]?.session).toBe(received[1]?.session);
    });
  });

  it('SC-52: a kept connection whose server went away is noticed before MAIL', async () => {
    const pool = createConnectionPool();
    let kept = 0;
    await withPeer({}, async (session) => {
      const acquired = await pool.acquire('a', { octets: 1000, window: 16 }, ctx);
      if ('leave' in acquired) acquired.leave.opened(session.connection).end(true);
      kept += 1;
      await session.connection.quit(ctx);
    });
    expect(kept).toBe(1);
    expect(await pool.acquire('a', { octets: 1000, window: 16 }, ctx)).toHaveProperty('leave');
    await pool.close(ctx);
  });

  it('SC-38, SC-41: the next message follows while the receipt of the one before is on its way', async () => {
    await withPeer({}, async (session, received) => {
      const results: Promise<unknown>[] = [];
      const send = async (i: number): Promise<void> => {
        const message = await messageFrom(bodyOf(`number ${i}\r\n`));
        await new Promise<void>((written) => {
          const sharing = { reused: i > 0, pass: () => written() };
          results.push(transact(session, envelopeOf(2), message, ctx, sharing));
        });
      };
      for (let i = 0; i < 5; i += 1) await send(i);
      for (const result of await Promise.all(results)) {
        expect((result as TransactionResult).recipients.map(brief)).toEqual([
          'accepted@final:250',
          'accepted@final:250',
        ]);
      }
      expect(received.map(({ octets }) => /number \d/.exec(octets.toString())?.[0])).toEqual([
        'number 0',
        'number 1',
        'number 2',
        'number 3',
        'number 4',
      ]);
    });
  });
});

describe('a login there', () => {
  const login = { user: 'anna@bank.test', pass: 'påss word' };
  for (const mechanism of ['PLAIN', 'LOGIN']) {
    it(`ST-18: ${mechanism} is understood, right and wrong`, async () => {
      const seen: string[] = [];
      const onAuth: SMTPServerOptions['onAuth'] = (auth, _session, callback) => {
        seen.push(`${auth.method} ${auth.username} ${auth.password}`);
        if (auth.password === login.pass) callback(null, { user: auth.username });
        else callback(new Error('no'));
      };
      const options = { authMethods: [mechanism], onAuth, authOptional: false };
      await withPeer(options, async (session, received) => {
        await authenticate(session, login, ctx);
        const message = await messageFrom(bodyOf('x\r\n'));
        const { recipients } = await transact(session, envelopeOf(1), message, ctx);
        expect(recipients.map(brief)).toEqual(['accepted@final:250']);
        expect(received).toHaveLength(1);
      });
      await withPeer(options, async (session) => {
        await expect(authenticate(session, { ...login, pass: 'x' }, ctx)).rejects.toMatchObject({
          code: 'auth-rejected',
        });
        expect(session.connection.alive).toBe(false);
      });
      expect(seen).toEqual([`${mechanism} ${login.user} ${login.pass}`, `${mechanism} ${login.user} x`]);
    });
  }
});
