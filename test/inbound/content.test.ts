/**
 * The guard in a real smtp-server and the content of messages: what is refused does not reach the host, what passes does,
 * octet for octet, and the host's own hooks are heard.
 */
import type { Readable } from 'node:stream';
import type { SMTPServerSession } from 'smtp-server';
import { describe, expect, it } from 'vitest';
import { composeReceived } from '../../src/inbound/received.js';
import { inboundSessionOf } from '../../src/inbound/smtp-server.js';
import { createZoneResolver } from '../../src/testing/zones.js';
import { connectTo, MESSAGE, secureTo, sendMessage, serve } from './bench.js';

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
