import { beforeAll, describe, expect, it } from 'vitest';
import type { Reason } from '../core/reasons.js';
import type { Plan } from '../policy/plan.js';
import type { CertificateFault } from '../testing/certificate-faults.js';
import { parseCertificates } from '../x509/parse.js';
import { checkChain } from './check-chain.js';
import { type Bench, type Case, createBench, HOST } from './evidence.fixture.js';
import type { Check } from './verdict.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

async function check(given: Case, trust: Partial<Plan['trust']> = {}): Promise<Check> {
  const evidence = await bench.evidence(given);
  const plan = { ...evidence.plan, trust: { ...evidence.plan.trust, ...trust } };
  return checkChain({ ...evidence, plan });
}

describe('the chain', () => {
  it('CI-1, FI-9: leads from the leaf over what was sent to a listed root', async () => {
    expect(await check({})).toMatchObject({
      result: 'pass',
      got: `CN=${HOST} < CN=Test Root Intermediate < CN=Test Root`,
    });
  });

  it.each<[CertificateFault, Reason]>([
    ['selfSigned', 'certificate-self-signed'],
    ['missingIntermediate', 'certificate-chain-incomplete'],
    ['unknownCa', 'certificate-unknown-issuer'],
    ['expiredUnknownCa', 'certificate-unknown-issuer'],
    ['privateRootSent', 'certificate-not-trusted'],
    ['distrustedRoot', 'certificate-distrusted-root'],
    ['ekuClientOnly', 'certificate-wrong-purpose'],
    ['nameConstraint', 'certificate-name-constraint'],
    ['unknownCriticalExtension', 'certificate-unknown-critical-extension'],
    ['issuerNotCa', 'certificate-invalid'],
  ])('FI-9, FI-18, CI-1: %s is refused as %s', async (shows, reason) => {
    expect(await check({ shows })).toMatchObject({ result: 'fail', reason });
  });

  it.each<CertificateFault>(['expired', 'notYet', 'issuerExpired', 'wrongHost'])(
    'CI-7: %s is not the business of this check',
    async (shows) => {
      const pathError = shows === 'wrongHost' ? null : 'CERT_HAS_EXPIRED';
      expect(await check({ shows, facts: { pathError } })).toMatchObject({ result: 'pass' });
    },
  );

  it('CI-2: an error of OpenSSL that our walk does not see is not passed', async () => {
    expect(await check({ facts: { pathError: 'UNSPECIFIED' } })).toMatchObject({
      result: 'unknown',
      reason: 'certificate-invalid',
      got: 'UNSPECIFIED',
    });
  });

  it('CI-9: a digest that OpenSSL refuses without naming it is named', async () => {
    expect(await check({ shows: 'sha1', facts: { pathError: 'UNSPECIFIED' } })).toMatchObject({
      result: 'unknown',
      reason: 'certificate-weak-signature',
    });
  });

  it('CV-9: no certificate, or one that cannot be read', async () => {
    expect(await check({ facts: { sent: [] } })).toMatchObject({
      result: 'fail',
      reason: 'certificate-missing',
    });
    const evidence = await bench.evidence();
    expect(checkChain({ ...evidence, sent: null })).toMatchObject({
      result: 'unknown',
      reason: 'certificate-invalid',
    });
  });

  it('FI-9: without any list of roots nothing is known', async () => {
    expect(await check({}, { store: null })).toMatchObject({
      result: 'unknown',
      reason: 'certificate-unknown-issuer',
    });
  });

  it.each(['plain', 'opportunistic', 'mandatory'] as const)(
    'FAQ-21: class %s asks nothing',
    async (level) => {
      expect(await check({ level, shows: 'selfSigned' })).toMatchObject({ result: 'not-asked' });
    },
  );
});

describe('what was agreed beyond the list of roots', () => {
  const refused = { result: 'fail', reason: 'certificate-issuer-not-allowed' };

  it.each([
    ['Test Root', true],
    ['test root', true],
    ['Test', true],
    ['Test Ro', false],
    ['DigiCert', false],
    [HOST, false],
  ])('FI-6: issuer "%s" fits: %s', async (issuer, fits) => {
    expect(await check({ rule: { issuer: [issuer] } })).toMatchObject(fits ? { result: 'pass' } : refused);
  });

  it('FI-6, CI-22: the hash of an issuer, of a root, and the pin of a key', async () => {
    const [root] = parseCertificates(bench.authority.trust);
    const [middle] = parseCertificates(bench.authority.intermediate.certificate);
    expect(await check({}, { include: [root?.sha256 ?? ''] })).toMatchObject({ result: 'pass' });
    expect(await check({}, { include: ['00'] })).toMatchObject(refused);
    expect(await check({}, { issuer: [middle?.sha256 ?? ''] })).toMatchObject({ result: 'pass' });
    expect(await check({}, { pins: [`spki-sha256/${middle?.spkiSha256}`] })).toMatchObject({
      result: 'pass',
    });
    expect(await check({}, { pins: ['spki-sha256/AAAA'] })).toMatchObject(refused);
  });

  it('CI-8: a certificate on the block list, by hash or by serial number, anywhere in the chain', async () => {
    const [middle] = parseCertificates(bench.authority.intermediate.certificate);
    for (const entry of [middle?.sha256 ?? '', `serial:${middle?.serial}`]) {
      expect(await check({}, { exclude: [entry] })).toMatchObject({
        result: 'fail',
        reason: 'certificate-revoked',
      });
    }
  });
});
