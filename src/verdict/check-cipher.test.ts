import { beforeAll, describe, expect, it } from 'vitest';
import type { Reason } from '../core/reasons.js';
import type { Level } from '../policy/plan.js';
import {
  bcp195Suites,
  finansinspektionenStrictSuites,
  finansinspektionenSuites,
} from '../tls/suite-profiles.js';
import type { SuiteRules } from '../tls/suites.js';
import { parseSuite } from '../tls/suites.js';
import { checkCipher } from './check-cipher.js';
import { type Bench, createBench } from './evidence.fixture.js';
import type { Check } from './verdict.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

async function check(name: string, ciphers: SuiteRules, level: Level = 'verified'): Promise<Check> {
  const { standardName, bits } = parseSuite(name);
  return checkCipher(
    await bench.evidence({
      level,
      rule: { ciphers },
      facts: { protocol: 'TLSv1.2', cipher: { name, standardName, bits } },
    }),
  );
}

describe('the suite that was negotiated', () => {
  it.each<[string, string, SuiteRules, Check['result'], Reason | null]>([
    ['FI-8, CV-20', 'ECDHE-RSA-AES128-GCM-SHA256', bcp195Suites, 'pass', null],
    ['FI-8, CV-16', 'ECDHE-RSA-AES128-SHA', bcp195Suites, 'fail', 'cipher-below-floor'],
    ['CV-16', 'AES128-GCM-SHA256', bcp195Suites, 'fail', 'no-forward-secrecy'],
    ['FI-11, FI-12', 'AES128-SHA', finansinspektionenSuites, 'warn', 'cipher-below-floor'],
    ['FI-12', 'ECDHE-RSA-AES256-SHA384', finansinspektionenSuites, 'pass', null],
    ['CV-21', 'AES256-SHA256', finansinspektionenSuites, 'warn', 'no-forward-secrecy'],
    ['FI-11', 'DES-CBC3-SHA', finansinspektionenSuites, 'fail', 'cipher-below-floor'],
    ['FI-12', 'AES128-SHA', finansinspektionenStrictSuites, 'fail', 'cipher-below-floor'],
    ['FI-13', 'NULL-SHA', finansinspektionenSuites, 'fail', 'cipher-forbidden'],
    ['FI-13', 'NULL-MD5', finansinspektionenSuites, 'fail', 'cipher-forbidden'],
    ['FI-13', 'EXP-RC4-MD5', finansinspektionenSuites, 'fail', 'cipher-forbidden'],
    ['CV-9', 'ADH-AES256-SHA256', finansinspektionenSuites, 'fail', 'cipher-forbidden'],
  ])('%s: %s', async (_ids, name, rules, result, reason) => {
    expect(await check(name, rules)).toMatchObject({ result, reason });
  });

  it.each<Level>(['opportunistic', 'mandatory', 'verified'])(
    'CV-6: RC4 is refused under %s too',
    async (level) => {
      expect(await check('RC4-MD5', bcp195Suites, level)).toMatchObject({ result: 'fail' });
    },
  );

  it('CV-21: evidence says that there was no forward secrecy, whatever else is said', async () => {
    for (const name of ['AES128-SHA', 'AES256-SHA256']) {
      expect((await check(name, finansinspektionenSuites)).got).toContain('no forward secrecy');
    }
  });

  it('CV-15: a suite that nobody knows is below every floor', async () => {
    const cipher = { name: 'NEW', standardName: 'TLS_NEW', bits: 0 };
    expect(checkCipher(await bench.evidence({ facts: { cipher } }))).toMatchObject({
      result: 'fail',
      reason: 'cipher-below-floor',
      got: 'TLS_NEW',
    });
  });

  it.each([
    [1024, 'fail', 'weak-dh'],
    [2047, 'fail', 'weak-dh'],
    [2048, 'pass', null],
  ])('CV-10: a finite-field group of %i bits: %s', async (bits, result, reason) => {
    const evidence = await bench.evidence({ facts: { keyExchange: { type: 'DH', name: null, bits } } });
    expect(checkCipher(evidence)).toMatchObject({ result, reason });
  });

  it('nothing is asked of clear text and of class a', async () => {
    for (const given of [{ facts: null }, { level: 'plain' as const }]) {
      expect(checkCipher(await bench.evidence(given))).toMatchObject({ result: 'not-asked' });
    }
  });
});
