import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeReason, type Reason } from '../core/reasons.js';
import type { Level } from '../policy/plan.js';
import { type Bench, type Case, createBench, DAY, NOW } from './evidence.fixture.js';
import { checks, judge, refusePlan } from './judge.js';
import type { Verdict } from './verdict.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

const verdictOf = async (given: Case = {}): Promise<Verdict> => judge(await bench.input(given));
const until = (days: number): string => new Date(NOW + days * DAY).toISOString();
const waive = (check: 'validity' | 'chain' | 'name', days = 1) => ({
  check,
  reason: 'renewal is under way',
  approvedBy: 'security officer',
  until: until(days),
});

describe('the verdict', () => {
  it('FI-2: passes where every check holds, and says who it was', async () => {
    expect(await verdictOf()).toMatchObject({
      passed: true,
      reason: null,
      encrypted: true,
      authenticated: true,
      identity: 'mx1.partner.test',
      cnEqualsHost: true,
    });
  });

  it('every check gives its line, also behind one that refused', async () => {
    const verdict = await verdictOf({
      shows: 'expired',
      rule: { mx: ['mx9.partner.test'] },
      facts: { protocol: 'TLSv1.1' },
    });
    expect(verdict.checks.map(({ name, result }) => [name, result])).toEqual([
      ['mx-allowed', 'fail'],
      ['starttls', 'pass'],
      ['protocol', 'fail'],
      ['cipher', 'pass'],
      ['chain', 'pass'],
      ['validity', 'fail'],
      ['name', 'pass'],
      ['key', 'pass'],
      ['revocation', 'not-asked'],
    ]);
    expect(checks).toHaveLength(9);
    expect(verdict.reason).toBe('mx-not-allowed');
  });

  it.each<[Case, Reason]>([
    [{ rule: { mx: ['mx9.partner.test'] } }, 'mx-not-allowed'],
    [{ facts: null }, 'starttls-not-supported'],
    [{ facts: { resumed: true } }, 'session-resumed'],
    [{ facts: { protocol: 'TLSv1.1' } }, 'protocol-below-floor'],
    [{ facts: { keyExchange: { type: 'DH', name: null, bits: 1024 } } }, 'weak-dh'],
    [{ shows: 'unknownCa' }, 'certificate-unknown-issuer'],
    [{ shows: 'expired' }, 'certificate-expired'],
    [{ shows: 'wrongHost' }, 'certificate-host-mismatch'],
    [{ shows: 'rsa1024' }, 'certificate-weak-key'],
  ])('FI-2: any one check refuses: %j is %s', async (given, reason) => {
    expect(await verdictOf(given)).toMatchObject({ passed: false, reason });
  });

  it('FI-2: a certificate that cannot be read refuses', async () => {
    expect(await verdictOf({ facts: { sent: [Uint8Array.from([1, 2, 3])] } })).toMatchObject({
      passed: false,
      reason: 'certificate-invalid',
      authenticated: false,
    });
  });

  it.each<[Level, Exclude<Case['facts'], undefined>, boolean, boolean]>([
    ['plain', null, true, false],
    ['opportunistic', null, true, false],
    ['opportunistic', {}, true, true],
    ['mandatory', null, false, false],
    ['mandatory', {}, true, true],
  ])(
    'FAQ-18, FAQ-20, FAQ-21: class %s with %j and an expired certificate of a stranger: passed %s, encrypted %s',
    async (level, facts, passed, encrypted) => {
      const verdict = await verdictOf({ level, facts, shows: 'expiredUnknownCa' });
      expect(verdict).toMatchObject({ passed, encrypted, authenticated: false });
    },
  );

  it('AT-54: a plan that contradicts itself or could not be read lets nothing out', async () => {
    const input = await bench.input();
    const contradictions = [{ field: 'issuer', sources: ['list', 'table'] as const }];
    const unknown = [{ source: 'list', cause: 'gone' }];
    expect(judge({ ...input, plan: { ...input.plan, contradictions } })).toMatchObject({
      passed: false,
      reason: 'policy-contradiction',
    });
    expect(judge({ ...input, plan: { ...input.plan, unknown } })).toMatchObject({
      passed: false,
      reason: 'policy-source-unknown',
    });
    expect(refusePlan({ ...input.plan, contradictions })?.detail).toBe('list and table in issuer');
    expect(refusePlan(input.plan)).toBeNull();
  });

  it('cannot be changed afterwards', async () => {
    const verdict = await verdictOf({ shows: 'expired' });
    expect(() => Object.assign(verdict, { passed: true })).toThrow(TypeError);
  });
});

describe('waivers', () => {
  it.each([
    ['validity', 'expired', 'certificate-expired'],
    ['chain', 'unknownCa', 'certificate-unknown-issuer'],
    ['name', 'wrongHost', 'certificate-host-mismatch'],
  ] as const)(
    'ST-16: a waived check of %s warns, and what it would have proven is not called proven',
    async (check, shows, reason) => {
      const verdict = await verdictOf({ shows, rule: { waive: [waive(check)] } });
      expect(verdict).toMatchObject({ passed: true, encrypted: true, authenticated: false });
      expect(verdict.checks.find(({ name }) => name === check)).toMatchObject({
        result: 'warn',
        reason,
        waivedBy: 'security officer: renewal is under way',
      });
    },
  );

  it('AT-9: an expired certificate of an unknown authority is refused although its date is waived', async () => {
    const verdict = await verdictOf({ shows: 'expiredUnknownCa', rule: { waive: [waive('validity')] } });
    expect(verdict).toMatchObject({ passed: false, reason: 'certificate-unknown-issuer' });
  });

  it('AT-9: the same where OpenSSL names the date alone', async () => {
    const verdict = await verdictOf({
      shows: 'expiredUnknownCa',
      facts: { pathError: 'CERT_HAS_EXPIRED' },
      rule: { waive: [waive('validity')] },
    });
    expect(verdict).toMatchObject({ passed: false, reason: 'certificate-unknown-issuer' });
  });

  it('one check is waived and no other', async () => {
    const verdict = await verdictOf({
      shows: 'wrongHost',
      rule: { waive: [waive('validity'), waive('chain')] },
    });
    expect(verdict).toMatchObject({ passed: false, reason: 'certificate-host-mismatch' });
  });

  it('a waiver ends at its date, to the millisecond, also in a plan that was made before', async () => {
    const input = await bench.input({ shows: 'expired', rule: { waive: [waive('validity', 1)] } });
    expect(judge({ ...input, now: NOW + DAY - 1 }).passed).toBe(true);
    expect(judge({ ...input, now: NOW + DAY })).toMatchObject({
      passed: false,
      reason: 'certificate-expired',
    });
  });

  it('BITS-5.2.3: a locked plan knows no waiver, however it got there', async () => {
    const input = await bench.input({ shows: 'expired', rule: { waive: [waive('validity')] } });
    expect(judge({ ...input, plan: { ...input.plan, locked: true } })).toMatchObject({
      passed: false,
      reason: 'certificate-expired',
    });
  });
});

it.each<Reason>([
  'protocol-below-floor',
  'cipher-below-floor',
  'cipher-forbidden',
  'no-forward-secrecy',
  'weak-dh',
])('CV-16: %s holds the mail with status 4.7.6 and counts as validation-failure', (reason) => {
  expect(describeReason(reason)).toMatchObject({
    effect: 'hold',
    status: '4.7.6',
    tlsReport: 'validation-failure',
  });
});

describe('how long a verdict holds', () => {
  it('CI-7, SC-51: until the first date in it passes', async () => {
    const { holdsUntil, facts } = await verdictOf();
    const ends = (facts?.sent ?? []).map((der) => Date.parse(new X509Certificate(der).validTo));
    expect(holdsUntil).toBeLessThanOrEqual(Math.min(...ends));
    expect(holdsUntil).toBeGreaterThan(NOW);
    const waived = await verdictOf({ shows: 'expired', rule: { waive: [waive('validity')] } });
    expect(waived.passed).toBe(true);
    expect(waived.holdsUntil).toBe(NOW + DAY);
  });

  it('CI-8: not at all where the word of an authority has dates of its own', async () => {
    expect((await verdictOf({ facts: { ocspStaple: Buffer.from('30', 'hex') } })).holdsUntil).toBe(NOW);
  });
});
