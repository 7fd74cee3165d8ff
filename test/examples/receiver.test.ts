/** The example of a receiving server runs, found by the name of the package, and hears a client. */
import type { AddressInfo } from 'node:net';
import type { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { InboundOptions } from '../../src/inbound/options.js';
import { createAuthority } from '../../src/testing/authority.js';
import { createZoneResolver } from '../../src/testing/zones.js';
import { openClient } from '../inbound/client.js';
import { type BuiltPackage, buildPackage } from './built-package.js';

interface Receiver {
  readonly createReceiver: (
    identity: { readonly key: string; readonly cert: string },
    keep: (message: Buffer) => Promise<void>,
    surroundings: Partial<InboundOptions>,
  ) => SMTPServer;
}

let built: BuiltPackage;
beforeAll(async () => {
  built = await buildPackage();
}, 60_000);
afterAll(() => built.remove());

it('BITS-5.2.4, SM-9, ING-13: smtp-server.mjs keeps what may come and refuses the rest', async () => {
  const { createReceiver } = await built.load<Receiver>('examples/smtp-server.mjs');
  const { key, certificate } = (await createAuthority()).forHost('mx.bank.example');
  const kept: string[] = [];
  const server = createReceiver(
    { key, cert: certificate },
    (message) => Promise.resolve(void kept.push(message.toString())),
    { resolver: createZoneResolver({ 'forged.example': { txt: ['v=spf1 -all'] } }) },
  );
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const client = await openClient((server.server.address() as AddressInfo).port);
  try {
    await client.say('EHLO out.partner.example');
    expect(await client.say('MAIL FROM:<a@partner.example>')).toMatch(/^550 5\.7\.10 /);
    expect(await client.say('MAIL FROM:<a@forged.example>')).toMatch(/^550 5\.7\.23 /);
    await client.say('STARTTLS');
    await client.secure();
    await client.say('EHLO out.partner.example');
    expect(await client.say('MAIL FROM:<a@partner.example>')).toMatch(/^250/);
    await client.say('RCPT TO:<b@bank.example>');
    await client.say('DATA');
    expect(await client.send('From: a@partner.example\r\n\r\nx\r\n.\r\n')).toMatch(/^250 kept as /);
  } finally {
    client.close();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  }
  expect(kept).toEqual([
    expect.stringMatching(
      /^Received: from out\.partner\.example [^]* with ESMTPS id [^]*\nReceived-SPF: none\r\n/,
    ),
  ]);
});
