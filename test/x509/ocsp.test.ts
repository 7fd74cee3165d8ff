/**
 * Stapled words about revocation. Every response here is made by `openssl ocsp` from an index as a certificate authority
 * keeps one.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { TableRule } from '../../src/policy/from-table.js';
import { createAuthority } from '../../src/testing/authority.js';
import type { Identity } from '../../src/testing/certificate-request.js';
import { judge } from '../../src/verdict/index.js';
import { pemStore } from '../../src/x509/index.js';
import { judgeStaple } from '../../src/x509/ocsp.js';
import { factsOf } from './certdata-text.js';
import { HOST, planOf, sessionOf } from './evidence.js';

const DAY = 86_400_000;
const authority = await createAuthority();
const folder = mkdtempSync(join(tmpdir(), 'ocsp-'));
afterAll(() => rmSync(folder, { recursive: true }));

const put = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

/** The response about `leaf` as the responder signs it. */
function respond(
  leaf: Identity,
  status: 'V' | 'R' | null,
  given: { signer?: Identity; about?: Identity; digest?: string; extra?: readonly string[] } = {},
): Buffer {
  const {
    signer = authority.intermediate,
    about = authority.intermediate,
    digest = 'sha256',
    extra = ['-ndays', '3'],
  } = given;
  const serial = factsOf(leaf).serial.toUpperCase();
  const revoked = status === 'R' ? '260101000000Z,keyCompromise' : '';
  put(
    'index.txt',
    status === null ? '' : `${status}\t301231235959Z\t${revoked}\t${serial}\tunknown\t/CN=x\n`,
  );
  const issuer = put('issuer.pem', about.certificate);
  const run = (...args: string[]) =>
    execFileSync('openssl', ['ocsp', ...args], { cwd: folder, stdio: 'pipe' });
  run('-issuer', issuer, '-cert', put('leaf.pem', leaf.certificate), '-no_nonce', '-reqout', 'request');
  const sign = [
    '-CA',
    issuer,
    '-rsigner',
    put('signer.pem', signer.certificate),
    '-rkey',
    put('signer.key', signer.key),
  ];
  run('-index', 'index.txt', ...sign, '-rmd', digest, '-reqin', 'request', '-respout', 'response', ...extra);
  return readFileSync(join(folder, 'response'));
}

const word = (staple: Uint8Array, leaf: Identity, now = Date.now()) =>
  judgeStaple(staple, factsOf(leaf), factsOf(authority.intermediate), now);

describe('a stapled response', () => {
  const leaf = authority.forHost(HOST);

  it('CI-8: good, revoked, and unknown, signed by the issuer', () => {
    expect(word(respond(leaf, 'V'), leaf).status).toBe('good');
    expect(word(respond(leaf, 'R'), leaf).status).toBe('revoked');
    expect(word(respond(leaf, null), leaf).status).toBe('unknown');
  });

  it('CI-8: signed by a responder that the issuer made for it, and by nobody else', () => {
    const responder = authority.issue({ cn: 'Responder', eku: ['1.3.6.1.5.5.7.3.9'] });
    expect(word(respond(leaf, 'R', { signer: responder }), leaf).status).toBe('revoked');
    const server = authority.forHost('other.example');
    const elsewhere = authority.issue({
      cn: 'Responder',
      eku: ['1.3.6.1.5.5.7.3.9'],
      signedBy: authority.distrusted,
    });
    const old = authority.issue({ cn: 'Responder', eku: ['1.3.6.1.5.5.7.3.9'], notAfter: Date.now() - DAY });
    for (const signer of [server, elsewhere, old])
      expect(word(respond(leaf, 'V', { signer }), leaf)).toMatchObject({
        status: 'unusable',
        detail: expect.stringContaining('not signed') as string,
      });
  });

  it('CI-8: about this certificate and no other', () => {
    const staple = respond(leaf, 'R');
    expect(word(staple, authority.forHost(HOST)).status).toBe('unusable');
    // The same serial number of another issuer, signed by ours.
    expect(word(respond(leaf, 'R', { about: authority.distrusted }), leaf).status).toBe('unusable');
    const stranger = factsOf(authority.distrusted);
    expect(judgeStaple(staple, factsOf(leaf), stranger, Date.now()).status).toBe('unusable');
  });

  it('CI-8: good only while it is fresh; revoked stays revoked; nothing from the future', () => {
    const good = respond(leaf, 'V');
    const revoked = respond(leaf, 'R');
    const later = Date.now() + 4 * DAY;
    expect([word(good, leaf, later).status, word(revoked, leaf, later).status]).toEqual([
      'unusable',
      'revoked',
    ]);
    const before = Date.now() - DAY;
    expect([word(good, leaf, before).status, word(revoked, leaf, before).status]).toEqual([
      'unusable',
      'unusable',
    ]);
    expect(word(respond(leaf, 'V', { extra: [] }), leaf)).toMatchObject({
      status: 'unusable',
      detail: 'out of date',
    });
  });

  it('CI-8, CI-9: not with a digest that no longer stands', () => {
    expect(word(respond(leaf, 'V', { digest: 'sha1' }), leaf).status).toBe('unusable');
  });

  it('CI-8: changed in any octet it never says anything else than before, and nothing is thrown', () => {
    const staple = respond(leaf, 'R');
    fc.assert(
      fc.property(fc.nat(staple.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const octets = Buffer.from(staple);
        octets[at] = (octets[at] ?? 0) ^ flip;
        expect(['revoked', 'unusable']).toContain(word(octets, leaf).status);
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => word(octets, leaf).status === 'unusable'),
    );
    expect(word(Buffer.alloc(100_000), leaf).status).toBe('unusable');
  });
});

describe('the check', () => {
  const store = pemStore(authority.trust);
  const plain = authority.forHost(HOST);
  const promising = authority.issue({ dns: [HOST], mustStaple: true });

  async function verdictOn(leaf: Identity, ocspStaple: Uint8Array | null, rule: Partial<TableRule> = {}) {
    const input = sessionOf(await planOf(store, rule), leaf.chain);
    return judge({ ...input, facts: input.facts === null ? null : { ...input.facts, ocspStaple } });
  }

  it('CI-8: a revoked certificate is refused, one without a word or with a good one is not', async () => {
    expect(await verdictOn(plain, respond(plain, 'R'))).toMatchObject({
      passed: false,
      reason: 'certificate-revoked',
    });
    expect(await verdictOn(plain, respond(plain, 'V'))).toMatchObject({ passed: true, authenticated: true });
    expect(await verdictOn(plain, null)).toMatchObject({ passed: true, authenticated: true });
    expect(await verdictOn(plain, Buffer.from('junk'))).toMatchObject({ passed: true });
  });

  it('CI-8: a promise of a staple is held to only where the host says so', async () => {
    const missing = { passed: false, reason: 'certificate-staple-missing' };
    expect(await verdictOn(promising, null)).toMatchObject({ passed: true });
    expect(await verdictOn(promising, null, { mustStaple: true })).toMatchObject(missing);
    expect(await verdictOn(promising, respond(promising, null), { mustStaple: true })).toMatchObject(missing);
    expect(await verdictOn(promising, respond(promising, 'V'), { mustStaple: true })).toMatchObject({
      passed: true,
    });
    expect(await verdictOn(plain, null, { mustStaple: true })).toMatchObject({ passed: true });
  });

  it('CI-8, ST-16: a waiver lets a revoked certificate pass, and it is not called authenticated', async () => {
    const waive = [
      { check: 'revocation', reason: 'the partner renews today', approvedBy: 'ops', until: '2099-01-01' },
    ] as const;
    const verdict = await verdictOn(plain, respond(plain, 'R'), { waive });
    expect(verdict).toMatchObject({ passed: true, authenticated: false });
  });
});
