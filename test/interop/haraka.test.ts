/**
 * The example plugin in a real Haraka: listed partners in clear, over weak TLS, with SPF or Sender ID that fail are refused with
 * the codes of the guard, and what is right is stored. Answers of the DNS come from a name server of the test.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type NameServer, RCODES, startNameServer } from '../../src/dns/name-server.fixture.js';
import { type Client, openClient } from '../inbound/client.js';
import { type MailServer, startServer, stopServer } from './servers.js';
import { describeInterop, interop } from './suite.js';

const EXAMPLE = fileURLToPath(new URL('../../examples/haraka-plugin.cjs', import.meta.url));
const LISTED = ['bank.test', 'forged.test', 'borrowed.test'];
const TEXTS: Readonly<Record<string, string>> = {
  'bank.test': 'v=spf1 ip4:127.0.0.1 -all',
  'forged.test': 'v=spf1 -all',
  'borrowed.test': 'spf2.0/pra -all',
};

describeInterop('a real Haraka with the example plugin', () => {
  let haraka: MailServer<'haraka'>;
  let dns: NameServer;
  const clients: Client[] = [];

  beforeAll(async () => {
    dns = await startNameServer((question) => {
      const [type, name = ''] = question.split(' ');
      const text = type === 'TXT' ? TEXTS[name] : undefined;
      if (text === undefined) return { rcode: RCODES.NXDOMAIN };
      return { answers: [{ type: 'TXT', name, data: text }] };
    });
    const { folder, app } = interop();
    const plugin = join(folder, 'guard-of-haraka.js');
    writeFileSync(plugin, `${readFileSync(EXAMPLE, 'utf8')}\n${settings(dns.address)}`);
    haraka = await startServer('haraka', folder, {
      INTEROP_PLUGIN: plugin,
      INTEROP_MODULES: join(app, 'node_modules'),
    });
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  afterAll(async () => {
    if (haraka !== undefined) await stopServer(haraka, interop().folder);
    await dns?.close();
  });

  const inClear = async (): Promise<Client> => {
    const client = await openClient(haraka.port);
    clients.push(client);
    expect(await client.say('EHLO client.test')).toMatch(/^250/);
    return client;
  };
  const overTls = async (options: Parameters<Client['secure']>[0] = {}): Promise<Client> => {
    const client = await inClear();
    expect(await client.say('STARTTLS')).toMatch(/^220/);
    await client.secure(options);
    expect(await client.say('EHLO client.test')).toMatch(/^250/);
    return client;
  };
  /** The reply to the end of a message. */
  const send = async (client: Client, from: string, header: string): Promise<string> => {
    expect(await client.say(`MAIL FROM:<${from}>`)).toMatch(/^250/);
    expect(await client.say('RCPT TO:<anna@example.test>')).toMatch(/^250/);
    expect(await client.say('DATA')).toMatch(/^354/);
    return client.send(`${header}\r\nSubject: Statement\r\n\r\nBalance: 100\r\n.\r\n`);
  };
  const stored = (): readonly string[] =>
    readdirSync(haraka.maildir).map((name) => readFileSync(join(haraka.maildir, name), 'utf8'));

  it('BITS-5.2.4, SM-20, ING-2: a listed partner in clear is refused at MAIL, anybody else is not', async () => {
    const client = await inClear();
    expect(await client.say('MAIL FROM:<a@bank.test>')).toMatch(/^550 5\.7\.10 Encryption needed: /);
    expect(await client.say('MAIL FROM:<a@other.test>')).toMatch(/^250/);
  });

  it.each([
    ['TLSv1.1', 'ECDHE-RSA-AES256-SHA'],
    ['TLSv1.2', 'AES128-SHA'],
  ] as const)('SM-21, ING-3: a listed partner over %s with %s', async (version, suite) => {
    const client = await overTls({
      minVersion: version,
      maxVersion: version,
      ciphers: `${suite}:@SECLEVEL=0`,
    });
    expect(await client.say('MAIL FROM:<a@bank.test>')).toMatch(/^550 5\.7\.10 /);
  });

  it('SM-9, SM-18, ING-5: SPF fail of a listed partner', async () => {
    const client = await overTls();
    expect(await client.say('MAIL FROM:<a@forged.test>')).toMatch(/^550 5\.7\.23 SPF fail: /);
  });

  it('SM-10, SM-19, ING-7: Sender ID fail of a listed partner, told at the end of the message', async () => {
    const client = await overTls();
    const before = stored().length;
    expect(await send(client, 'a@bank.test', 'From: b@borrowed.test')).toMatch(/^550 5\.7\.1 /);
    expect(stored()).toHaveLength(before);
  });

  it('BITS-5.2.4, BITS-P1, SPF-14: what is right is stored, with what the checks found on top', async () => {
    const client = await overTls();
    expect(await send(client, 'a@bank.test', 'From: a@bank.test')).toMatch(/^250/);
    const [message] = stored().filter((text) => text.includes('From: a@bank.test'));
    expect(message).toMatch(/^Received-SPF: pass\s/);
    expect(message).toContain('Balance: 100');
  });
});

/** What a host fills in: its list, its minimum, Sender ID, and here the name server of the test. */
function settings(nameServer: string): string {
  return `
const { createGuard } = exports;
exports.createGuard = () =>
  createGuard({
    resolver: createSystemResolver({ servers: [${JSON.stringify(nameServer)}] }),
    policies: [bits({ domains: ${JSON.stringify(LISTED)} })],
    senderId: 'spf2-only',
  });
`;
}
