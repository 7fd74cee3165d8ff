import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bcp195Suites,
  finansinspektionenStrictSuites,
  finansinspektionenSuites,
  legacySuites,
  secureMailNextSuites,
  secureMailSuites,
} from './suite-profiles.js';
import {
  describeFloor,
  findSuite,
  gradeSuite,
  offeredSuites,
  parseSuite,
  type SuiteFloor,
  type SuiteRules,
  suites,
} from './suites.js';

const profiles: Readonly<Record<string, SuiteRules>> = {
  bcp195: bcp195Suites,
  'fi-minimum': finansinspektionenSuites,
  'fi-recommended': finansinspektionenStrictSuites,
  securemail: secureMailSuites,
  'securemail-next': secureMailNextSuites,
};
const everything: SuiteRules = {
  minimum: { keyExchange: 'any', aead: false, bits: 0, hash: 'sha1', encryption: 'any' },
  recommended: null,
  forbidden: [],
};

// The digits: bcp195, fi-minimum, fi-recommended, securemail, securemail-next.
const ROWS = [
  ['TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256', '11000'],
  ['TLS_AES_256_GCM_SHA384', 'TLS_AES_256_GCM_SHA384', '11111'],
  ['TLS_CHACHA20_POLY1305_SHA256', 'TLS_CHACHA20_POLY1305_SHA256', '11100'],
  ['ECDHE-RSA-AES128-GCM-SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', '11000'],
  ['ECDHE-RSA-AES256-GCM-SHA384', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', '11111'],
  ['ECDHE-RSA-AES256-SHA384', 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384', '01111'],
  ['ECDHE-RSA-AES128-SHA', 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', '01000'],
  ['ECDHE-RSA-AES256-SHA', 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', '01010'],
  ['DHE-RSA-AES256-SHA256', 'TLS_DHE_RSA_WITH_AES_256_CBC_SHA256', '01110'],
  ['DHE-RSA-AES256-GCM-SHA384', 'TLS_DHE_RSA_WITH_AES_256_GCM_SHA384', '01110'],
  ['AES128-SHA', 'TLS_RSA_WITH_AES_128_CBC_SHA', '01000'],
  ['AES256-SHA256', 'TLS_RSA_WITH_AES_256_CBC_SHA256', '01100'],
  ['AES128-GCM-SHA256', 'TLS_RSA_WITH_AES_128_GCM_SHA256', '01000'],
  ['DES-CBC3-SHA', 'TLS_RSA_WITH_3DES_EDE_CBC_SHA', '00000'],
  ['RC4-MD5', 'TLS_RSA_WITH_RC4_128_MD5', '00000'],
  ['NULL-SHA', 'TLS_RSA_WITH_NULL_SHA', '00000'],
  ['NULL-MD5', 'TLS_RSA_WITH_NULL_MD5', '00000'],
  ['EXP-RC4-MD5', 'TLS_RSA_EXPORT_WITH_RC4_40_MD5', '00000'],
  ['ADH-AES256-SHA256', 'TLS_DH_anon_WITH_AES_256_CBC_SHA256', '00000'],
] as const;
const DENIED = ['RC4-MD5', 'NULL-SHA', 'NULL-MD5', 'EXP-RC4-MD5', 'ADH-AES256-SHA256'];

describe('suites against profiles', () => {
  it.each(ROWS)('CV-15, CV-20, CV-24: %s', (name, standardName, accepted) => {
    const suite = findSuite(name);
    expect(findSuite(standardName)).toBe(suite);
    expect(suite?.standardName).toBe(standardName);
    const grades = Object.values(profiles).map((rules) => gradeSuite(suite, rules));
    const goes = grades.map((grade) => (['ok', 'below-recommended'].includes(grade) ? '1' : '0'));
    expect(goes.join('')).toBe(accepted);
  });

  it.each(DENIED)('CV-6, CV-9, CV-21, FI-13: %s is forbidden whatever a profile allows', (name) => {
    for (const rules of [...Object.values(profiles), legacySuites, everything]) {
      expect(gradeSuite(findSuite(name), rules)).toBe('forbidden');
      expect(offeredSuites(rules).map((suite) => suite.name)).not.toContain(name);
    }
  });

  it('CV-6: whatever its profile, nothing below 112 bits, without encryption or without a certificate is offered', () => {
    for (const suite of offeredSuites(everything)) {
      expect(suite.bits).toBeGreaterThanOrEqual(112);
      expect(suite.standardName).not.toMatch(/NULL|RC4|EXPORT|anon|MD5|_DES_|PSK|SRP/);
    }
  });

  it('CV-16, CV-21: what is wrong with a suite has its own name', () => {
    expect(gradeSuite(findSuite('AES256-GCM-SHA384'), bcp195Suites)).toBe('no-forward-secrecy');
    expect(gradeSuite(findSuite('ECDHE-RSA-AES128-SHA'), bcp195Suites)).toBe('below-minimum');
    expect(gradeSuite(findSuite('AES128-SHA'), bcp195Suites)).toBe('below-minimum');
    expect(gradeSuite(findSuite('DHE-RSA-AES256-GCM-SHA384'), bcp195Suites)).toBe('below-minimum');
    expect(gradeSuite(findSuite('AES128-SHA'), finansinspektionenSuites)).toBe('below-recommended');
    expect(gradeSuite(null, everything)).toBe('below-minimum');
  });

  it('CV-20, CV-15: the list of what is forbidden wins, under either name', () => {
    for (const name of ['ECDHE-RSA-AES128-GCM-SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256']) {
      const rules = { ...bcp195Suites, forbidden: [name] };
      expect(gradeSuite(findSuite('ECDHE-RSA-AES128-GCM-SHA256'), rules)).toBe('forbidden');
      expect(gradeSuite(findSuite('ECDHE-RSA-AES256-GCM-SHA384'), rules)).toBe('ok');
    }
  });

  it('CV-23: ChaCha20 counts as AES-256 only when told so', () => {
    const lax: SuiteRules = {
      ...secureMailSuites,
      minimum: { ...secureMailSuites.minimum, encryption: 'aes-or-chacha20' },
    };
    const chacha = findSuite('TLS_CHACHA20_POLY1305_SHA256');
    expect(gradeSuite(chacha, secureMailSuites)).toBe('below-minimum');
    expect(gradeSuite(chacha, lax)).toBe('ok');
    expect(gradeSuite(findSuite('ECDHE-RSA-CAMELLIA256-SHA384'), lax)).toBe('below-minimum');
  });
});

describe('what is offered', () => {
  it('CV-22: a property of every profile: what is weaker never stands before what is stronger', () => {
    const floor: fc.Arbitrary<SuiteFloor> = fc.record({
      keyExchange: fc.constantFrom('any', 'ephemeral', 'ecdhe'),
      aead: fc.boolean(),
      bits: fc.constantFrom(112, 128, 256),
      hash: fc.constantFrom('sha1', 'sha256'),
      encryption: fc.constantFrom('any', 'aes-or-chacha20', 'aes'),
    }) as fc.Arbitrary<SuiteFloor>;
    fc.assert(
      fc.property(floor, (minimum) => {
        const offered = offeredSuites({ minimum, recommended: null, forbidden: [] });
        const secret = offered.map((suite) => suite.forwardSecrecy);
        expect(secret).toEqual(secret.toSorted((a, b) => Number(b) - Number(a)));
        for (const same of [true, false]) {
          const aead = offered.filter((suite) => suite.forwardSecrecy === same).map((suite) => suite.aead);
          expect(aead).toEqual(aead.toSorted((a, b) => Number(b) - Number(a)));
        }
      }),
    );
  });
});

describe('names', () => {
  it('CV-15: no name is there twice, and every suite is found by both', () => {
    const names = suites.flatMap((suite) => [...new Set([suite.name, suite.standardName])]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('CV-15: an unknown name is refused with the nearest one', () => {
    expect(() => parseSuite('ECDHE-RSA-AES256-GCM-SHA348')).toThrowError(
      expect.objectContaining({
        code: 'suite-unknown',
        message: expect.stringContaining('did you mean "ECDHE-RSA-AES256-GCM-SHA384"?'),
      }),
    );
  });

  it('a floor in words', () => {
    expect(describeFloor(bcp195Suites.minimum)).toBe(
      '128 bits or more, sha256 or better, AEAD, forward secrecy, ECDHE',
    );
    expect(describeFloor(secureMailSuites.minimum)).toBe(
      '256 bits or more, sha1 or better, forward secrecy, AES',
    );
  });
});
