import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandMacros, type MacroValues, parseDomainSpec, parseMacroString } from './macro.js';

const VALUES: MacroValues = {
  s: 'li.a-b@mail.send.test',
  l: 'li.a-b',
  o: 'mail.send.test',
  d: 'mail.send.test',
  i: '192.0.2.3',
  p: 'unknown',
  v: 'in-addr',
  h: 'mx.send.test',
  c: '192.0.2.3',
  r: 'mx.here.test',
  t: '1000',
};

const expand = (text: string, values = VALUES): string | null => {
  const macros = parseMacroString(text, 'domain');
  return macros === null ? null : expandMacros(macros, values);
};

describe('expansion', () => {
  it.each([
    ['%{s}', 'li.a-b@mail.send.test'],
    ['%{l}', 'li.a-b'],
    ['%{l-}', 'li.a.b'],
    ['%{lr-}', 'b.li.a'],
    ['%{l1r-}', 'li.a'],
    ['%{l1r.-}', 'li'],
    ['%{o}', 'mail.send.test'],
    ['%{d2}', 'send.test'],
    ['%{dr}', 'test.send.mail'],
    ['%{i}', '192.0.2.3'],
    ['%{ir}.%{v}._spf.%{d2}', '3.2.0.192.in-addr._spf.send.test'],
    ['%{lr-}.lp._spf.%{d2}', 'b.li.a.lp._spf.send.test'],
    ['%{d99999999999999999999}', 'mail.send.test'],
    ['%%%_%-', '% %20'],
    ['%{H}', 'mx.send.test'],
    ['%{S}', 'li.a-b%40mail.send.test'],
  ])('SPF-11: %s is %s', (text, expected) => {
    expect(expand(text)).toBe(expected);
  });

  // The table of RFC 7208 §7.4: strong-bad@email.example.com from 192.0.2.3, record of email.example.com.
  const rfc = { ...VALUES, s: 'strong-bad@email.example.com', l: 'strong-bad', o: 'email.example.com' };
  it.each([
    ['%{s}', 'strong-bad@email.example.com'],
    ['%{o}', 'email.example.com'],
    ['%{d}', 'email.example.com'],
    ['%{d4}', 'email.example.com'],
    ['%{d3}', 'email.example.com'],
    ['%{d2}', 'example.com'],
    ['%{d1}', 'com'],
    ['%{dr}', 'com.example.email'],
    ['%{d2r}', 'example.email'],
    ['%{l}', 'strong-bad'],
    ['%{l-}', 'strong.bad'],
    ['%{lr}', 'strong-bad'],
    ['%{lr-}', 'bad.strong'],
    ['%{l1r-}', 'strong'],
    ['%{ir}.%{v}._spf.%{d2}', '3.2.0.192.in-addr._spf.example.com'],
    ['%{lr-}.lp._spf.%{d2}', 'bad.strong.lp._spf.example.com'],
    ['%{lr-}.lp.%{ir}.%{v}._spf.%{d2}', 'bad.strong.lp.3.2.0.192.in-addr._spf.example.com'],
    ['%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}', '3.2.0.192.in-addr.strong.lp._spf.example.com'],
    ['%{d2}.trusted-domains.example.net', 'example.com.trusted-domains.example.net'],
  ])('SPF-11, RFC 7208 §7.4: %s is %s', (text, expected) => {
    expect(expand(text, { ...rfc, d: 'email.example.com' })).toBe(expected);
  });

  it('SPF-11: upper case escapes all octets but the unreserved ones', () => {
    expect(expand('%{L}', { ...VALUES, l: "~a&b=é_(')!" })).toBe('~a%26b%3D%C3%A9_%28%27%29%21');
  });
});

describe('grammar', () => {
  it.each([
    '%',
    '%a',
    '%{',
    '%{d',
    '%{}',
    '%{x}',
    '%{d0}',
    '%{d00}',
    '%{d-r}',
    '%{dr2}',
    '%{d;}',
    'a b',
    'é',
    '\0',
  ])('SPF-11: %j is no macro string', (text) => {
    expect(parseMacroString(text, 'domain')).toBeNull();
  });

  it('SPF-11: c, r and t stand in explanations alone', () => {
    for (const text of ['%{c}', '%{r}', '%{t}']) {
      expect(parseMacroString(text, 'domain')).toBeNull();
      expect(parseMacroString(text, 'explanation')).not.toBeNull();
    }
  });

  it.each(['', 'com', 'com.', 'a.123', 'a.-b', 'a.b-', '%{d}com', 'a..'])(
    'SPF-5: %j is no domain-spec',
    (text) => {
      expect(parseDomainSpec(text)).toBeNull();
    },
  );

  it.each(['a.b', 'a.b.', '%{d}', '%{d}.com', 'a.1-2', 'a%%', 'a/b:c.test'])(
    'SPF-5: %j is a domain-spec',
    (text) => {
      expect(parseDomainSpec(text)).not.toBeNull();
    },
  );
});

describe('any text', () => {
  const macro = fc
    .tuple(
      fc.constantFrom(...'slodipvhSLODIPVH'.split('')),
      fc.option(fc.integer({ min: 1, max: 200 }), { nil: '' }),
      fc.constantFrom('', 'r', 'R'),
      fc.string({ unit: fc.constantFrom(...'.-+,/_='.split('')), maxLength: 3 }),
    )
    .map(([letter, digits, reverse, delimiters]) => `%{${letter}${digits}${reverse}${delimiters}}`);

  it('SPF-11: is read or refused, and what is read expands', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(macro, fc.string(), fc.constantFrom('%', '{', '}', '%%', '%_', '%-'))),
        (parts) => {
          const macros = parseMacroString(parts.join(''), 'domain');
          if (macros !== null) expect(typeof expandMacros(macros, VALUES)).toBe('string');
        },
      ),
    );
  });

  it('SPF-11: text without a percent sign stands for itself; macros that keep the grammar are read', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[!-$&-~]*$/), macro, (text, one) => {
        expect(expand(text)).toBe(text);
        expect(expand(`${text}${one}`)?.startsWith(text)).toBe(true);
      }),
    );
  });

  it('SPF-11: reversing twice is the value, and no part is lost', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z-]{0,5}(?:\.[a-z-]{0,5}){0,5}$/), (value) => {
        const reversed = expand('%{dr}', { ...VALUES, d: value }) ?? '';
        expect(expand('%{dr}', { ...VALUES, d: reversed })).toBe(value);
        expect(reversed).toHaveLength(value.length);
      }),
    );
  });
});
