/**
 * What two sides agreed on beyond the list of roots, as a host writes it: roots, issuers, keys, blocked certificates; and
 * whether the key may do what the suite asks of it.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TableRule } from '../../src/policy/from-table.js';
import { createAuthority } from '../../src/testing/authority.js';
import type { CertificateRequest } from '../../src/testing/certificate-request.js';
import { judge, type Verdict } from '../../src/verdict/index.js';
import { parseCertificates, pemStore } from '../../src/x509/index.js';
import { factsOf } from './certdata-text.js';
import { HOST, planOf, sessionOf } from './evidence.js';

const authority = await createAuthority();
const other = authority.issuer({ cn: 'Other Root', signedBy: 'self' });
const store = pemStore([authority.trust, other.certificate], 'two roots');
const root = factsOf(authority.root);
const middle = factsOf(authority.intermediate);

async function verdictOn(chain: string, rule: Partial<TableRule>, suite?: string): Promise<Verdict> {
  return judge(sessionOf(await planOf(store, rule), chain, suite));
}
const good = authority.forHost(HOST).chain;
const below = authority.issue({ dns: [HOST], signedBy: other }).chain;
const passed = { passed: true, reason: null };
const refused = (reason: string) => ({ passed: false, reason });
const colons = (hex: string): string => (hex.match(/../g) ?? []).join(':').toUpperCase();

describe('a rule of the table', () => {
  it('CI-2: both roots of the list count; a rule narrows them to one, or brings a list of its own', async () => {
    for (const chain of [good, below]) expect(await verdictOn(chain, {})).toMatchObject(passed);
    for (const include of [[root.sha256], [colons(root.sha256)]]) {
      expect(await verdictOn(good, { include })).toMatchObject(passed);
      expect(await verdictOn(below, { include })).toMatchObject(refused('certificate-issuer-not-allowed'));
    }
    const trust = pemStore(other.certificate);
    expect(await verdictOn(good, { trust })).toMatchObject(refused('certificate-unknown-issuer'));
    expect(await verdictOn(below, { trust })).toMatchObject(passed);
  });

  it('CI-8: a blocked certificate in the forms in which openssl prints it, leaf, issuer or root', async () => {
    const leaf = factsOf(authority.forHost(HOST));
    const blocked = authority.forHost(HOST);
    for (const each of [factsOf(blocked), middle, root]) {
      for (const entry of [
        each.sha256,
        colons(each.sha256),
        `serial:${each.serial}`,
        `serial:${colons(each.serial)}`,
        `serial:00${each.serial}`,
      ]) {
        expect(await verdictOn(blocked.chain, { exclude: [entry] })).toMatchObject(
          refused('certificate-revoked'),
        );
      }
    }
    expect(await verdictOn(blocked.chain, { exclude: [leaf.sha256] })).toMatchObject(passed);
  });

  it.each(['AB:CD', 'sha1:00', '0'.repeat(40), 'serial:', 'serial:4d2', 'serial:xyz', ''])(
    'CI-8: an entry that could never block anything is refused when it is written: "%s"',
    async (entry) => {
      await expect(planOf(store, { exclude: [entry] })).rejects.toMatchObject({ code: 'rule-invalid' });
      await expect(planOf(store, { include: [entry] })).rejects.toMatchObject({ code: 'rule-invalid' });
    },
  );

  it('CI-22: pins of the current and of the next key; either is enough, of leaf or issuer, and no other key is', async () => {
    const key = authority.forHost(HOST);
    const next = authority.forHost(HOST);
    const pins = [key, next].map((each) => `spki-sha256/${factsOf(each).spkiSha256}`);
    for (const each of [key, next]) expect(await verdictOn(each.chain, { pins })).toMatchObject(passed);
    expect(await verdictOn(good, { pins })).toMatchObject(refused('certificate-issuer-not-allowed'));
    expect(await verdictOn(good, { pins: [`spki-sha256/${middle.spkiSha256}`] })).toMatchObject(passed);
    // The form of a pin is the one that openssl makes.
    const made = execFileSync(
      'sh',
      [
        '-c',
        'openssl x509 -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | openssl base64',
      ],
      { input: key.certificate, encoding: 'utf8' },
    );
    expect(pins[0]).toBe(`spki-sha256/${made.trim()}`);
  });

  it('AT-51, CI-20: an issuer cannot pass for another by commas in its name', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'issuer-'));
    const run = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
    writeFileSync(join(folder, 'ext'), `subjectAltName=DNS:${HOST}\n`);
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    run(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-days',
      '30',
      '-subj',
      '/O=Evil/OU=x,O=DigiCert Inc,CN=DigiCert/CN=y\\, O=DigiCert Inc',
    );
    run('req', ...newKey, '-keyout', 'key', '-out', 'csr', '-subj', `/CN=${HOST}`);
    run(
      'x509',
      '-req',
      '-in',
      'csr',
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-out',
      'leaf.pem',
      '-days',
      '20',
      '-extfile',
      'ext',
    );
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    const chain = read('leaf.pem') + read('ca.pem');
    const trust = pemStore(read('ca.pem'));
    rmSync(folder, { recursive: true });
    expect(parseCertificates(chain)[1]?.subject).toContain('O=DigiCert');
    for (const issuer of [['DigiCert'], ['DigiCert Inc']]) {
      expect(await verdictOn(chain, { trust, issuer })).toMatchObject(
        refused('certificate-issuer-not-allowed'),
      );
    }
    expect(await verdictOn(chain, { trust, issuer: ['Evil'] })).toMatchObject(passed);
  });
});

describe('the key of the leaf', () => {
  const signs: CertificateRequest = { dns: [HOST], key: 'rsa2048', keyUsage: ['digitalSignature'] };
  const deciphers: CertificateRequest = { dns: [HOST], key: 'rsa2048', keyUsage: ['keyEncipherment'] };
  const agrees: CertificateRequest = { dns: [HOST], keyUsage: ['keyAgreement'] };

  it.each([
    ['TLS_AES_256_GCM_SHA384', signs, true],
    ['TLS_AES_256_GCM_SHA384', deciphers, false],
    ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', signs, true],
    ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', deciphers, false],
    ['TLS_RSA_WITH_AES_128_GCM_SHA256', deciphers, true],
    ['TLS_RSA_WITH_AES_128_GCM_SHA256', signs, false],
    ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', agrees, false],
    ['TLS_AES_128_GCM_SHA256', { dns: [HOST], keyUsage: null }, true],
  ] as const)('CI-6: %s, key usage of row %#', async (suite, request, fits) => {
    const { checks } = await verdictOn(authority.issue(request).chain, {}, suite);
    expect(checks.find(({ name }) => name === 'chain')).toMatchObject(
      fits ? { result: 'pass' } : { result: 'fail', reason: 'certificate-wrong-purpose' },
    );
  });
});
