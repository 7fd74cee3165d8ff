/**
 * A SecureMail member looks at its own setup: records as its own guard would judge them, and the server as members see it.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { createInboundGuard } from '../../src/inbound/index.js';
import {
  checkSecureMailSetup,
  type SecureMailSetup,
  writeSecureMailSetup,
} from '../../src/preflight/securemail-setup.js';
import { secureMailProfile } from '../../src/scheme/index.js';
import { createSender } from '../../src/sender.js';
import { createWorld, type World, type WorldServerOptions } from '../../src/testing/world.js';
import type { Zone } from '../../src/testing/zones.js';

const DOMAIN = 'securemail.bank.example';
const setup: SecureMailSetup = { domain: DOMAIN, mode: 'securemail', ips: ['192.0.2.1'], ehlo: DOMAIN };
const GOOD = ['v=spf1 ip4:192.0.2.1 -all', 'spf2.0/mfrom,pra ip4:192.0.2.1 -all'];
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function look(
  zone: Zone,
  more: Partial<SecureMailSetup> = {},
  server: WorldServerOptions = {},
  failing: string | null = null,
): Promise<{ world: World; report: Awaited<ReturnType<typeof checkSecureMailSetup>>; found: string[] }> {
  const world = await createWorld({
    zones: { [DOMAIN]: { a: ['127.0.0.71'], ...zone } },
    servers: { [DOMAIN]: server },
    ...(failing === null ? {} : { failures: { [failing]: 'servfail' } }),
  });
  const sender = createSender(world.senderOptions(secureMailProfile('securemail')));
  open.push(world, sender);
  const report = await checkSecureMailSetup(
    { ...setup, ...more },
    { resolver: world.resolver, preflight: (domain) => sender.preflight(domain) },
  );
  return { world, report, found: report.lines.map(({ check, result }) => `${check} ${result}`) };
}

const changed = (found: string[]): string[] => found.filter((line) => !line.endsWith(' pass'));

describe('the own setup', () => {
  it('SM-4, SM-5, SM-11, SM-12, SM-13, SM-16, SM-22: a good one has nothing to mend, and no mail was sent', async () => {
    const { world, report, found } = await look({ txt: GOOD });
    expect(found).toEqual(['name pass', 'spf pass', 'sender-id pass', 'mx pass', 'server pass']);
    expect(report).toMatchObject({
      domain: DOMAIN,
      result: 'pass',
      server: { takesMail: true, via: 'direct' },
    });
    world.server(DOMAIN).saw('QUIT', 1);
    world.never('MAIL');
    const guard = createInboundGuard({
      resolver: world.resolver,
      profile: 'securemail',
      senderId: 'compatible',
    });
    const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' };
    expect(await guard.mail(`ops@${DOMAIN}`, { ip: '192.0.2.1', ehlo: DOMAIN, tls })).toMatchObject({
      accept: true,
    });
  });

  it.each([
    ['~all', ['v=spf1 ip4:192.0.2.1 ~all'], ['spf fail', 'sender-id fail']],
    ['none', [], ['spf fail', 'sender-id fail']],
    ['two records', ['v=spf1 -all', ...GOOD], ['spf fail']],
    ['an own host that does not pass', ['v=spf1 ip4:192.0.2.7 -all', GOOD[1] ?? ''], ['spf fail']],
    ['v=spf1 stands for Sender ID too', [GOOD[0] ?? ''], []],
  ])('SM-4, SM-5, SM-11, SM-12: %s', async (_title, txt, expected) => {
    expect(changed((await look({ txt })).found)).toEqual(expected);
  });

  it('SM-16: an MX record is one too many; a DNS that does not answer is unknown', async () => {
    expect(changed((await look({ txt: GOOD, mx: [DOMAIN] })).found)).toEqual(['mx fail']);
    const { report } = await look({ txt: GOOD }, {}, {}, `${DOMAIN}/MX`);
    expect(report.result).toBe('unknown');
  });

  it('SM-13: another name only warns', async () => {
    const world = await createWorld({ zones: { 'mail.bank.example': { a: ['127.0.0.71'], txt: GOOD } } });
    open.push(world);
    const report = await checkSecureMailSetup(
      { ...setup, domain: 'mail.bank.example' },
      { resolver: world.resolver },
    );
    expect(report.lines.map(({ check, result }) => `${check} ${result}`)).toEqual([
      'name warn',
      'spf pass',
      'sender-id pass',
      'mx pass',
      'server not-asked',
    ]);
  });

  it('SM-15, SM-20, SM-22: a server without TLS that is good enough is found', async () => {
    const weak = { tls: { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' } } as const;
    expect(changed((await look({ txt: GOOD }, {}, weak)).found)).toEqual(['server fail']);
    expect(changed((await look({ txt: GOOD }, {}, { fault: 'noStarttls' })).found)).toEqual(['server fail']);
  });

  it('SM-1, SM-4, SM-5: Best Efforts may have an MX record, another name, and an end that only doubts', async () => {
    const zone = { txt: ['v=spf1 ip4:192.0.2.1 ~all'], mx: [DOMAIN] };
    expect((await look(zone, { mode: 'best-efforts' })).found).toEqual([
      'name not-asked',
      'spf warn',
      'sender-id warn',
      'mx not-asked',
      'server pass',
    ]);
  });

  it('SM-22: as text', async () => {
    const { report } = await look({ txt: ['v=spf1 ip4:192.0.2.1 ~all', GOOD[1] ?? ''] });
    expect(writeSecureMailSetup(report)).toMatch(
      /^securemail\.bank\.example, securemail: FAIL\n {2}pass {5}name .*\n {2}fail {5}spf .*-all \(SM-4, SM-11\)\n/,
    );
  });

  it('SM-1: refuses what nobody knows', async () => {
    await expect(look({}, { mode: 'secure' as never })).rejects.toMatchObject({
      code: 'securemail-mode-unknown',
    });
    await expect(look({}, { ip: [] } as object)).rejects.toMatchObject({ code: 'option-unknown' });
  });
});
