/**
 * The guard in a real smtp-server, whose clients speak octet for octet: in clear, over TLS that is good and over TLS that is
 * not. What the guard decides must be what the client hears, and what the host gets.
 */
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createInboundGuard } from '../../src/inbound/guard.js';
import type { InboundOptions } from '../../src/inbound/options.js';
import { composeReceived } from '../../src/inbound/received.js';
import { inboundSessionOf, smtpServerGuard, type SmtpServerHost } from '../../src/inbound/smtp-server.js';
import { bits } from '../../src/scheme/bits.js';
import { createAuthority } from '../../src/testing/authority.js';
import type { Identity } from '../../src/testing/certificate-request.js';
import { createZoneResolver, type Zones } from '../../src/testing/zones.js';
import { type Client, openClient } from './client.js';

const ZONES: Zones = {
  'good.test': { txt: ['v=spf1 ip4:127.0.0.1 -all'] },
  'bad.test': { txt: ['v=spf1 -all'] },
};

let identity: Identity;
beforeAll(async () => {
  identity = (await createAuthority()).issue({ dns: ['mx.here.test'], key: 'rsa2048' });
});

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

interface Running {
  readonly port: number;
  /** Messages that came in whole. */
  readonly messages: string[];
  /** What came of messages that ended early. */
  readonly broken: string[];
}

/** Starts a server with a guard. */
async function serve(
  options: Partial<InboundOptions> & Pick<InboundOptions, 'profile'>,
  server: SMTPServerOptions = {},
  host: Partial<SmtpServerHost> = {},
): Promise<Running> {
  const guard = createInboundGuard({ resolver: createZoneResolver(ZONES), name: 'mx.here.test', ...options });
  const running = { messages: [] as string[], broken: [] as string[] };
  const onData: SmtpServerHost['onData'] = (stream: Readable, _session, callback) => {
    let text = '';
    stream.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    stream.on('error', () => running.broken.push(text));
    stream.on('end', () => {
      running.messages.push(text);
      callback();
    });
  };
  const smtp = new SMTPServer({
    key: identity.key,
    cert: identity.certificate,
    minVersion: 'TLSv1.2',
    authOptional: true,
    disableReverseLookup: true,
    ...server,
    ...smtpServerGuard(guard, { onData, ...host }),
  });
  smtp.on('error', () => undefined);
  await new Promise<void>((resolve) => void smtp.listen(0, '127.0.0.1', resolve));
  open.push(
    () =>
      new Promise<void>((resolve) => {
        smtp.close(() => resolve());
      }),
  );
  return { ...running, port: (smtp.server.address() as AddressInfo).port };
}

async function connectTo(port: number, ehlo = 'client.test'): Promise<Client> {
  const client = await openClient(port);
  open.push(() => client.close());
  await client.say(`EHLO ${ehlo}`);
  return client;
}

async function secureTo(port: number, options: Parameters<Client['secure']>[0] = {}): Promise<Client> {
  const client = await connectTo(port);
  await client.say('STARTTLS');
  await client.secure(options);
  await client.say('EHLO client.test');
  return client;
}

/** Sends a message: the reply to its end. */
async function sendMessage(client: Client, content: string, from = 'a@good.test'): Promise<string> {
  expect(await client.say(`MAIL FROM:<${from}>`)).toMatch(/^250/);
  expect(await client.say('RCPT TO:<b@here.test>')).toMatch(/^250/);
  expect(await client.say('DATA')).toMatch(/^354/);
  return client.send(`${content}.\r\n`);
}

const MESSAGE = 'From: a@good.test\r\nSubject: x\r\n\r\nbody\r\n';

describe('TLS', () => {
  const listed = { profile: 'forced-tls', policies: [bits({ domains: ['bank.test'] })] } as const;

  it('BITS-5.2.4, ING-2: mail of a listed domain in clear is refused at MAIL, other mail is not', async () => {
    const client = await connectTo((await serve(listed)).port);
    expect(await client.say('MAIL FROM:<a@bank.test>')).toBe(
      '550 5.7.10 Encryption needed: mail from bank.test is accepted over TLS only',
    );
    expect(await client.say('MAIL FROM:<a@other.test>')).toBe('250 Accepted');
  });

  it('BITS-5.2.4, BITS-P1: the same mail over STARTTLS arrives', async () => {
    const server = await serve(listed);
    const client = await secureTo(server.port);
    expect(await sendMessage(client, MESSAGE, 'a@bank.test')).toMatch(/^250/);
    expect(server.messages).toEqual([MESSAGE]);
  });

  it('BITS-5.2.4: and over TLS from the first octet', async () => {
    const server = await serve(listed, { secure: true });
    const { connect } = await import('node:tls');
    const said = await new Promise<string>((resolve, reject) => {
      const socket = connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
      let text = '';
      socket.on('error', reject);
      socket.on('close', () => resolve(text));
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        if (text.startsWith('220 ')) socket.write('EHLO c.test\r\nMAIL FROM:<a@bank.test>\r\nQUIT\r\n');
        if (/^221 /m.test(text)) socket.end();
      });
    });
    expect(said).toContain('250 Accepted');
  });

  it('ING-4: a bounce from a listed partner in clear', async () => {
    const server = await serve(listed);
    const partner = await connectTo(server.port, 'bank.test');
    expect(await partner.say('MAIL FROM:<>')).toMatch(/^550 5\.7\.10 /);
    const below = await connectTo(server.port, 'mx1.bank.test');
    expect(await below.say('MAIL FROM:<>')).toMatch(/^550 5\.7\.10 /);
    const other = await connectTo(server.port, 'mx.other.test');
    expect(await other.say('MAIL FROM:<>')).toMatch(/^250/);
  });

  it('SM-17, SM-20, ING-2: a SecureMail server asks for STARTTLS before MAIL', async () => {
    const server = await serve({ profile: 'securemail', senderId: 'off' });
    const client = await connectTo(server.port);
    expect(await client.say('MAIL FROM:<a@good.test>')).toBe('530 5.7.0 Must issue a STARTTLS command first');
    const secure = await secureTo(server.port);
    expect(await sendMessage(secure, MESSAGE)).toMatch(/^250/);
  });

  it.each([
    ['TLSv1.2', 'ECDHE-RSA-AES128-GCM-SHA256', /^554 5\.7\.0 .*ECDHE-RSA-AES128-GCM-SHA256$/],
    ['TLSv1.2', 'AES256-GCM-SHA384', /^554 5\.7\.0 .*forward secrecy.*AES256-GCM-SHA384$/],
    ['TLSv1.2', 'ECDHE-RSA-AES256-GCM-SHA384', /^250/],
    ['TLSv1.2', 'DHE-RSA-AES256-SHA', /^250/],
    ['TLSv1.1', 'ECDHE-RSA-AES256-SHA', /^554 5\.7\.0 .*TLSv1\.2 or later is needed, this is TLSv1\.1$/],
  ] as const)('SM-21, ING-3: %s with %s', async (version, suite, expected) => {
    // The version is as negotiated: Node says TLSv1.0 of this suite whatever the version, and both must be told apart.
    const ciphers = `${suite}:@SECLEVEL=0`;
    const server = await serve({ profile: 'securemail', senderId: 'off' }, {
      minVersion: 'TLSv1',
      ciphers: 'ALL:@SECLEVEL=0',
      dhparam: 'auto',
    } as SMTPServerOptions);
    const client = await secureTo(server.port, { minVersion: version, maxVersion: version, ciphers });
    expect(await client.say('MAIL FROM:<a@good.test>')).toMatch(expected);
  });

  it('ING-3: TLS that ends before the server is of an unknown kind', async () => {
    const server = await serve({ profile: 'securemail', senderId: 'off' }, { secure: true, secured: true });
    const client = await connectTo(server.port);
    expect(await client.say('MAIL FROM:<a@good.test>')).toMatch(/^554 5\.7\.0 .*this is unknown$/);
  });

  it('ING-11: what stood in clear behind STARTTLS has no reply inside TLS and no effect', async () => {
    const server = await serve(listed);
    const client = await connectTo(server.port);
    expect(await client.send('STARTTLS\r\nMAIL FROM:<x@other.test>\r\nRSET\r\n')).toMatch(/^220/);
    await client.secure();
    expect(await client.say('EHLO client.test')).toMatch(/^250/);
    expect(await client.say('MAIL FROM:<a@bank.test>')).toBe('250 Accepted');
    expect(client.unread()).toBe('');
  });
});

describe('SPF', () => {
  it('SM-9, SM-18, ING-5, ING-6: refused at MAIL, before anything of the message is sent', async () => {
    const server = await serve({ profile: 'best-efforts' });
    const client = await connectTo(server.port);
    expect(await client.say('MAIL FROM:<a@bad.test>')).toBe(
      '550 5.7.23 SPF fail: bad.test forbids 127.0.0.1 to send',
    );
    expect(await client.say('MAIL FROM:<a@none.test>')).toMatch(/^250/);
    const strict = await secureTo((await serve({ profile: 'securemail', senderId: 'off' })).port);
    expect(await strict.say('MAIL FROM:<a@none.test>')).toMatch(/^550 5\.7\.23 SPF none: /);
  });

  it('SPF-14: Received-SPF stands on top of what the host gets, the rest is as sent', async () => {
    const server = await serve({ profile: 'best-efforts' });
    expect(await sendMessage(await connectTo(server.port), MESSAGE)).toMatch(/^250/);
    const [message = ''] = server.messages;
    expect(message).toMatch(/^Received-SPF: pass\r\n\treceiver=mx\.here\.test;\r\n\tclient-ip=127\.0\.0\.1;/);
    expect(message.endsWith(`\r\n${MESSAGE}`)).toBe(true);
  });

  it('ING-10: a refusal reaches the client and nobody else: the host gets nothing to report', async () => {
    let asked = 0;
    const server = await serve(
      { profile: 'best-efforts' },
      {},
      {
        onMailFrom: (_address, _session, callback) => {
          asked += 1;
          callback();
        },
      },
    );
    const client = await connectTo(server.port);
    expect(await client.say('MAIL FROM:<a@bad.test>')).toMatch(/^550/);
    expect({ asked, messages: server.messages }).toEqual({ asked: 0, messages: [] });
    expect(await client.say('MAIL FROM:<a@good.test>')).toMatch(/^250/);
    expect(asked).toBe(1);
  });
});

describe('Sender ID', () => {
  const profile = { profile: 'best-efforts', senderId: 'compatible' } as const;

  it('SM-10, SM-19, ING-7: a message whose header fails is refused at its end and does not reach the host', async () => {
    const server = await serve(profile);
    const client = await connectTo(server.port);
    const large = 'x'.repeat(70).concat('\r\n').repeat(5000);
    expect(await sendMessage(client, `From: a@bad.test\r\n\r\n${large}`)).toMatch(
      /^550 5\.7\.1 Sender ID \(PRA\) Not Permitted: fail, bad\.test/,
    );
    expect([server.messages, server.broken]).toEqual([[], []]);
    expect(await sendMessage(client, MESSAGE)).toMatch(/^250/);
    expect(server.messages).toHaveLength(1);
  });

  it.each([
    ['without a body', 'From: a@bad.test\r\n'],
    ['with an empty body', 'From: a@bad.test\r\n\r\n'],
  ])('ING-7: a message %s is judged as well', async (_title, content) => {
    expect(await sendMessage(await connectTo((await serve(profile)).port), content)).toMatch(/^550 5\.7\.1 /);
  });

  it('ING-8: a From in the body, or behind an empty first line, names nobody', async () => {
    const server = await serve({ profile: 'securemail', senderId: 'compatible' });
    const client = await secureTo(server.port);
    for (const content of ['\r\nFrom: a@good.test\r\n\r\nx\r\n', 'Subject: x\r\n\r\nFrom: a@good.test\r\n']) {
      expect(await sendMessage(client, content)).toBe(
        '550 5.7.1 Sender ID: no purported responsible address',
      );
    }
    expect(await sendMessage(client, MESSAGE)).toMatch(/^250/);
  });

  it('ING-8: a header longer than any names nobody', async () => {
    const server = await serve({ profile: 'securemail', senderId: 'compatible' });
    const long = `X: ${'x'.repeat(900)}\r\n`.repeat(400);
    expect(await sendMessage(await secureTo(server.port), `From: a@good.test\r\n${long}\r\nx\r\n`)).toMatch(
      /^550 5\.7\.1 Sender ID: no/,
    );
  });

  it('FAQ-10: a large message passes octet for octet', async () => {
    const server = await serve({ ...profile, profile: 'best-efforts' });
    const body = `${MESSAGE}${'..dots and words\r\n'.repeat(40_000)}`;
    expect(await sendMessage(await connectTo(server.port), body.replaceAll('\r\n.', '\r\n..'))).toMatch(
      /^250/,
    );
    expect(server.messages[0]?.endsWith(body)).toBe(true);
  });
});

describe('line ends', () => {
  it.each([
    ['in the body', `${MESSAGE}a\nb\r\n`],
    ['a lone CR', `${MESSAGE}a\rb\r\n`],
    ['in the header', 'From: a@good.test\nTo: b@here.test\r\n\r\nx\r\n'],
    ['a smuggled end', `${MESSAGE}x\n.\nMAIL FROM:<evil@good.test>\r\n`],
    ['a smuggled end with a lone LF before it', `${MESSAGE}x\n.\r\nMAIL FROM:<evil@good.test>\r\n`],
  ])('ING-12: %s: one refusal, and no second message', async (_title, content) => {
    for (const senderId of ['off', 'compatible'] as const) {
      const server = await serve({ profile: 'best-efforts', senderId });
      const client = await connectTo(server.port);
      expect(await sendMessage(client, content)).toMatch(/^550 5\.5\.2 Bare CR or LF/);
      expect(await client.say('NOOP')).toMatch(/^250/);
      expect(server.messages).toEqual([]);
    }
  });
});

describe('hooks of the host', () => {
  it('ING-1: its refusals stand, its answers are heard', async () => {
    const server = await serve(
      { profile: 'best-efforts' },
      {},
      {
        onMailFrom: (address, _session, callback) =>
          callback(
            address.address === 'no@good.test' ? Object.assign(new Error('no'), { responseCode: 553 }) : null,
          ),
        onData: (stream, _session, callback) => {
          stream.resume();
          stream.on('end', () => callback(null, 'kept as 4711'));
        },
      },
    );
    const client = await connectTo(server.port);
    expect(await client.say('MAIL FROM:<no@good.test>')).toBe('553 no');
    expect(await sendMessage(client, MESSAGE)).toBe('250 kept as 4711');
  });

  it('ING-1: a host that answers before it has read is heard, and the session goes on', async () => {
    const server = await serve(
      { profile: 'best-efforts' },
      {},
      {
        onData: (_stream, _session, callback) =>
          callback(Object.assign(new Error('full'), { responseCode: 452 })),
      },
    );
    const client = await connectTo(server.port);
    const large = MESSAGE + 'x'.repeat(70).concat('\r\n').repeat(5000);
    expect(await sendMessage(client, large)).toBe('452 full');
    expect(await client.say('NOOP')).toMatch(/^250/);
  });

  it('ING-1: size is read from the stream as always', async () => {
    let seen: unknown = null;
    const server = await serve(
      { profile: 'best-efforts' },
      { size: 10 },
      {
        onData: (stream, _session, callback) => {
          stream.resume();
          stream.on('end', () => {
            seen = (stream as Readable & { sizeExceeded: boolean }).sizeExceeded;
            callback();
          });
        },
      },
    );
    await sendMessage(await connectTo(server.port), MESSAGE);
    expect(seen).toBe(true);
  });

  it('ING-1: a check that fails for reasons of its own accepts nothing', async () => {
    const resolver = { ...createZoneResolver({}), txt: () => Promise.reject(new Error('broken')) };
    const server = await serve({ profile: 'best-efforts', resolver });
    const client = await connectTo(server.port);
    expect(await client.say('MAIL FROM:<a@good.test>')).toBe('451 4.3.0 Cannot check the session now');
  });

  it('ING-13: the Received field of the host says what the session was', async () => {
    const fields: string[] = [];
    const server = await serve(
      { profile: 'forced-tls' },
      {},
      {
        onData: (stream, session, callback) => {
          const by = 'mx.here.test';
          fields.push(composeReceived({ session: inboundSessionOf(session), by, id: 'x1', now: 0 }));
          // smtp-server calls it by the same name.
          fields.push((session as SMTPServerSession).transmissionType);
          stream.resume();
          stream.on('end', () => callback());
        },
      },
    );
    await sendMessage(await connectTo(server.port), MESSAGE);
    await sendMessage(await secureTo(server.port, { maxVersion: 'TLSv1.3', minVersion: 'TLSv1.3' }), MESSAGE);
    expect(fields[0]).toMatch(
      /^Received: from client\.test \(\[127\.0\.0\.1\]\)\r\n\tby mx\.here\.test with ESMTP id x1;/,
    );
    expect(fields[2]).toMatch(/ with ESMTPS id x1 tls TLS_AES_256_GCM_SHA384;/);
    expect([fields[1], fields[3]]).toEqual(['ESMTP', 'ESMTPS']);
  });
});
