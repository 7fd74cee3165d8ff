/**
 * Where the name that a certificate must carry comes from: the route and the plan, and never what the server or an alias
 * in the DNS says. Real sockets, real TLS, one small internet for each test.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createSender } from '../../src/sender.js';
import type { SenderOptions } from '../../src/sender-options.js';
import { createAuthority } from '../../src/testing/authority.js';
import { createWorld, type World, type WorldOptions } from '../../src/testing/world.js';

const authority = await createAuthority();
const MX = 'mx1.partner.example';
const zones = { 'partner.example': { mx: [MX] } };
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
});

/** One mail to the partner: its outcome, and the verdict on the server. */
async function deliver(options: Partial<WorldOptions>, more: Partial<SenderOptions> = {}) {
  const world: World = await createWorld({ zones, authority, ...options });
  const sender = createSender(world.senderOptions(more));
  open.push(world, sender);
  const date = 'Date: Thu, 15 Jan 2026 12:00:00 +0000';
  const message = Buffer.from(
    `${date}\r\nFrom: ops@bank.example\r\nMessage-ID: <1@bank.example>\r\n\r\nhello\r\n`,
  );
  const { outcomes } = await world.deliver(sender, {
    from: 'ops@bank.example',
    to: ['anna@partner.example'],
    message,
  });
  return { world, outcome: outcomes[0], verdict: outcomes[0]?.verdict };
}

const delivered = { state: 'delivered', reason: null };
const held = { state: 'held', reason: 'certificate-host-mismatch' };
const shows = (...dns: string[]) => ({ [MX]: { certificate: { dns } } });

describe('the reference', () => {
  it('CI-10, CI-21: the name of the mail server; it is recorded as the identity', async () => {
    const { outcome, verdict } = await deliver({ servers: shows('other.example', MX) });
    expect(outcome).toMatchObject(delivered);
    expect(verdict).toMatchObject({ identity: MX, authenticated: true, cnEqualsHost: false });
  });

  it('CI-10, CI-19: not the domain of the recipient, where there is a mail server; nothing of the mail is said', async () => {
    const { outcome, verdict, world } = await deliver({ servers: shows('partner.example') });
    expect(outcome).toMatchObject(held);
    expect(verdict).toMatchObject({ passed: false, identity: null, authenticated: false });
    world.never('MAIL');
  });

  it('CI-10: the domain itself, where it has no MX', async () => {
    const servers = { 'partner.example': {} };
    const { outcome, verdict } = await deliver({ zones: {}, servers });
    expect(outcome).toMatchObject(delivered);
    expect(verdict?.identity).toBe('partner.example');
  });

  it('CI-10, CI-22: names that the host agreed on, and then no other', async () => {
    const policies = [{ match: 'partner.example', verifyAs: ['agreed.example', 'also.example'] }];
    const good = await deliver({ servers: shows('also.example') }, { policies });
    expect(good.outcome).toMatchObject(delivered);
    expect(good.verdict?.identity).toBe('also.example');
    expect((await deliver({ servers: shows(MX) }, { policies })).outcome).toMatchObject(held);
  });

  it('CI-10: the host that a configured route names', async () => {
    const policies = [
      { match: 'partner.example', route: { type: 'relay', host: 'relay.example', port: 25 } },
    ];
    const relay = { 'relay.example': {}, [MX]: {} };
    const { outcome, verdict } = await deliver({ servers: relay }, { policies });
    expect(outcome).toMatchObject(delivered);
    expect(verdict?.identity).toBe('relay.example');
    const wrong = { 'relay.example': { certificate: { dns: [MX] } } };
    expect((await deliver({ servers: wrong }, { policies })).outcome).toMatchObject(held);
  });

  it('CI-11, AT-6: not the name in the greeting, in the reply to EHLO or in a reply that refers elsewhere', async () => {
    const replies = {
      GREETING: '220 evil.example ESMTP',
      EHLO: '250-evil.example\r\n250 STARTTLS',
    };
    const server = { certificate: { dns: ['evil.example'] }, replies };
    const { outcome, world } = await deliver({ servers: { [MX]: server } });
    expect(outcome).toMatchObject(held);
    world.never('MAIL');
  });

  it('CI-11: not the name that an alias in the DNS leads to', async () => {
    const aliased = { ...zones, [MX]: { cname: 'real.example' }, 'real.example': { a: ['127.0.0.99'] } };
    const named = (dns: string[]) => ({ 'real.example': { certificate: { dns } } });
    expect((await deliver({ zones: aliased, servers: named([MX]) })).outcome).toMatchObject(delivered);
    const { outcome, world } = await deliver({ zones: aliased, servers: named(['real.example']) });
    expect(outcome?.state).not.toBe('delivered');
    world.never('MAIL');
  });
});

describe('a mismatch', () => {
  it('CI-19: only another class lets it pass, and then nothing is called authenticated', async () => {
    const servers = shows('other.example');
    expect((await deliver({ servers })).outcome).toMatchObject(held);
    const { outcome, verdict } = await deliver({ servers }, { default: 'mandatory' });
    expect(outcome).toMatchObject(delivered);
    expect(verdict).toMatchObject({ authenticated: false });
  });

  it('CI-19: there is no switch for it, in the sender or in a rule', async () => {
    const rule = { match: 'partner.example', ignoreNameMismatch: true };
    await expect(deliver({}, { policies: [rule] })).rejects.toMatchObject({ code: 'option-unknown' });
    const more = { ignoreNameMismatch: true } as Partial<SenderOptions>;
    await expect(deliver({}, more)).rejects.toMatchObject({ code: 'option-unknown' });
  });
});

describe('a missing intermediate', () => {
  it('CI-4: it is not fetched from where the certificate says that it lies, and the mail is held', async () => {
    const asked: (string | undefined)[] = [];
    const web = createServer((request, response) => {
      asked.push(request.url);
      response.end(authority.intermediate.der);
    });
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const issuerUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}/ca.der`;
    const servers = { [MX]: { certificate: { dns: [MX], sends: [], issuerUrl } } };
    const { outcome, world } = await deliver({ servers });
    await new Promise((resolve) => web.close(resolve));
    expect(outcome).toMatchObject({ state: 'held', reason: 'certificate-chain-incomplete' });
    expect(asked).toEqual([]);
    world.never('MAIL');
  });
});
