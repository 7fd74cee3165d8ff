/**
 * Certificates of the test authority, judged by two that did not write them: the openssl command line and node:crypto's
 * X509Certificate.
 */
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAuthority, type Authority } from './authority.js';
import { certificateFaults } from './certificate-faults.js';
import { createFakeClock } from './clock.js';
import type { Identity } from './certificate-request.js';

const run = promisify(execFile);
const HOST = 'mx1.partner.example';
let folder: string;
let authority: Authority;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'authority-'));
  authority = await createAuthority();
});
afterAll(() => rm(folder, { recursive: true }));

/** What `openssl verify` says of the chain that a server would send: OK, or its error text. */
async function opensslVerify(identity: Identity, ...options: string[]): Promise<string> {
  const [leaf, chain, root] = ['leaf', 'chain', 'root'].map((name) => join(folder, name));
  await writeFile(leaf ?? '', identity.certificate);
  await writeFile(chain ?? '', identity.chain);
  await writeFile(root ?? '', authority.trust);
  const command = [
    'verify',
    '-purpose',
    'sslserver',
    '-CAfile',
    root ?? '',
    '-untrusted',
    chain ?? '',
    ...options,
    leaf ?? '',
  ];
  try {
    return (await run('openssl', command)).stdout.trim().replace(/.*: /, '');
  } catch (error) {
    return (
      /error \d+ at \d+ depth lookup: (.*)/.exec(String((error as { stderr: string }).stderr))?.[1] ??
      String(error)
    );
  }
}

it('authority: openssl verifies a server certificate for its host and for no other', async () => {
  const identity = authority.forHost(HOST);
  expect(await opensslVerify(identity, '-verify_hostname', HOST)).toBe('OK');
  expect(await opensslVerify(identity, '-verify_hostname', 'mx2.partner.example')).toBe('hostname mismatch');
});

it.each(['ec', 'ec-p384', 'ec-p521', 'ed25519', 'rsa2048'] as const)(
  'authority: openssl verifies a leaf with a key of kind %s',
  async (key) => {
    expect(await opensslVerify(authority.issue({ dns: [HOST], key }))).toBe('OK');
  },
);

const SEEN_BY_OPENSSL: Readonly<Record<string, string>> = {
  expired: 'certificate has expired',
  notYet: 'certificate is not yet valid',
  issuerExpired: 'certificate has expired',
  selfSigned: 'self-signed certificate',
  wrongHost: 'hostname mismatch',
  cnOnly: 'OK', // OpenSSL falls back to the Common Name where there is no DNS name
  cnMatchSanOther: 'hostname mismatch',
  sanMatchCnOther: 'OK',
  emptySubject: 'OK',
  missingIntermediate: 'unable to get local issuer certificate',
  privateRootSent: 'self-signed certificate in certificate chain',
  unknownCa: 'unable to get local issuer certificate',
  expiredUnknownCa: 'unable to get local issuer certificate',
  distrustedRoot: 'self-signed certificate in certificate chain',
  ekuClientOnly: 'unsuitable certificate purpose',
  rsa1024: 'EE certificate key too weak',
  sha1: 'CA signature digest algorithm too weak',
  partialWildcard: 'OK', // partial wildcards are matched by default (FINDINGS of real clients say the same of Node)
  ipOnly: 'OK',
  nameConstraint: 'permitted subtree violation',
  unknownCriticalExtension: 'unhandled critical extension',
  issuerNotCa: 'invalid CA certificate',
};

it.each(certificateFaults.map((name) => [name, SEEN_BY_OPENSSL[name]]))(
  'authority: openssl sees the fault of "%s": %s',
  async (name, seen) => {
    const identity = authority.fault(name as (typeof certificateFaults)[number], HOST);
    expect(await opensslVerify(identity, '-auth_level', '2', '-verify_hostname', HOST)).toBe(seen);
  },
);

it('authority: dates of a fault follow the clock that the authority was given', async () => {
  const clock = createFakeClock('2031-05-01T00:00:00Z');
  const future = await createAuthority({ clock });
  const leaf = new X509Certificate(future.fault('expired', HOST).certificate);
  expect(leaf.validTo).toBe('Apr 28 00:00:00 2031 GMT');
  const good = new X509Certificate(future.forHost(HOST).certificate);
  expect(Date.parse(good.validFrom)).toBeLessThan(Date.now());
  expect(Date.parse(good.validTo)).toBeGreaterThan(clock.now());
});

it('authority: every kind of name goes into subjectAltName as asked', () => {
  const leaf = new X509Certificate(
    authority.issue({
      cn: ['first', 'second'],
      dns: ['a.example', '*.b.example'],
      ip: ['192.0.2.1', '2001:db8::1'],
      email: ['anna@a.example'],
      uri: ['https://a.example/'],
    }).certificate,
  );
  expect(leaf.subject).toBe('CN=first\nCN=second');
  expect(leaf.subjectAltName).toBe(
    'email:anna@a.example, DNS:a.example, DNS:*.b.example, URI:https://a.example/, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1',
  );
});

it('authority: raw SAN octets, extra extensions, must-staple and issuer address are written as asked', async () => {
  const rawSan = Buffer.from('300d820b676f6f642e746573740078', 'hex');
  const identity = authority.issue({
    cn: 'x',
    rawSan,
    mustStaple: true,
    issuerUrl: 'http://ca.example/i.der',
  });
  expect(Buffer.from(identity.der).includes(rawSan)).toBe(true);
  await writeFile(join(folder, 'shown'), identity.certificate);
  const { stdout } = await run('openssl', ['x509', '-in', join(folder, 'shown'), '-noout', '-text']);
  expect(stdout).toMatch(/TLS Feature: *\n *status_request/);
  expect(stdout).toContain('CA Issuers - URI:http://ca.example/i.der');
  expect(stdout).toMatch(/Basic Constraints: critical\n *CA:FALSE/);
  expect(stdout).toMatch(/Key Usage: critical\n *Digital Signature/);
});

it('authority: a world of ten servers needs less than a second', async () => {
  const started = performance.now();
  const ca = await createAuthority();
  for (let i = 0; i < 10; i += 1) ca.forHost(`mx${i}.partner.example`);
  expect(performance.now() - started).toBeLessThan(1000);
});

it('authority: an unknown kind of key or a bad address is refused with what was expected', () => {
  expect(() => authority.issue({ dns: [HOST], key: 'rsa512' as 'rsa1024' })).toThrow(
    /expected ec, .*got "rsa512"/,
  );
  expect(() => authority.issue({ ip: ['300.1.1.1'] })).toThrow(/expected an IPv4 or IPv6 address/);
});

it('authority: saved as text and made again it is the same one, for openssl too', async () => {
  const again = await createAuthority({ saved: JSON.parse(JSON.stringify(authority.save())) });
  for (const name of ['root', 'intermediate', 'distrusted', 'unknown'] as const) {
    expect(again[name].certificate).toBe(authority[name].certificate);
    expect(Buffer.from(again[name].der)).toEqual(Buffer.from(authority[name].der));
  }
  expect(await opensslVerify(again.forHost(HOST))).toBe('OK');
  expect(await opensslVerify(again.fault('unknownCa', HOST))).not.toBe('OK');
  const { issuer } = new X509Certificate(again.fault('privateRootSent', HOST).certificate);
  expect(issuer).toBe(new X509Certificate(authority.unknown.certificate).subject);
});
