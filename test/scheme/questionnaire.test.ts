import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { printable } from '../../src/core/printable.js';
import { parseTable } from '../../src/policy/from-table.js';
import {
  certificateFacts,
  fillQuestionnaire,
  type ParticipantInput,
  type ParticipantWithHosts,
  readQuestionnaire,
  writeQuestionnaire,
} from '../../src/scheme/index.js';
import { createSender, type Sender } from '../../src/sender.js';
import { createWorld, type World } from '../../src/testing/world.js';

const SCRIPT = fileURLToPath(new URL('read_html.py', import.meta.url));

const contact = {
  name: 'Anna Ek',
  email: 'anna@member.test',
  role: 'CISO',
  telephone: '+46 8 123 45',
  department: 'IT',
};
const member: ParticipantWithHosts = {
  company: {
    name: 'Member AB',
    organizationNumber: '556000-0000',
    streetAddress: 'Gatan 1',
    postcode: '111 11 Stockholm',
    country: 'Sweden',
  },
  administrative: contact,
  technical: { ...contact, name: 'Bo Berg', email: 'bo@member.test' },
  domains: ['member.test', 'member.example'],
  authority: { issuer: 'Test CA 1', root: 'Test Root' },
  hosts: [{ host: 'mx1.member.test', address: '192.0.2.1', cn: 'mx1.member.test', validUntil: '2027-01-31' }],
  implementation: '2026-12-01T09:00Z',
};

describe('the form', () => {
  it('FI-22: the first edition asks for company, contacts, domains and authority', () => {
    expect(writeQuestionnaire(fillQuestionnaire(member, { edition: 'first' }), 'text')).toBe(`Questionnaire

Company Information:
  Company name: Member AB
  Organization number: 556000-0000
  Street address: Gatan 1
  Postcode: 111 11 Stockholm
  Country: Sweden

Administrative Contact Information:
  Name: Anna Ek
  E-mail: anna@member.test
  Title/role: CISO
  Telephone number: +46 8 123 45
  Department: IT

Technical Contact Information:
  Name: Bo Berg
  E-mail: bo@member.test
  Title/role: CISO
  Telephone number: +46 8 123 45
  Department: IT

Domains:
  member.test
  member.example

CA used for the TLS certificate:
  Issuing CA: Test CA 1
  Root certificate: Test Root
`);
  });

  it('FI-22, FI-23: the second asks for hosts and a date as well, written YY:MM:DD', () => {
    const [first, second] = (['first', 'second'] as const).map((edition) =>
      writeQuestionnaire(fillQuestionnaire(member, { edition }), 'text'),
    );
    expect(second).toBe(`${first}
Certificate details:
  mx1.member.test, IP: 192.0.2.1 CN=mx1.member.test Valid until 27:01:31

Date and time for implementation:
  26:12:01 09:00 UTC
`);
    expect(writeQuestionnaire(fillQuestionnaire(member), 'text')).toBe(second);
  });

  it('FI-23: its date is good for a rule', () => {
    const [rule] = parseTable([{ match: 'fi.se', effectiveFrom: member.implementation }]);
    expect(rule?.effectiveFrom).toBe(Date.UTC(2026, 11, 1, 9));
  });

  it('FI-22: Markdown, in which no value becomes markup', () => {
    const filled = fillQuestionnaire({
      ...member,
      company: { ...member.company, name: 'A|B <b> [x](y) `z` *w*' },
    });
    const page = writeQuestionnaire(filled, 'markdown');
    expect(page).toContain(String.raw`| Company name | A\|B \<b\> \[x\]\(y\) \`z\` \*w\* |`);
    expect(page).toContain('- mx1.member.test, IP: 192.0.2.1 CN=mx1.member.test Valid until 27:01:31');
    expect(page).toContain('## Date and time for implementation\n\n- 26:12:01 09:00 UTC');
  });
});

describe('facts of a dry run', () => {
  const host = 'mx1.partner.example';
  let world: World;
  let sender: Sender;
  beforeAll(async () => {
    world = await createWorld({ zones: { 'partner.example': { mx: [host] } }, servers: { [host]: {} } });
    sender = createSender(world.senderOptions());
  });
  afterAll(async () => {
    await sender.close();
    await world.close();
  });

  it('FI-22, FI-23: fill hosts and authority; what the record says goes before', async () => {
    const certificates = certificateFacts(await sender.dryRun('partner.example'));
    const { authority, hosts, ...rest } = member;
    const filled = fillQuestionnaire(rest, { certificates });
    expect(filled.participant).toMatchObject({
      hosts: [{ host, cn: host }],
      authority: { issuer: 'Test Root Intermediate', root: 'Test Root' },
    });
    expect(fillQuestionnaire(member, { certificates }).participant).toEqual({ ...rest, authority, hosts });
  });
});

/** Anything that stands on one line, with what the four formats could take for their own. */
const anything = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom(...Array.from(`:,;"'<>&|\\*_\`[]{}()#- =/aé漢`)), maxLength: 12 }),
    fc.constantFrom('Name: x', 'Domains:', 'Questionnaire', '{', '</td>', '&amp;', ' Valid until 27:01:31x'),
  )
  .map((text) => text.trim())
  .filter((text) => text !== '' && printable(text, 200) === text);
const domain = fc.domain({ size: 'small' }).map((name) => name.toLowerCase());
const day = fc
  .date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2099-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
const person = fc.record({
  name: anything,
  email: fc.constantFrom('a@member.test', '"a: b"@member.test', 'å@member.test'),
  role: anything,
  telephone: fc.constantFrom('+46 8 123', '08-1 (2)'),
  department: anything,
});
const participant: fc.Arbitrary<ParticipantWithHosts> = fc.record({
  company: fc.record({
    name: anything,
    organizationNumber: anything,
    streetAddress: anything,
    postcode: anything,
    country: anything,
  }),
  administrative: person,
  technical: person,
  domains: fc.uniqueArray(domain, { minLength: 1, maxLength: 4 }),
  authority: fc.record({ issuer: anything, root: anything }),
  hosts: fc.array(
    fc.record({
      host: domain,
      address: fc.oneof(fc.ipV4(), fc.ipV6()),
      cn: anything,
      validUntil: day.map((text) => text.slice(0, 10)),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  implementation: day.map((text) => `${text.slice(0, 16)}Z`),
});
const edition = fc.constantFrom('first' as const, 'second' as const);

describe('read back', () => {
  it.each(['text', 'json'] as const)('FI-22, FI-23: %s gives the same questionnaire', (format) => {
    fc.assert(
      fc.property(participant, edition, (record, which) => {
        const filled = fillQuestionnaire(record, { edition: which });
        expect(readQuestionnaire(writeQuestionnaire(filled, format))).toEqual(filled);
      }),
    );
  });

  it('FI-22: text whose line ends, blank lines and case a mail program changed', () => {
    const filled = fillQuestionnaire(member);
    const text = writeQuestionnaire(filled, 'text');
    const changed = `\u{feff}\r\n${text.replaceAll('\n', ' \r\n\r\n').replace('Domains:', 'DOMAINS')}`;
    expect(readQuestionnaire(changed)).toEqual(filled);
    expect(readQuestionnaire(`\u{feff}${text.replace('Questionnaire\n\n', '')}`)).toEqual(filled);
  });

  it('FI-22: HTML holds each value as it is, and no tag but its own, as CPython reads it', () => {
    const filled = fc
      .sample(participant, { numRuns: 100, seed: 7 })
      .map((record) => fillQuestionnaire(record));
    const pages = filled.map((each) => writeQuestionnaire(each, 'html'));
    const read = JSON.parse(
      execFileSync('python3', [SCRIPT], { input: JSON.stringify(pages), encoding: 'utf8' }),
    ) as { tags: string[]; texts: string[] }[];
    const own = ['section', 'h1', 'h2', 'table', 'tr', 'th', 'td', 'ul', 'li'];
    for (const [index, { tags, texts }] of read.entries()) {
      const record = filled[index]?.participant as ParticipantWithHosts;
      expect(tags.filter((tag) => !own.includes(tag))).toEqual([]);
      expect(texts.slice(0, 5)).toEqual(Object.values(record.company));
      expect(texts).toContain(record.authority.root);
      expect(texts).toHaveLength(17 + record.domains.length + record.hosts.length + 1);
    }
  });
});

describe('what is wrong is said', () => {
  const changed = (changes: Record<string, unknown>): ParticipantInput => ({ ...member, ...changes });
  const [first] = member.hosts;

  it.each<[string, ParticipantInput, string, RegExp]>([
    ['a slip in a key', changed({ compny: {} }), 'option-unknown', /did you mean "company"/],
    [
      'a slip in a field',
      changed({ technical: { ...contact, emial: 'x' } }),
      'option-unknown',
      /technical.*did you mean "email"/,
    ],
    [
      'no department',
      changed({ technical: { ...contact, department: undefined } }),
      'questionnaire-invalid',
      /technical\.department/,
    ],
    ['blanks', changed({ technical: { ...contact, role: ' ' } }), 'questionnaire-invalid', /technical\.role/],
    ['two lines', changed({ technical: { ...contact, role: 'a\nb' } }), 'questionnaire-invalid', /one line/],
    [
      'hidden marks',
      changed({ technical: { ...contact, role: 'a\u{202e}b' } }),
      'questionnaire-invalid',
      /one line/,
    ],
    [
      'too long',
      changed({ technical: { ...contact, role: 'x'.repeat(201) } }),
      'questionnaire-invalid',
      /200/,
    ],
    [
      'no mailbox',
      changed({ technical: { ...contact, email: 'anna' } }),
      'address-invalid',
      /technical\.email/,
    ],
    [
      'no number',
      changed({ technical: { ...contact, telephone: 'none' } }),
      'questionnaire-invalid',
      /telephone/,
    ],
    ['no domain', changed({ domains: [] }), 'questionnaire-invalid', /domains: .* got a list of 0/],
    ['a bad domain', changed({ domains: ['a b'] }), 'domain-invalid', /domains\[0\]/],
    [
      'a domain twice',
      changed({ domains: ['a.test', 'A.test'] }),
      'questionnaire-invalid',
      /each domain once/,
    ],
    ['no authority', changed({ authority: undefined }), 'questionnaire-invalid', /authority/],
    ['no host', changed({ hosts: undefined }), 'questionnaire-invalid', /hosts/],
    [
      'a bad address',
      changed({ hosts: [{ ...first, address: 'x' }] }),
      'questionnaire-invalid',
      /hosts\[0\]\.address/,
    ],
    [
      'no such day',
      changed({ hosts: [{ ...first, validUntil: '2027-02-30' }] }),
      'questionnaire-invalid',
      /validUntil/,
    ],
    [
      'another century',
      changed({ hosts: [{ ...first, validUntil: '2127-01-01' }] }),
      'questionnaire-invalid',
      /validUntil/,
    ],
    [
      'no such hour',
      changed({ implementation: '2027-01-31T24:00Z' }),
      'questionnaire-invalid',
      /implementation/,
    ],
  ])('FI-22, FI-23: %s', (_title, record, code, message) => {
    expect(() => fillQuestionnaire(record)).toThrowError(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it('FI-22: an edition or a format that is none', () => {
    expect(() => fillQuestionnaire(member, { edition: 'secnd' as never })).toThrowError(
      /did you mean "second"/,
    );
    expect(() => writeQuestionnaire(fillQuestionnaire(member), 'txt' as never)).toThrowError(
      /did you mean "text"/,
    );
  });

  const text = writeQuestionnaire(fillQuestionnaire(member), 'text');
  it.each<[string, string, RegExp]>([
    ['a slip in a section', text.replace('Domains:', 'Domans:'), /line 24: .*did you mean "Domains"/],
    ['a slip in a title', text.replace('Postcode:', 'Postcod:'), /line 7: .*did you mean "Postcode"/],
    ['no colon', text.replace('Country: Sweden', 'Sweden'), /line 8: expected "title: value"/],
    ['a section twice', `${text}\nDomains:\n  a.test\n`, /twice/],
    ['a field twice', text.replace('Country: Sweden', 'Postcode: 1'), /twice/],
    ['another date', text.replace('26:12:01', '2026-12-01'), /YY:MM:DD HH:MM UTC/],
    ['two dates', `${text}  26:12:02 09:00 UTC\n`, /expected one date/],
    ['another host', text.replace(' Valid until', ' until'), /Valid until YY:MM:DD/],
    ['no title before', `  x\n${text}`, /line 1: expected the title/],
    ['no JSON', '{', /no JSON/],
  ])('FI-22, FI-23: text: %s', (_title, changedText, message) => {
    expect(() => readQuestionnaire(changedText)).toThrowError(
      expect.objectContaining({ code: 'questionnaire-unreadable', message: expect.stringMatching(message) }),
    );
  });

  it('FI-22, FI-23: text of the second edition that lost its hosts or its date is not taken for the first', () => {
    const lost = text.replace(/Certificate details:\n.*\n/, '');
    expect(() => readQuestionnaire(lost)).toThrowError(/hosts/);
    expect(() => readQuestionnaire(text.replace(/Date and time.*\n.*\n/, ''))).toThrowError(/implementation/);
  });
});
