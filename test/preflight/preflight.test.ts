/**
 * Preflights of a partner: the same code as a delivery, up to the point where MAIL would be said.
 */
import { X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { Preflight } from '../../src/preflight/report.js';
import { writePreflight } from '../../src/preflight/text.js';
import { fillQuestionnaire, finansinspektionen, writeQuestionnaire } from '../../src/scheme/index.js';
import { createSender } from '../../src/sender.js';
import { createWorld, type World, type WorldOptions } from '../../src/testing/world.js';
import { closeAll, collect, HOST, mailWith, start } from '../policy/bench.js';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
  await closeAll();
});

const DOMAIN = 'partner.example';
const verified = { match: DOMAIN, level: 'verified' } as const;
const line = (report: Preflight, name: string, host = 0) =>
  report.hosts[host]?.checks.find((check) => check.name === name);

/** A world and the preflight of partner.example in it. */
async function look(
  options: WorldOptions,
  policies: Parameters<World['senderOptions']>[0] = {},
): Promise<{ world: World; report: Preflight }> {
  const world = await createWorld(options);
  const sender = createSender(world.senderOptions({ default: 'opportunistic', ...policies }));
  open.push(world, sender);
  return { world, report: await world.clock.until(sender.preflight(DOMAIN)) };
}

describe('what a preflight looks at', () => {
  it('FAQ-1, FAQ-14, FI-3: every check of every address of every host has its line, and no MAIL is said', async () => {
    const { world, report } = await look(
      {
        zones: {
          [DOMAIN]: { mx: [HOST, 'mx2.partner.example', 'mx3.partner.example'] },
          [HOST]: { a: ['127.0.0.77', '127.0.0.78'] },
          'mx3.partner.example': { a: ['127.0.0.79'] },
        },
        servers: { [HOST]: {}, 'mx2.partner.example': { fault: 'noStarttls' } },
      },
      { policies: [verified] },
    );
    expect(
      report.hosts.map(({ host, address, startTls, result }) => [host, address, startTls, result]),
    ).toEqual([
      [HOST, '127.0.0.77', 'offered', 'warn'],
      [HOST, '127.0.0.78', 'offered', 'warn'],
      ['mx2.partner.example', expect.any(String), 'not-offered', 'fail'],
      ['mx3.partner.example', '127.0.0.79', 'unknown', 'unknown'],
    ]);
    expect(report.hosts[0]?.checks.map(({ name, result }) => `${name} ${result}`)).toEqual([
      'session pass',
      'mx-allowed warn',
      'starttls pass',
      'protocol pass',
      'cipher pass',
      'chain pass',
      'validity pass',
      'name pass',
      'key pass',
      'revocation not-asked',
      'expiry pass',
    ]);
    expect(line(report, 'starttls', 2)).toMatchObject({ result: 'fail', reason: 'starttls-not-supported' });
    expect(line(report, 'session', 3)).toMatchObject({ result: 'unknown', reason: 'connect-refused' });
    expect(report).toMatchObject({ domain: DOMAIN, result: 'fail', takesMail: true, via: 'mx' });
    world.server(HOST).saw('QUIT', 2);
    world.never('MAIL');
  });

  it('MX-16, FI-3: hosts beyond those that a delivery tries are looked at too', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `mx${index}.partner.example`);
    const { report } = await look({ zones: { [DOMAIN]: { mx: names } } }, { policies: [verified] });
    expect(report.hosts.map(({ host, takesMail }) => [host, takesMail])).toEqual(
      names.map((name) => [name, true]),
    );
  });

  it.each(['expired', 'wrongHost', 'selfSigned', 'missingIntermediate'] as const)(
    'FI-3, FAQ-14: it says of a certificate (%s) what a delivery says right after',
    async (certificate) => {
      const { world, sender } = await start({ certificate }, { policies: [verified] });
      const report = await sender.preflight(`anna@${DOMAIN}`);
      world.never('MAIL');
      const { outcomes } = await world.deliver(sender, mailWith());
      const refusals = report.hosts[0]?.checks.filter(({ result }) => result === 'fail') ?? [];
      expect(refusals.map(({ reason }) => reason)).toContain(outcomes[0]?.reason);
      expect(report).toMatchObject({ result: 'fail', takesMail: false });
      expect(outcomes[0]?.state).toBe('held');
    },
  );

  it('FI-5: expected names are compared with published ones, both ways', async () => {
    const mx = [HOST, 'mx9.partner.example'];
    const { report } = await look(
      { zones: { [DOMAIN]: { mx: [HOST, 'mx.stranger.example'] } } },
      { policies: [{ ...verified, mx }] },
    );
    expect(report).toMatchObject({ expected: mx, published: [HOST, 'mx.stranger.example'] });
    expect(report.checks.find(({ name }) => name === 'mx-names')).toMatchObject({
      result: 'fail',
      reason: 'mx-not-allowed',
      got: `${HOST}, mx.stranger.example; not agreed: mx.stranger.example; agreed and not published: mx9.partner.example`,
    });
    expect(line(report, 'mx-allowed', 1)).toMatchObject({ result: 'fail' });
    const gone = await look({ zones: { [DOMAIN]: { mx: [HOST] } } }, { policies: [{ ...verified, mx }] });
    expect(gone.report.checks.find(({ name }) => name === 'mx-names')?.result).toBe('warn');
    expect(gone.report.takesMail).toBe(true);
  });

  it('FI-3: a host that cannot be found or reached is unknown, never good', async () => {
    const { report } = await look(
      {
        zones: {
          [DOMAIN]: { mx: [HOST, 'mx2.partner.example'] },
          'mx2.partner.example': { a: ['127.9.9.9'] },
        },
        failures: { 'mx2.partner.example/*': 'servfail' },
      },
      { policies: [verified] },
    );
    expect(report.hosts[1]).toMatchObject({
      host: 'mx2.partner.example',
      address: null,
      result: 'unknown',
      takesMail: false,
      checks: [{ name: 'session', result: 'unknown', reason: 'dns-servfail' }],
    });
    expect(report.result).toBe('unknown');
  });

  it('FI-3: no way and no policy that can be met are told without a connection', async () => {
    const world = await createWorld({
      zones: { [DOMAIN]: { mx: [HOST] }, 'null.example': { nullMx: true } },
    });
    const broken = { name: 'list', find: () => ({ kind: 'unknown' as const, cause: 'timeout' }) };
    const sender = createSender(world.senderOptions());
    const other = createSender(world.senderOptions({ policies: [broken] }));
    open.push(world, sender, other);
    expect(await sender.preflight('null.example')).toMatchObject({ result: 'fail', hosts: [] });
    expect(await sender.preflight('nowhere.example')).toMatchObject({
      checks: [{}, { name: 'route', result: 'fail', reason: 'dns-nxdomain' }, {}],
    });
    expect(await other.preflight(DOMAIN)).toMatchObject({
      result: 'unknown',
      takesMail: false,
      checks: [{ name: 'policy', result: 'unknown', reason: 'policy-source-unknown' }, {}, {}],
    });
    expect(world.server(HOST).connections).toHaveLength(0);
  });

  it('FAQ-1, FAQ-14: an unlisted domain can be looked at as if it were enforced, and never as less than it is', async () => {
    const { world, sender } = await start({ certificate: 'selfSigned' }, { default: 'opportunistic' });
    expect(await sender.preflight(DOMAIN)).toMatchObject({ takesMail: true });
    expect(await sender.preflight(DOMAIN, { minLevel: 'verified' })).toMatchObject({
      result: 'fail',
      takesMail: false,
      policy: { level: 'verified' },
    });
    const { length } = world.server(HOST).connections;
    await expect(sender.preflight(DOMAIN, { minLevel: 'plain' })).rejects.toMatchObject({
      code: 'policy-lowered',
    });
    await expect(sender.preflight(DOMAIN, { level: 'verified' } as object)).rejects.toMatchObject({
      code: 'option-unknown',
    });
    expect(world.server(HOST).connections).toHaveLength(length);
  });

  it('FAQ-14: a rule that is only tried out stands beside what holds', async () => {
    const { sender } = await start(
      { certificate: 'expired' },
      { default: 'opportunistic', policies: [{ ...verified, reportOnly: true }] },
    );
    const report = await sender.preflight(DOMAIN);
    expect(report).toMatchObject({ takesMail: true, result: 'warn', policy: { reportOnly: 'verified' } });
    expect(report.hosts[0]?.asked?.find(({ name }) => name === 'validity')).toMatchObject({
      result: 'fail',
      reason: 'certificate-expired',
    });
  });

  it('FAQ-1: class b tells a server without STARTTLS from one whose STARTTLS fails', async () => {
    const { sender } = await start({ fault: 'noStarttls' }, { default: 'opportunistic' });
    expect(await sender.preflight(DOMAIN)).toMatchObject({
      takesMail: true,
      hosts: [{ startTls: 'not-offered', result: 'warn' }],
    });
    const broken = await start({ fault: 'starttls454' }, { default: 'opportunistic' });
    expect(await broken.sender.preflight(DOMAIN)).toMatchObject({ hosts: [{ startTls: 'offered' }] });
  });
});

describe('the chain', () => {
  const DAY = 86_400_000;

  it('FAQ-15: every certificate of the chain is told with its last day, under every class', async () => {
    for (const level of ['opportunistic', 'mandatory', 'verified'] as const) {
      const { world, sender } = await start({}, { default: level });
      const [host] = (await sender.preflight(DOMAIN)).hosts;
      const { authority } = world;
      expect(host?.certificates.map(({ subject, used, state }) => [subject, used, state])).toEqual([
        [`CN=${HOST}`, true, 'good'],
        ['CN=Test Root Intermediate', true, 'good'],
        ['CN=Test Root', true, 'good'],
      ]);
      const issuer = new X509Certificate(authority.intermediate.certificate).validToDate.getTime();
      expect(host?.certificates[1]?.notAfter).toBe(issuer);
      expect(host?.validUntil).toBe(host?.certificates[0]?.notAfter);
    }
  });

  it('FAQ-15, FAQ-16: an issuer that ends before its leaf is warned about; what only comes along is not', async () => {
    const { world, sender } = await start();
    const now = world.clock.now();
    const { authority } = world;
    const soon = authority.issuer({ cn: 'Soon', signedBy: 'root', notAfter: now + 10 * DAY + 1 });
    const stray = authority.issuer({ cn: 'Stray', signedBy: 'self', notAfter: now + 2 * DAY });
    const leaf = authority.issue({ dns: [HOST], signedBy: soon, notAfter: now + 300 * DAY });
    world.server(HOST).certify({ ...leaf, chain: leaf.chain + stray.certificate });
    const report = await sender.preflight(DOMAIN);
    expect(line(report, 'expiry')).toMatchObject({ result: 'warn', reason: 'certificate-expired' });
    expect(line(report, 'expiry')?.got).toMatch(/^CN=Soon until 2026-01-25 12:00 UTC \(10 days left\)$/);
    expect(report.hosts[0]?.certificates.find(({ subject }) => subject === 'CN=Stray')).toMatchObject({
      used: false,
      days: 2,
    });
  });

  it('FAQ-15: a certificate that has ended fails under class d and warns under class c', async () => {
    const refused = await (await start({ certificate: 'expired' })).sender.preflight(DOMAIN);
    expect(line(refused, 'expiry')).toMatchObject({ result: 'fail', reason: 'certificate-expired' });
    const c = await start({ certificate: 'expired' }, { default: 'mandatory' });
    const taken = await c.sender.preflight(DOMAIN);
    expect(taken.takesMail).toBe(true);
    expect(line(taken, 'expiry')).toMatchObject({
      result: 'warn',
      got: expect.stringContaining('has ended'),
    });
  });
});

describe('the report', () => {
  it('FI-3: is plain data: JSON gives it back whole', async () => {
    const { sender } = await start({}, { policies: [verified] });
    const report = await sender.preflight(DOMAIN);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('FI-23: fills the table of hosts: name, address, Common Name, last day', async () => {
    const { world, sender } = await start(
      { certificate: { cn: HOST, dns: [HOST] } },
      { policies: [verified] },
    );
    const report = await sender.preflight(DOMAIN);
    const [host] = report.hosts;
    expect(host).toMatchObject({ host: HOST, cn: HOST, names: [HOST] });
    const contact = {
      name: 'A',
      email: 'a@partner.example',
      role: 'CISO',
      telephone: '+46 8',
      department: 'IT',
    };
    const company = {
      name: 'P',
      organizationNumber: '1',
      streetAddress: 'S 1',
      postcode: '1',
      country: 'SE',
    };
    const letter = writeQuestionnaire(
      fillQuestionnaire(
        {
          company,
          administrative: contact,
          technical: contact,
          domains: [DOMAIN],
          implementation: '2026-03-01T09:00Z',
        },
        { certificates: report.facts },
      ),
      'text',
    );
    const day = new Date(host?.validUntil ?? 0).toISOString().slice(2, 10).replaceAll('-', ':');
    expect(letter).toContain(`${HOST}, IP: ${host?.address ?? ''} CN=${HOST} Valid until ${day}`);
    world.never('MAIL');
  });

  it('FI-3, FI-14: as text it says what is wrong, for whom to mend, and nothing else goes wrong with foreign names', async () => {
    const policies = [finansinspektionen({ domains: [DOMAIN], mx: [HOST], issuer: ['Test'] })];
    const { sender, world } = await start({ certificate: { cn: 'x\u001b[31m', dns: [HOST] } }, { policies });
    const text = writePreflight(await sender.preflight(DOMAIN));
    expect(text).toMatch(
      /^partner\.example: FAIL, 2026-01-15 12:00 UTC\n {2}Mail would not go out\. Class verified\.\n/,
    );
    expect(text).toMatch(/\n {2}fail {5}name .*\n.*\n {11}To do \(recipient\): .*Common Name/);
    expect(text).toMatch(/\n {2}chain {4}CN=Test Root until \d{4}-/);
    expect(text).not.toMatch(/[^\n -~]/);
    world.never('MAIL');
  });

  it('FAQ-16: tells the watch of certificates that end soon', async () => {
    const told = collect('certificate.expiring');
    const { world, sender } = await start();
    const notAfter = world.clock.now() + 20 * DAY_MS;
    world.server(HOST).certify(world.authority.issue({ dns: [HOST], notAfter }));
    await sender.preflight(DOMAIN);
    await sender.preflight(DOMAIN);
    expect(told).toMatchObject([
      { domain: DOMAIN, host: HOST, whose: 'partner', subject: `CN=${HOST}`, days: 20, threshold: 30 },
    ]);
  });
});

const DAY_MS = 86_400_000;
