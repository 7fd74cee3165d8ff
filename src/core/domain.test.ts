import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalDomain, isWithin, parseDomain } from './domain.js';

describe('the one form of a domain', () => {
  it.each([
    ['EXAMPLE.test.', 'example.test'],
    ['example.test', 'example.test'],
    ['bücher.test', 'xn--bcher-kva.test'],
    ['BÜCHER.TEST.', 'xn--bcher-kva.test'],
    ['XN--BCHER-KVA.test', 'xn--bcher-kva.test'],
    ['bu\u0308cher.test', 'xn--bcher-kva.test'],
    ['例え。テスト', 'xn--r8jz45g.xn--zckzah'],
    ['ｅｘａｍｐｌｅ.test', 'example.test'],
    [`${'a'.repeat(63)}.test`, `${'a'.repeat(63)}.test`],
    ['1.test', '1.test'],
    ['localhost', 'localhost'],
  ])('MX-2, AT-39: %s is %s', (name, canonical) => {
    expect(canonicalDomain(name)).toBe(canonical);
  });

  it.each([
    '',
    '.',
    '..',
    '.test',
    'a..test',
    'test..',
    '-a.test',
    'a-.test',
    'a_b.test',
    'a b.test',
    'a\u0000.test',
    'a@b.test',
    'a/b.test',
    'a:25',
    '%61.test',
    'a,b.test',
    '*.test',
    'a.test\r\n',
    '[a.test]',
    'xn--.test',
    `${'a'.repeat(64)}.test`,
    `${'a.'.repeat(127)}test`,
    'a'.repeat(2000),
  ])('RFC 5321 §2.3.5: %j is no domain', (name) => {
    expect(canonicalDomain(name)).toBeNull();
  });

  it.each([
    '192.0.2.1',
    '192.0.2.1.',
    '2001:db8::1',
    '127.1',
    '0x7f.1',
    '１２７.0.0.1',
    '1.2.3',
    'a.1',
    '256.256.256.256',
  ])('MX-13, AT-39: the address, or the address in disguise, %j is no domain', (name) => {
    expect(canonicalDomain(name)).toBeNull();
  });

  it('MX-2, AT-39: what comes out stays as it is, and is a host name of at most 253 octets', () => {
    const label = fc.string({
      unit: fc.constantFrom('a', 'Z', '0', '-', '.', 'ü', 'ß', '。', '١', '%', 'xn--', '\u200d', ' '),
      maxLength: 20,
    });
    fc.assert(
      fc.property(fc.oneof(label, fc.string({ unit: 'grapheme', maxLength: 30 }), fc.domain()), (name) => {
        const canonical = canonicalDomain(name);
        if (canonical === null) return;
        expect(canonicalDomain(canonical)).toBe(canonical);
        expect(canonicalDomain(`${canonical.toUpperCase()}.`)).toBe(canonical);
        expect(canonical).toMatch(/^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/);
        expect(canonical.length).toBeLessThanOrEqual(253);
        expect(isIP(canonical)).toBe(0);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('fully qualified names', () => {
  it('MX-1: a single label is refused by an error that quotes it and says what was expected', () => {
    expect(parseDomain('Mail.Example.test.')).toBe('mail.example.test');
    for (const name of ['mail', '', 'a b.test', '192.0.2.1']) {
      expect(() => parseDomain(name, 'ehloName')).toThrow(
        expect.objectContaining({
          name: 'ConfigError',
          code: 'domain-invalid',
          message: expect.stringContaining(
            `ehloName: expected a fully qualified domain name such as "mail.example.org", got "${name}"`,
          ),
        }),
      );
    }
  });

  it('AT-39: a subdomain lies within, a name that merely ends alike does not', () => {
    expect(isWithin('example.test', 'example.test')).toBe(true);
    expect(isWithin('a.b.example.test', 'example.test')).toBe(true);
    expect(isWithin('notexample.test', 'example.test')).toBe(false);
    expect(isWithin('test', 'example.test')).toBe(false);
  });
});
