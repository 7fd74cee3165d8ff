import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BitsParticipant,
  compareBitsRegistrations,
  fillBitsDeclaration,
  fillBitsRegistration,
  parseDomainList,
  bitsListFormat,
  readBitsDocument,
  writeBitsDocument,
} from '../../src/scheme/index.js';
import { printable } from '../../src/core/printable.js';
import { csv, NOW } from './lists.js';

const SCRIPT = fileURLToPath(new URL('read_html.py', import.meta.url));

const member: BitsParticipant = {
  organization: 'Medlem & Sønner AS',
  organizationNumber: '916960190',
  administrator: { name: 'Forvalter TLS', email: 'tls@medlem.example' },
  technical: { email: 'drift@medlem.example', telephone: '+47 22 00 00 00' },
  enrolled: '2026-09-01',
  domains: ['medlem.example', 'medlem-bank.example'],
  rejectsPlaintext: true,
  signature: { name: 'Kari Nordmann', date: '2026-08-15' },
};

describe('appendix 2, the registration', () => {
  it('BITS-A2, BITS-5.1.4, BITS-5.5: the fields of the form in its order, Ja or Nei', () => {
    expect(writeBitsDocument(fillBitsRegistration(member), 'text')).toBe(
      `Registration for forced TLS

Information about the business:
  Org.no.: 916960190
  Name of administrator: Forvalter TLS
  Administrator e-mail: tls@medlem.example
  Technical contact e-mail: drift@medlem.example
  Technical contact telephone number: +47 22 00 00 00
  Date of enrolment: 2026-09-01
  Forced TLS Domain(s): medlem.example, medlem-bank.example
  Requirement 5.2.4 support: Ja
`,
    );
    const without = fillBitsRegistration({ ...member, rejectsPlaintext: false });
    expect(writeBitsDocument(without, 'markdown')).toContain('| Requirement 5.2.4 support | Nei |');
  });

  it('BITS-A2, BITS-5.5: what it says stands on the list as the list wants it', () => {
    const { organizationNumber, domains, enrolled, rejectsPlaintext } = fillBitsRegistration(member);
    const row = [
      member.organization,
      organizationNumber,
      domains.join(' '),
      enrolled,
      rejectsPlaintext ? 'Ja' : 'Nei',
    ];
    const reading = parseDomainList(Buffer.from(csv([row.join(';')])), { format: bitsListFormat, now: NOW });
    expect(reading).toMatchObject({ kind: 'list', list: { accepted: 1, reported: 0, problems: [] } });
  });

  it('BITS-5.3.2: the administrator has a mailbox', () => {
    const administrator = { name: 'Forvalter', email: 'forvalter' };
    expect(() => fillBitsRegistration({ ...member, administrator })).toThrowError(
      expect.objectContaining({ code: 'address-invalid' }),
    );
  });

  it('BITS-5.3.3: a change is told with what it was and what it is', () => {
    const before = fillBitsRegistration(member);
    expect(compareBitsRegistrations(before, before)).toBeNull();
    const after = fillBitsRegistration({
      ...member,
      administrator: { ...member.administrator, email: 'post@medlem.example' },
      rejectsPlaintext: false,
    });
    const change = compareBitsRegistrations(before, after);
    expect(change).toEqual({
      document: 'change',
      organizationNumber: '916960190',
      changes: [
        { field: 'Administrator e-mail', from: 'tls@medlem.example', to: 'post@medlem.example' },
        { field: 'Requirement 5.2.4 support', from: 'Ja', to: 'Nei' },
      ],
    });
    expect(change && writeBitsDocument(change, 'text')).toBe(
      `Change of registration for forced TLS

Information about the business:
  Org.no.: 916960190

Administrator e-mail:
  Was: tls@medlem.example
  Is now: post@medlem.example

Requirement 5.2.4 support:
  Was: Ja
  Is now: Nei
`,
    );
  });
});

describe('appendix 1, the declaration', () => {
  const text = writeBitsDocument(fillBitsDeclaration(member), 'text');

  it('BITS-A1, BITS-5.1.5, BITS-5.1.6: who declares what for which domains, and room to sign', () => {
    expect(text).toMatch(
      /^Declaration of conformity\n\nOrganization:\n {2}Organization: Medlem & Sønner AS\n/,
    );
    expect(text).toContain('  medlem.example\n  medlem-bank.example\n');
    expect(text).toMatch(/receives mail of companies on the Domain List for Forced TLS only over TLS/);
    expect(text).toMatch(/sends mail to the domains on that list only over TLS/);
    expect(text).toMatch(/technical contacts may be shared/);
    expect(text).toMatch(/Date: 2026-08-15\n {2}Name: Kari Nordmann\n {2}Signature: _+\n$/);
  });

  it('BITS-A1: a text that declares something else is not read as this declaration', () => {
    for (const changed of [
      text.replace('only over TLS.', 'over TLS.'),
      text.replace(/.*may be shared.*\n/, ''),
    ]) {
      expect(() => readBitsDocument(changed)).toThrowError(
        expect.objectContaining({ code: 'registration-unreadable' }),
      );
    }
  });

  it('BITS-A1: lines that a mail program has wrapped, and a hand that has signed, do not matter', () => {
    const wrapped = text.replace('companies on the', 'companies\r\n  on the').replace(/_+/, 'Kari N.');
    expect(readBitsDocument(`\u{feff}${wrapped}`)).toEqual(fillBitsDeclaration(member));
  });
});

const anything = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom(...Array.from(`:,;"'<>&|\\*_\`[]{}()#- =/aé漢`)), maxLength: 12 }),
    fc.constantFrom('Name: x', 'Domains:', 'Declaration of conformity', '{', '</td>', '&amp;', 'Ja'),
  )
  .map((text) => text.trim())
  .filter((text) => text !== '' && printable(text, 200) === text);
const day = fc
  .date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2099-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const email = fc.constantFrom('a@member.test', '"a: b"@member.test', 'å@member.test');
const participant: fc.Arbitrary<BitsParticipant> = fc.record({
  organization: anything,
  organizationNumber: fc.constantFrom('916960190', '916 960 190', 'SE556000-0000'),
  administrator: fc.record({ name: anything, email }),
  technical: fc.record({ email, telephone: fc.constantFrom('+47 22 00', '08-1 (2)') }),
  enrolled: day,
  domains: fc.uniqueArray(
    fc.domain({ size: 'small' }).map((name) => name.toLowerCase()),
    { minLength: 1, maxLength: 4 },
  ),
  rejectsPlaintext: fc.boolean(),
  signature: fc.record({ name: anything, date: day }),
});

describe('read back', () => {
  it.each(['text', 'json'] as const)('BITS-A1, BITS-A2: %s gives the same documents', (format) => {
    fc.assert(
      fc.property(participant, (record) => {
        for (const filled of [fillBitsDeclaration(record), fillBitsRegistration(record)])
          for (const mark of ['', '\u{feff}'])
            expect(readBitsDocument(`${mark}${writeBitsDocument(filled, format)}`)).toEqual(filled);
      }),
    );
  });

  it('BITS-A1, BITS-A2: HTML holds each value as it is, and no tag but its own, as CPython reads it', () => {
    const records = fc.sample(participant, { numRuns: 50, seed: 7 });
    const pages = records.flatMap((record) =>
      [fillBitsDeclaration(record), fillBitsRegistration(record)].map((each) =>
        writeBitsDocument(each, 'html'),
      ),
    );
    const read = JSON.parse(
      execFileSync('python3', [SCRIPT], { input: JSON.stringify(pages), encoding: 'utf8' }),
    ) as { tags: string[]; texts: string[] }[];
    const own = ['section', 'h1', 'h2', 'table', 'tr', 'th', 'td', 'ul', 'li'];
    for (const [index, record] of records.entries()) {
      const [declaration, registration] = [read[2 * index], read[2 * index + 1]];
      expect(
        [...(declaration?.tags ?? []), ...(registration?.tags ?? [])].filter((tag) => !own.includes(tag)),
      ).toEqual([]);
      expect(declaration?.texts).toEqual(
        expect.arrayContaining([record.organization, ...record.domains, record.signature.name]),
      );
      expect(registration?.texts).toEqual([
        record.organizationNumber,
        record.administrator.name,
        record.administrator.email,
        record.technical.email,
        record.technical.telephone,
        record.enrolled,
        record.domains.join(', '),
        record.rejectsPlaintext ? 'Ja' : 'Nei',
      ]);
    }
  });
});

describe('what is wrong is said', () => {
  const changed = (changes: Record<string, unknown>): BitsParticipant => ({ ...member, ...changes });

  it.each<[string, BitsParticipant, string, RegExp]>([
    ['a slip in a key', changed({ organisation: 'x' }), 'option-unknown', /did you mean "organization"/],
    ['a wrong digit', changed({ organizationNumber: '916960191' }), 'registration-invalid', /nine digits/],
    ['eight digits', changed({ organizationNumber: '91696019' }), 'registration-invalid', /nine digits/],
    ['no date', changed({ enrolled: '01.09.2026' }), 'registration-invalid', /enrolled: .*2027-01-31/],
    ['no such day', changed({ enrolled: '2026-02-30' }), 'registration-invalid', /enrolled/],
    ['an answer in words', changed({ rejectsPlaintext: 'Ja' }), 'registration-invalid', /true or false/],
    ['no domain', changed({ domains: [] }), 'registration-invalid', /domains/],
    [
      'no telephone',
      changed({ technical: { email: 'a@b.example', telephone: 'x' } }),
      'registration-invalid',
      /telephone/,
    ],
    [
      'nobody signs',
      changed({ signature: { date: '2026-08-15' } }),
      'registration-invalid',
      /signature\.name/,
    ],
  ])('BITS-A1, BITS-A2: %s', (_title, record, code, message) => {
    expect(() => fillBitsDeclaration(record)).toThrowError(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  const text = writeBitsDocument(fillBitsRegistration(member), 'text');
  it.each<[string, string, string]>([
    ['the English word', text.replace(': Ja', ': Yes'), 'registration-invalid'],
    ['a slip in a title', text.replace('Org.no.', 'Orgno'), 'registration-unreadable'],
    ['a field that is missing', text.replace(/ {2}Date of.*\n/, ''), 'registration-invalid'],
    ['a field twice', text.replace(/( {2}Date of.*\n)/, '$1$1'), 'registration-unreadable'],
    ['another document', '{"document":"invoice"}', 'registration-invalid'],
    ['no JSON', '{', 'registration-unreadable'],
  ])('BITS-A2, BITS-5.5: text: %s', (_title, wrong, code) => {
    expect(() => readBitsDocument(wrong)).toThrowError(expect.objectContaining({ code }));
  });
});
