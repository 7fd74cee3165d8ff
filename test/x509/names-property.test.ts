/**
 * The name match over generated names, against OpenSSL's own matcher, and what must hold for any names.
 */
import { X509Certificate } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalDomain } from '../../src/core/domain.js';
import { createAuthority } from '../../src/testing/authority.js';
import { type AlternativeName, type Certificate, matchName, parseCertificate } from '../../src/x509/index.js';

const authority = await createAuthority();
const modes = ['san', 'san-or-cn', 'san-and-cn'] as const;

// Few labels, so that names meet often.
const label = fc.constantFrom('a', 'b', 'mx', 'xn--bcher-kva', 'x-1', 'B', 'test');
const host = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.'));
const pattern = fc.oneof(
  { weight: 4, arbitrary: host },
  {
    weight: 2,
    arbitrary: fc.array(label, { minLength: 2, maxLength: 3 }).map((labels) => ['*', ...labels].join('.')),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('a*', '*a', '**', 'a.*', 'a..b', '-a', 'ü', 'a b', 'a,b'), host)
      .map((parts) => parts.join('.')),
  },
);

/** Names, and a reference that is made from one of them half of the time. */
const namesAndReference = fc.array(pattern, { minLength: 1, maxLength: 3 }).chain((dns) =>
  fc.tuple(
    fc.constant(dns),
    fc.oneof(
      host,
      fc
        .tuple(fc.constantFrom(...dns), label)
        .map(([name, one]) => canonicalDomain(name.replace('*', one)) ?? 'mx.test'),
    ),
  ),
);

describe('any names', () => {
  it('CI-12, CI-15, CI-16: mode san says what OpenSSL says without partial wildcards and Common Names', () => {
    let matched = 0;
    fc.assert(
      fc.property(namesAndReference, ([dns, reference]) => {
        const { der } = authority.issue({ cn: null, dns });
        const options = { subject: 'never', partialWildcards: false } as const;
        const theirs = new X509Certificate(der).checkHost(reference.toLowerCase(), options) !== undefined;
        const ours = matchName(parseCertificate(der), reference, 'san').matched;
        matched += ours ? 1 : 0;
        expect(ours).toBe(theirs);
      }),
      { numRuns: 400 },
    );
    expect(matched).toBeGreaterThan(50);
  });

  const anyText = fc.oneof(pattern, host, fc.string({ unit: 'binary', maxLength: 40 }), fc.ipV4(), fc.ipV6());
  const anyName: fc.Arbitrary<AlternativeName> = fc.record({
    type: fc.constantFrom('dns', 'ip', 'email', 'uri', 'other'),
    value: anyText,
    valid: fc.boolean(),
  });
  const anyCertificate = fc
    .record({
      names: fc.array(anyName, { maxLength: 30 }),
      commonNames: fc.array(anyText, { maxLength: 3 }),
      invalidCommonNames: fc.nat(1),
    })
    .map((parts) => ({ ...parseCertificate(authority.root.der), ...parts }) satisfies Certificate);

  it('CI-12 to CI-18: never an error, and what matches is a valid dNSName, an iPAddress, or the Common Name where it may', () => {
    fc.assert(
      fc.property(anyCertificate, anyText, fc.constantFrom(...modes), (certificate, reference, mode) => {
        const match = matchName(certificate, reference, mode);
        expect(match.matched).toBe(match.by !== null);
        expect(match.matched).toBe(match.why === 'ok');
        const types = certificate.names.filter(({ valid }) => valid).map(({ type }) => type);
        if (match.by === 'dns') expect(types).toContain('dns');
        if (match.by === 'ip') {
          expect(types).toContain('ip');
          expect(canonicalDomain(reference)).toBeNull();
        }
        if (match.by === 'cn') {
          expect(mode).toBe('san-or-cn');
          expect(certificate.names.some(({ type }) => type === 'dns')).toBe(false);
        }
        expect(match.presented.length).toBeLessThanOrEqual(21);
      }),
      { numRuns: 3000 },
    );
  });

  it('CI-14: what holds in san-and-cn holds in san, and what holds in san holds in san-or-cn', () => {
    fc.assert(
      fc.property(anyCertificate, host, (certificate, reference) => {
        const [san, orCn, andCn] = modes.map((mode) => matchName(certificate, reference, mode).matched);
        if (andCn === true) expect(san).toBe(true);
        if (san === true) expect(orCn).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('CI-15: the case of either side changes nothing', () => {
    fc.assert(
      fc.property(pattern, host, fc.constantFrom(...modes), (name, reference, mode) => {
        const certificate = {
          ...parseCertificate(authority.root.der),
          names: [{ type: 'dns', value: name, valid: true }],
          commonNames: [name],
        } as Certificate;
        const upper = {
          ...certificate,
          names: [{ type: 'dns', value: name.toUpperCase(), valid: true }],
          commonNames: [name.toUpperCase()],
        } as Certificate;
        fc.pre(/^[\x20-\x7e]*$/.test(name));
        const { matched } = matchName(certificate, reference, mode);
        expect(matchName(upper, reference, mode).matched).toBe(matched);
        expect(matchName(certificate, reference.toUpperCase(), mode).matched).toBe(matched);
      }),
      { numRuns: 1000 },
    );
  });
});
