/** A real smtp-server with a guard, and clients of it, for tests. */
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, beforeAll, expect } from 'vitest';
import { createInboundGuard } from '../../src/inbound/guard.js';
import type { InboundOptions } from '../../src/inbound/options.js';
import { smtpServerGuard, type SmtpServerHost } from '../../src/inbound/smtp-server.js';
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

/** A running server. */
export interface Running {
  readonly port: number;
  /** Messages that came in whole. */
  readonly messages: string[];
  /** What came of messages that ended early. */
  readonly broken: string[];
}

/** Starts a server with a guard. */
export async function serve(
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

export async function connectTo(port: number, ehlo = 'client.test'): Promise<Client> {
  const client = await openClient(port);
  open.push(() => client.close());
  await client.say(`EHLO ${ehlo}`);
  return client;
}

export async function secureTo(port: number, options: Parameters<Client['secure']>[0] = {}): Promise<Client> {
  const client = await connectTo(port);
  await client.say('STARTTLS');
  await client.secure(options);
  await client.say('EHLO client.test');
  return client;
}

/** Sends a message: the reply to its end. */
export async function sendMessage(client: Client, content: string, from = 'a@good.test'): Promise<string> {
  expect(await client.say(`MAIL FROM:<${from}>`)).toMatch(/^250/);
  expect(await client.say('RCPT TO:<b@here.test>')).toMatch(/^250/);
  expect(await client.say('DATA')).toMatch(/^354/);
  return client.send(`${content}.\r\n`);
}

/** A message that passes. */
export const MESSAGE = 'From: a@good.test\r\nSubject: x\r\n\r\nbody\r\n';
