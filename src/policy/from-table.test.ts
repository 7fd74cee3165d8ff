import { describe, expect, it } from 'vitest';
import { bcp195Suites, FI_FORBIDDEN, finansinspektionenSuites } from '../tls/suite-profiles.js';
import { findRule, parseTable, type TableRule, writeMatch } from './from-table.js';

const parse = (rule: object) => parseTable([{ match: 'a.test', ...rule } as TableRule])[0];

describe('suites in a rule', () => {
  it('CV-15: either name of a forbidden suite is read, and kept as it is registered', () => {
    const forbidden = ['ECDHE-RSA-AES128-SHA', 'TLS_RSA_WITH_AES_128_CBC_SHA'];
    const rule = parse({ ciphers: { ...bcp195Suites, forbidden } });
    expect(rule?.ask.ciphers?.forbidden).toEqual([
      'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
      'TLS_RSA_WITH_AES_128_CBC_SHA',
    ]);
  });

  it('CV-15: one that nobody knows is refused', () => {
    const ciphers = { ...bcp195Suites, forbidden: ['ECDHE-RSA-AES128-SHA1'] };
    expect(() => parse({ ciphers })).toThrowError(expect.objectContaining({ code: 'suite-unknown' }));
  });

  it('CV-6, FI-13: the list of the notice can be written; a floor under 112 bits cannot', () => {
    expect(parse({ ciphers: finansinspektionenSuites })?.ask.ciphers?.forbidden).toEqual(FI_FORBIDDEN);
    const low = { ...bcp195Suites.minimum, bits: 40 };
    expect(() => parse({ ciphers: { ...bcp195Suites, minimum: low } })).toThrow(/at least 112 bits, got 40/);
    expect(() => parse({ ciphers: { ...bcp195Suites, recommended: low } })).toThrow(/at least 112 bits/);
    const none = { ...low, bits: Number.NaN };
    expect(() => parse({ ciphers: { ...bcp195Suites, minimum: none } })).toThrow(/at least 112 bits/);
  });
});

describe('which rule', () => {
  const table = parseTable([
    { match: '*.group.test' },
    { match: '*.partner.group.test' },
    { match: 'partner.group.test' },
    { match: 'mail.partner.group.test' },
  ]);
  const found = (domain: string): string | null => {
    const rule = findRule(table, domain);
    return rule === null ? null : writeMatch(rule);
  };

  it.each([
    ['mail.partner.group.test', 'mail.partner.group.test'],
    ['www.partner.group.test', '*.partner.group.test'],
    ['a.b.partner.group.test', '*.partner.group.test'],
    ['partner.group.test', 'partner.group.test'],
    ['other.group.test', '*.group.test'],
    ['xpartner.group.test', '*.group.test'],
    ['group.test', null],
    ['xgroup.test', null],
  ])('FAQ-8: for %s it is %s', (domain, expected) => {
    expect(found(domain)).toBe(expected);
  });

  it('SM-13, FAQ-8: a first label is less than a name and more than all that lies below one', () => {
    const rules = parseTable([
      { match: 'SecureMail.*' },
      { match: '*.group.test' },
      { match: 'securemail.own.test' },
    ]);
    const match = (domain: string): string | null => {
      const rule = findRule(rules, domain);
      return rule === null ? null : writeMatch(rule);
    };
    expect(match('securemail.group.test')).toBe('securemail.*');
    expect(match('securemail.own.test')).toBe('securemail.own.test');
    expect(match('securemail.a.b.test')).toBe('securemail.*');
    expect(match('securemailx.group.test')).toBe('*.group.test');
    expect(match('x.securemail.test')).toBe(null);
    for (const wrong of ['*', '.*', '*.*', 'a.b.*', '-a.*', 'a*.test']) {
      expect(() => parseTable([{ match: wrong }]), wrong).toThrow(
        expect.objectContaining({ code: 'domain-invalid' }),
      );
    }
  });

  it('FAQ-8, AT-39: two rules for one domain, in whatever form, are refused', () => {
    for (const [a, b] of [
      ['a.test', 'A.TEST.'],
      ['bücher.test', 'xn--bcher-kva.test'],
      ['*.a.test', '*.A.test'],
      ['a.*', 'A.*'],
    ] as const) {
      expect(() => parseTable([{ match: a }, { match: b }])).toThrowError(
        expect.objectContaining({ code: 'rule-doubled' }),
      );
    }
    expect(parseTable([{ match: 'a.test' }, { match: '*.a.test' }])).toHaveLength(2);
  });
});

describe('waivers in a rule', () => {
  const waiver = { check: 'validity', reason: 'renewal', approvedBy: 'officer', until: '2027-01-31' };
  const locked = { locked: true, waive: [waiver] };
  it.each([
    ['no reason', { waive: [{ ...waiver, reason: ' ' }] }, /"reason" and "approvedBy" are required/],
    [
      'nobody who approved',
      { waive: [{ ...waiver, approvedBy: '' }] },
      /"reason" and "approvedBy" are required/,
    ],
    ['no date', { waive: [{ ...waiver, until: '' }] }, /ISO date/],
    ['a date that is none', { waive: [{ ...waiver, until: '2027-02-45' }] }, /ISO date/],
    ['for ever', { waive: [{ ...waiver, until: 'never' }] }, /ISO date/],
    ['all checks', { waive: [{ ...waiver, check: '*' }] }, /expected a check, one of starttls/],
    ['a word too many', { waive: [{ ...waiver, untill: '2027-01-31' }] }, /did you mean "until"/],
    ['a locked rule', locked, /a locked rule cannot be waived/],
  ])('are refused with %s', (_title, rule, text) => {
    expect(() => parse(rule)).toThrow(text);
  });

  it('are read to the millisecond', () => {
    expect(parse({ waive: [waiver] })?.waivers).toEqual([{ ...waiver, until: Date.UTC(2027, 0, 31) }]);
  });
});
