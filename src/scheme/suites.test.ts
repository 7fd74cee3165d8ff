/**
 * Which suites each profile of a scheme asks for.
 */
import { describe, expect, it } from 'vitest';
import { createContext } from '../core/context.js';
import { createBase } from '../policy/base.js';
import { decide } from '../policy/decide.js';
import { parseTable, type TableRule } from '../policy/from-table.js';
import type { Plan } from '../policy/plan.js';
import type { PolicySource } from '../policy/source.js';
import {
  bcp195Suites,
  finansinspektionenStrictSuites,
  finansinspektionenSuites,
  secureMailNextSuites,
  secureMailSuites,
} from '../tls/suite-profiles.js';
import { findSuite, gradeSuite } from '../tls/suites.js';
import { bits, finansinspektionen, securemail, secureMailRule } from './index.js';

function planOf(domain: string, sources: PolicySource[], rules: TableRule[] = []): Promise<Plan> {
  const from = { table: parseTable(rules), sources, base: createBase({ default: 'opportunistic' }) };
  return decide(domain, from, null, createContext());
}

describe('Finansinspektionen', () => {
  it('FI-5, MX-22: each edition knows its addresses; names and everything else are the same', async () => {
    const first = await planOf('fi.se', [finansinspektionen({ edition: 'first' })]);
    const second = await planOf('fi.se', [finansinspektionen({ edition: 'second' })]);
    expect(first.mxAddresses).toEqual({ 'post.fi.se': ['194.14.76.46'], 'post2.fi.se': ['194.14.76.48'] });
    expect(second.mxAddresses).toEqual({
      'post.fi.se': ['193.15.242.199'],
      'post2.fi.se': ['193.15.242.246'],
    });
    expect(first.fingerprint).toBe(second.fingerprint);
    expect((await planOf('fi.se', [finansinspektionen()])).mxAddresses).toEqual(second.mxAddresses);
  });

  it('FI-5: an edition that was never printed is refused', () => {
    expect(() => finansinspektionen({ edition: 'third' as 'first' })).toThrowError(
      expect.objectContaining({ code: 'edition-unknown' }),
    );
  });

  it('FI-11, FI-12: the recommended strength warns, or refuses where the host is strict', async () => {
    const usual = await planOf('fi.se', [finansinspektionen()]);
    const strict = await planOf('fi.se', [finansinspektionen({ strict: true })]);
    expect([usual.ciphers, strict.ciphers]).toEqual([
      finansinspektionenSuites,
      finansinspektionenStrictSuites,
    ]);
    const suite = findSuite('AES128-SHA');
    expect(gradeSuite(suite, usual.ciphers)).toBe('below-recommended');
    expect(gradeSuite(suite, strict.ciphers)).toBe('below-minimum');
  });

  it('FI-13: no rule of the host brings a forbidden suite back', async () => {
    const lax = { ...finansinspektionenSuites, forbidden: [] };
    const plan = await planOf('fi.se', [finansinspektionen()], [{ match: 'fi.se', ciphers: lax }]);
    expect(plan.ciphers.forbidden).toHaveLength(3);
    for (const name of ['NULL-SHA', 'NULL-MD5', 'EXP-RC4-MD5']) {
      expect(gradeSuite(findSuite(name), plan.ciphers)).toBe('forbidden');
    }
  });
});

describe('SecureMail', () => {
  const domain = 'securemail.example.test';

  it('SM-7: as it is, and as it has been announced', async () => {
    expect((await planOf(domain, [securemail()])).ciphers).toEqual(secureMailSuites);
    expect((await planOf(domain, [securemail({ next: true })])).ciphers).toEqual(secureMailNextSuites);
    expect((await planOf(domain, [], [secureMailRule(domain, { next: true })])).ciphers).toEqual(
      secureMailNextSuites,
    );
  });

  it('CV-23: ChaCha20 only when told so, and in no other way weaker', async () => {
    const lax = (await planOf(domain, [securemail({ acceptChaCha: true })])).ciphers;
    expect(gradeSuite(findSuite('TLS_CHACHA20_POLY1305_SHA256'), lax)).toBe('ok');
    expect({ ...lax, minimum: { ...lax.minimum, encryption: 'aes' } }).toEqual(secureMailSuites);
  });

  it('CV-23: where one source accepts ChaCha20 and another does not, it does not count', async () => {
    const rules = [secureMailRule(domain)];
    const { ciphers } = await planOf(domain, [securemail({ acceptChaCha: true })], rules);
    expect(gradeSuite(findSuite('TLS_CHACHA20_POLY1305_SHA256'), ciphers)).toBe('below-minimum');
  });

  it('an option that nobody knows is refused', () => {
    expect(() => securemail({ nxet: true } as object)).toThrow(/did you mean "next"/);
  });
});

it('BITS-5.2.7, CV-20: a listed domain has BCP 195, which no weaker rule of the host replaces', async () => {
  const rules = [{ match: 'bank.example', ciphers: finansinspektionenSuites }];
  const plan = await planOf('bank.example', [bits({ domains: ['bank.example'] })], rules);
  expect(plan.ciphers.minimum).toEqual(bcp195Suites.minimum);
});
