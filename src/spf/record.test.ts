import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTerms } from './record.js';

const isValid = (terms: string): boolean => parseTerms(terms).ok;

describe('terms', () => {
  it.each([
    ['SPF-5: nothing at all', ''],
    ['SPF-5: names in any case', 'IP4:192.0.2.1 Include:A.test -ALL'],
    ['SPF-5: unknown modifiers', 'moo.cow-far_out=man:dog/cat default=+ x= -all'],
    ['SPF-5: more than one space', 'a   -all '],
    [
      'SPF-10: prefix lengths',
      'ip4:192.0.2.0/0 ip4:192.0.2.0/32 ip6:::/0 ip6:::1/128 a/24 a//64 a/24//64 mx:b.test/0//0',
    ],
    ['SPF-5: ptr with and without a name', 'ptr ptr:a.test'],
  ])('%s', (_title, terms) => {
    expect(parseTerms(terms)).toMatchObject({ ok: true });
  });

  it.each([
    ['SPF-5: an unknown mechanism', 'foo'],
    ['SPF-5: an unknown mechanism behind what matches', '+all foo:bar'],
    ['SPF-5: redirect as a mechanism', 'redirect:a.test'],
    ['SPF-5: a modifier whose name begins with a digit', '1up=foo'],
    ['SPF-5: a modifier without a name', '=all'],
    ['SPF-5: an unknown modifier that is no macro string', 'foo=%abc'],
    ['SPF-5: all with something behind it', '-all:x'],
    ['SPF-5: include without a domain', 'include'],
    ['SPF-5: include with an empty domain', 'include: -all'],
    ['SPF-5: include with a prefix length', 'include:a.test/24'],
    ['SPF-5: exists without a domain', 'exists'],
    ['SPF-5: a with an empty domain', 'a:'],
    ['SPF-5: an address for a', 'a:111.222.33.44'],
    ['SPF-5: ptr with a prefix length', 'ptr/24'],
    ['SPF-5: two signs', '--all'],
    ['SPF-5: a control character', 'a:b.test\rptr -all'],
    ['SPF-5: a tab between terms', 'a\t-all'],
    ['SPF-5: more than ASCII', 'a:é.test'],
    ['SPF-6: redirect twice', 'redirect=a.test redirect=a.test'],
    ['SPF-6: exp twice', 'exp=a.test -all exp=b.test'],
    ['SPF-5: exp without a domain', 'exp= -all'],
    ['SPF-10: a leading zero', 'ip4:192.0.2.0/024'],
    ['SPF-10: a leading zero for a', 'a/024'],
    ['SPF-10: too long for IPv4', 'ip4:192.0.2.0/33'],
    ['SPF-10: too long for IPv6', 'ip6:::1/129'],
    ['SPF-10: too long for a', 'a/33'],
    ['SPF-10: too long for a and IPv6', 'a//129'],
    ['SPF-10: a single slash before the second', 'a/24/64'],
    ['SPF-10: no number', 'ip4:192.0.2.0/'],
    ['SPF-10: two slashes for ip6', 'ip6:2001:db8:://33'],
    ['SPF-5: an IPv6 address for ip4', 'ip4:2001:db8::1'],
    ['SPF-5: an IPv4 address for ip6', 'ip6:192.0.2.1'],
    ['SPF-5: a short IPv4 address', 'ip4:192.0.2'],
    ['SPF-5: leading zeros in an address', 'ip4:192.0.2.01'],
  ])('%s is an error', (_title, terms) => {
    expect(parseTerms(terms)).toMatchObject({ ok: false });
  });

  it('SPF-6: qualifiers, of which plus is the default', () => {
    const parsed = parseTerms('a +a -a ~a ?a');
    expect(parsed.ok && parsed.record.directives.map(({ qualifier }) => qualifier)).toEqual([
      'pass',
      'pass',
      'fail',
      'softfail',
      'neutral',
    ]);
  });
});

describe('any record', () => {
  const good = fc.constantFrom(
    'all',
    'a',
    'mx/24',
    'ptr',
    'ip4:192.0.2.0/24',
    'ip6:2001:db8::/32',
    'include:a.test',
    'exists:%{ir}.a.test',
    'a:b.test//64',
    'x=%{d}',
  );
  const bad = fc.constantFrom(
    'foo',
    'a/33',
    'ip4:1.2.3',
    'include',
    '%',
    'all/8',
    'a:com',
    'exists:%{q}.test',
  );

  it('SPF-5: text of any kind is read or refused, never thrown at', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseTerms(text)));
    fc.assert(
      fc.property(fc.array(fc.oneof(good, bad, fc.string())), (terms) => void parseTerms(terms.join(' '))),
    );
  });

  it('SPF-5: a record as long as DNS allows takes no time', () => {
    const long = 'a'.repeat(65_000);
    const start = performance.now();
    for (const text of [
      `a:x.${long}!`,
      `a:x.${long}-!`,
      `a:${'a/1'.repeat(20_000)}`,
      `${long}!`,
      'a '.repeat(30_000),
    ]) {
      parseTerms(text);
    }
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('SPF-5: one wrong term anywhere makes the record wrong', () => {
    fc.assert(
      fc.property(fc.array(good), bad, fc.array(good), (before, wrong, after) => {
        expect(isValid([...before, ...after].join(' '))).toBe(true);
        expect(isValid([...before, wrong, ...after].join(' '))).toBe(false);
      }),
    );
  });

  it('SPF-5: every term keeps its text and its place', () => {
    const directive = fc.constantFrom('-all', 'a', '~mx/24', 'ip4:192.0.2.0/24', '?exists:%{ir}.a.test');
    fc.assert(
      fc.property(fc.array(directive), (terms) => {
        const parsed = parseTerms(terms.join('  '));
        expect(parsed.ok && parsed.record.directives.map(({ text }) => text)).toEqual(terms);
      }),
    );
  });
});
