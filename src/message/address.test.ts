import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress } from './address.js';

const refusal = expect.objectContaining({ name: 'ConfigError', code: 'address-invalid' });

describe('parseAddress', () => {
  it.each([
    ['anna@example.org', 'anna@example.org'],
    ['Anna.B+tag@Example.ORG', 'Anna.B+tag@example.org'],
    ['"a b"@x.test', '"a b"@x.test'],
    ['"ab"@x.test', 'ab@x.test'],
    ['"a.b"@x.test', 'a.b@x.test'],
    ['"a..b"@x.test', '"a..b"@x.test'],
    ['"a\\"b"@x.test', '"a\\"b"@x.test'],
    ['"a\\b"@x.test', 'ab@x.test'],
    ['"a@b"@x.test', '"a@b"@x.test'],
    ['""@x.test', '""@x.test'],
    ['anna@x.test.', 'anna@x.test'],
    ['anna@[192.0.2.1]', 'anna@[192.0.2.1]'],
    ['anna@[IPv6:2001:DB8::1]', 'anna@[IPv6:2001:db8::1]'],
  ])(
    'SC-19, SC-21: %s is written as <%s>: case of the local part kept, quoted only if it must be',
    (text, path) => {
      const address = parseAddress(text);
      expect(address.path).toBe(path);
      expect(address.text).toBe(text);
      expect(parseAddress(address.path).path).toBe(path);
    },
  );

  it.each([
    'a\r\nRCPT TO:<x@y.test>',
    'a@x.test\r\nDATA',
    'a@x.test\n',
    'a\0@x.test',
    'a\u0085@x.test',
    '"a\r\nb"@x.test',
    '"a<b"@x.test',
    'a>b@x.test',
    '<a@x.test>',
    'Anna <a@x.test>',
    '@relay.test:a@x.test',
    'a b@x.test',
    'a@b@x.test',
    '"a"b@x.test',
    '"a@x.test',
    'a..b@x.test',
    '.a@x.test',
    'a(comment)@x.test',
    '@x.test',
    'a@',
    'a',
    '',
    ' a@x.test',
    'a@x.test ',
    'a@x_y.test',
    'a@-x.test',
    'a@localhost',
    'a@192.0.2.1',
    'a@[192.0.2.300]',
    'a@[2001:db8::1]',
    'a@[IPv6:fe80::1%eth0]',
    'a@[x.test]',
    'a@x..test',
  ])('SC-21, AT-21: %j is refused', (text) => {
    expect(() => parseAddress(text)).toThrow(refusal);
  });

  it('SC-21: the refusal names the value, quotes it harmlessly and says what to give', () => {
    expect(() => parseAddress('Anna <a@x.test>', 'from')).toThrow(
      /^from: expected one address .* got "Anna <a@x\.test>"; give only what stands between < and >/,
    );
    expect(() => parseAddress('a\u001b[31m@x.test')).toThrow(/\\x\{1B\}/);
  });

  it('SC-22: 64 octets of local part, 256 of path with brackets, and not one more', () => {
    expect(parseAddress(`${'l'.repeat(64)}@x.test`).local).toHaveLength(64);
    expect(() => parseAddress(`${'l'.repeat(65)}@x.test`)).toThrow(refusal);
    expect(() => parseAddress(`${'é'.repeat(33)}@x.test`)).toThrow(refusal);
    const longest = (total: number): string => {
      const rest = total - 64 - 1 - 5;
      const labels = [60, 60, rest - 122].map((length) => 'd'.repeat(length));
      return `${'l'.repeat(64)}@${labels.join('.')}.test`;
    };
    expect(parseAddress(longest(254)).path).toHaveLength(254);
    expect(() => parseAddress(longest(255))).toThrow(refusal);
  });

  it('SC-49: only a local part above ASCII needs SMTPUTF8', () => {
    expect(parseAddress('jörn@x.test').needsUtf8).toBe(true);
    expect(parseAddress('"jörn b"@x.test').path).toBe('"jörn b"@x.test');
    expect(parseAddress('jorn@x.test').needsUtf8).toBe(false);
  });

  it('SC-50: a U-label domain is sent as A-labels and needs no SMTPUTF8', () => {
    const address = parseAddress('anna@Bücher.test');
    expect(address.path).toBe('anna@xn--bcher-kva.test');
    expect(address.domain).toBe('xn--bcher-kva.test');
    expect(address.needsUtf8).toBe(false);
  });

  it('SC-21, AT-21: whatever passes can be written into one command line', () => {
    const parts = fc.string({ unit: fc.constantFrom(...'ab"\\<>@. \r\n\0é\u2028[]:,;'.split('')) });
    fc.assert(
      fc.property(parts, parts, (local, domain) => {
        for (const text of [`${local}@x.test`, `a@${domain}`, `"${local}"@x.test`]) {
          let path: string;
          try {
            path = parseAddress(text).path;
          } catch (error) {
            expect(error).toEqual(refusal);
            continue;
          }
          expect(path).not.toMatch(/[\p{Cc}<>\u2028]/u);
          expect(path).toMatch(/^(?:[^\s"]+|"(?:[^"\\]|\\.)*")@[^\s@]+$/u);
        }
      }),
      { numRuns: 500 },
    );
  });
});
