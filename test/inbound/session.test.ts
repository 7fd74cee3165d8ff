/**
 * The guard in a real smtp-server, whose clients speak octet for octet: in clear, over TLS that is good and over TLS that is
 * not. What the guard decides must be what the client hears.
 */
import type { SMTPServerOptions } from 'smtp-server';
import { describe, expect, it } from 'vitest';
import { bits } from '../../src/scheme/bits.js';
import { connectTo, MESSAGE, secureTo, sendMessage, serve } from './bench.js';

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
