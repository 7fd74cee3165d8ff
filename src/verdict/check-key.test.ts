import { beforeAll, expect, it } from 'vitest';
import type { Reason } from '../core/reasons.js';
import type { CertificateRequest, KeyKind } from '../testing/certificate-request.js';
import { parseCertificates } from '../x509/parse.js';
import { createTrustStore } from '../x509/trust-store.js';
import { checkKey } from './check-key.js';
import { type Bench, type Case, createBench, HOST } from './evidence.fixture.js';
import type { Check } from './verdict.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

const check = async (given: Case): Promise<Check> => checkKey(await bench.evidence(given));
const leaf = (more: CertificateRequest): Case => ({ shows: { dns: [HOST], ...more } });

it.each<[KeyKind, Check['result']]>([
  ['rsa1024', 'fail'],
  ['rsa2048', 'pass'],
  ['ec', 'pass'],
  ['ec-p384', 'pass'],
  ['ed25519', 'pass'],
])('CI-9, CV-10: a leaf with a key of %s: %s', async (key, result) => {
  const reason = result === 'fail' ? 'certificate-weak-key' : null;
  expect(await check(leaf({ key }))).toMatchObject({ result, reason });
});

it.each<[string, Case, Reason]>([
  [
    'RSA below what the plan asks',
    { ...leaf({ key: 'rsa2048' }), rule: { minRsaBits: 3072 } },
    'certificate-weak-key',
  ],
  [
    'EC below what the plan asks',
    { ...leaf({ key: 'ec' }), rule: { minEcBits: 384 } },
    'certificate-weak-key',
  ],
  ['a signature with SHA-1', leaf({ hash: 'sha1', signedBy: 'root' }), 'certificate-weak-signature'],
])('CI-9, CV-10: %s', async (_title, given, reason) => {
  expect(await check(given)).toMatchObject({ result: 'fail', reason });
});

it('CI-9: a weak issuer is as bad as a weak leaf', async () => {
  const { authority } = bench;
  const weakKey = authority.issuer({ cn: 'Weak Key', signedBy: 'root', key: 'rsa1024' });
  expect(await check(leaf({ signedBy: weakKey }))).toMatchObject({
    reason: 'certificate-weak-key',
    got: 'CN=Weak Key: rsa 1024',
  });
  const weakSignature = authority.issuer({ cn: 'Weak Signature', signedBy: 'root', hash: 'sha1' });
  expect(await check(leaf({ signedBy: weakSignature }))).toMatchObject({
    reason: 'certificate-weak-signature',
  });
});

it('CI-9, CV-10: a signature with MD5', async () => {
  const issuer = bench.authority.issuer({ cn: 'RSA Issuer', signedBy: 'root', key: 'rsa2048' });
  expect(await check(leaf({ signedBy: issuer }))).toMatchObject({ result: 'pass' });
  expect(await check(leaf({ signedBy: issuer, hash: 'md5' }))).toMatchObject({
    result: 'fail',
    reason: 'certificate-weak-signature',
  });
});

it('CI-9: the signature of an anchor on itself proves nothing and does not count', async () => {
  const root = bench.authority.issuer({ cn: 'Old Root', signedBy: 'self', hash: 'sha1' });
  const given = await bench.evidence(leaf({ signedBy: root }));
  const [certificate] = parseCertificates(root.certificate);
  const store = createTrustStore(
    'old',
    certificate === undefined ? [] : [{ certificate, distrustAfter: null }],
  );
  const plan = { ...given.plan, trust: { ...given.plan.trust, store } };
  expect(checkKey({ ...given, plan })).toMatchObject({ result: 'pass' });
});

it('CV-9: without a certificate nothing is known', async () => {
  expect(await check({ facts: { sent: [] } })).toMatchObject({
    result: 'unknown',
    reason: 'certificate-missing',
  });
});

it.each(['plain', 'opportunistic', 'mandatory'] as const)('FAQ-21: class %s asks nothing', async (level) => {
  expect(await check({ level, shows: 'rsa1024' })).toMatchObject({ result: 'not-asked' });
});
