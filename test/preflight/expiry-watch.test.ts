/**
 * Warnings before certificates end: of partners, from deliveries and preflights, and of the host's own servers.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { fileOnce } from '../../src/core/once-file.js';
import { createAuthority } from '../../src/testing/authority.js';
import { createFakeClock } from '../../src/testing/clock.js';
import type { World } from '../../src/testing/world.js';
import { closeAll, collect, HOST, join, mailWith, start } from '../policy/bench.js';

const folders: string[] = [];
afterEach(async () => {
  await closeAll();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const DAY = 86_400_000;
const DOMAIN = 'partner.example';
const folder = (): string => {
  const made = mkdtempSync(joinPath(tmpdir(), 'expiry-'));
  folders.push(made);
  return made;
};
const certify = (world: World, days: number): void => {
  const notAfter = world.clock.now() + days * DAY;
  world.server(HOST).certify(world.authority.issue({ dns: [HOST], notAfter }));
};

describe('partners', () => {
  it('FAQ-16: deliveries tell of a certificate 30, 14 and 7 days before its end, once each, and anew of the next one', async () => {
    const told = collect('certificate.expiring');
    const { world, sender } = await start();
    certify(world, 32);
    const at: number[] = [];
    for (let day = 32; day > 0; day -= 1) {
      await world.deliver(sender, mailWith());
      for (const each of told.splice(0)) {
        expect(each).toMatchObject({ domain: DOMAIN, host: HOST, whose: 'partner', subject: `CN=${HOST}` });
        expect(each.days).toBe(day);
        at.push(each.threshold);
      }
      await world.clock.advance('1d');
    }
    expect(at).toEqual([30, 14, 7]);
    certify(world, 3);
    await world.deliver(sender, mailWith());
    expect(told).toMatchObject([{ days: 3, threshold: 7 }]);
  });

  it('FAQ-16: thresholds can be set; none at all warns of nothing', async () => {
    const told = collect('certificate.expiring');
    const { world, sender } = await start({}, { expiryWarnings: [1, 60] });
    certify(world, 45);
    await world.deliver(sender, mailWith());
    expect(told).toMatchObject([{ threshold: 60 }]);
    await join(world, { expiryWarnings: [] }).sender.preflight(DOMAIN);
    expect(told).toHaveLength(1);
    await expect(start({}, { expiryWarnings: [-1] })).rejects.toMatchObject({ code: 'thresholds-invalid' });
  });

  it('FAQ-16: a certificate that has ended already is told from the mail that it holds', async () => {
    const told = collect('certificate.expiring');
    const { world, sender } = await start({ certificate: 'expired' });
    expect((await world.deliver(sender, mailWith())).outcomes).toMatchObject([{ state: 'held' }]);
    expect(told).toMatchObject([{ days: -3, threshold: 7 }]);
  });

  it('FAQ-16: where any certificate is good enough, deliveries tell of none', async () => {
    const told = collect('certificate.expiring');
    const { world, sender } = await start({}, { default: 'mandatory' });
    certify(world, 2);
    await world.deliver(sender, mailWith());
    expect(told).toEqual([]);
  });

  it('FAQ-5, FAQ-16: a file remembers across restarts what was told', async () => {
    const path = joinPath(folder(), 'once');
    const expiring = collect('certificate.expiring');
    const seen = collect('tls.first-seen');
    const { world, sender } = await start({}, { once: fileOnce(path) });
    certify(world, 20);
    await world.deliver(sender, mailWith());
    expect([expiring.length, seen.length]).toEqual([1, 1]);
    const again = join(world, { once: fileOnce(path) }).sender;
    await world.deliver(again, mailWith());
    expect([expiring.length, seen.length]).toEqual([1, 1]);
    await world.deliver(join(world, {}).sender, mailWith());
    expect([expiring.length, seen.length]).toEqual([2, 2]);
    expect(readFileSync(path, 'utf8')).not.toContain('@');
  });

  it('FAQ-5: a store that fails lets a thing be told twice rather than never', async () => {
    const seen = collect('tls.first-seen');
    const once = { first: () => Promise.reject(new Error('down')) };
    const { world, sender } = await start({}, { once });
    await world.deliver(sender, mailWith());
    expect(seen).toHaveLength(1);
  });
});

describe('own servers', () => {
  it('FAQ-15, FAQ-16: the chain in a file, as openssl reads its dates; each warning once', async () => {
    const told = collect('certificate.expiring');
    const clock = createFakeClock(Date.now());
    const authority = await createAuthority({ clock });
    const chain = authority.issue({ dns: ['mx.bank.example'], notAfter: clock.now() + 10 * DAY }).chain;
    const file = joinPath(folder(), 'chain.pem');
    writeFileSync(file, chain);
    const { sender } = await start({}, { clock });
    const certificates = await sender.checkCertificates('mx.bank.example', chain);
    expect(certificates.map(({ days, state }) => [days, state])).toEqual([
      [9, 'ends-soon'],
      [expect.any(Number), 'good'],
    ]);
    const ends = (seconds: number): boolean => {
      try {
        execFileSync('openssl', ['x509', '-in', file, '-noout', '-checkend', String(seconds)], {
          stdio: 'pipe',
        });
        return false;
      } catch {
        return true;
      }
    };
    expect([ends(9 * 86_400), ends(10 * 86_400 + 60)]).toEqual([false, true]);
    await sender.checkCertificates('mx.bank.example', chain);
    expect(told).toMatchObject([{ domain: null, host: 'mx.bank.example', whose: 'own', threshold: 14 }]);
    await clock.advance('3d');
    await sender.checkCertificates('mx.bank.example', chain);
    expect(told.map(({ threshold }) => threshold)).toEqual([14, 7]);
    await expect(sender.checkCertificates('mx.bank.example', 'x')).rejects.toMatchObject({
      code: 'certificate-unreadable',
    });
  });

  it('FAQ-15, FAQ-16: a host and a port, by every check of class d and without a word of mail', async () => {
    const told = collect('certificate.expiring');
    const { world, sender } = await start(
      {},
      { default: 'plain', policies: [{ match: DOMAIN, level: 'plain' }] },
    );
    certify(world, 5);
    const report = await sender.checkServer({ host: HOST, port: 2525 });
    expect(report).toMatchObject({
      domain: HOST,
      via: 'relay',
      result: 'warn',
      policy: { level: 'verified' },
      hosts: [{ port: 2525, startTls: 'offered', takesMail: true }],
    });
    expect(told).toMatchObject([{ domain: null, host: HOST, whose: 'own', days: 5 }]);
    const [{ address } = { address: null }] = report.hosts;
    const byAddress = await sender.checkServer({ host: address ?? '', verifyAs: 'mail.bank.example' });
    expect(byAddress.hosts[0]?.checks.find(({ name }) => name === 'name')).toMatchObject({
      result: 'fail',
      reason: 'certificate-host-mismatch',
    });
    world.never('MAIL');
    await expect(sender.checkServer({ host: address ?? '' })).rejects.toMatchObject({
      code: 'route-needs-verify-as',
    });
    await expect(sender.checkServer({ name: HOST } as never)).rejects.toMatchObject({
      code: 'option-unknown',
    });
  });
});
