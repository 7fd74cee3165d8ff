import { describe, expect, it } from 'vitest';
import { bitsListFormat, checkFormat } from '../../src/scheme/domain-list-format.js';
import { csv, listOf, problemsOf, read, TITLES } from './lists.js';

const domainsOf = (text: string | Uint8Array): string[] => listOf(text).entries.map(({ domain }) => domain);

describe('the list of Bits as delimited text', () => {
  it('BITS-5.5: company, id, domain, date of enrolment, Ja or Nei; the company id may be empty', () => {
    const list = listOf(
      csv([
        'Eksempel AS;900000001;eksempel.test;2024-02-01;Ja',
        'Prøve Forening;;proeve.test;2024-02-01;Nei',
      ]),
    );
    expect(list).toMatchObject({ rows: 2, accepted: 2, reported: 0, missingColumns: [] });
    expect(list.entries).toEqual([
      {
        domain: 'eksempel.test',
        company: 'Eksempel AS',
        companyId: '900000001',
        enrolled: '2024-02-01',
        rejectsPlaintext: true,
        technicalEmail: null,
        technicalTelephone: null,
        line: 2,
      },
      {
        domain: 'proeve.test',
        company: 'Prøve Forening',
        companyId: null,
        enrolled: '2024-02-01',
        rejectsPlaintext: false,
        technicalEmail: null,
        technicalTelephone: null,
        line: 3,
      },
    ]);
  });

  it('BITS-5.3.5: the list for participants names whom to ask, also for rows that go on with the one above', () => {
    const titles = [...TITLES, 'Technical contact e-mail', 'Technical contact telephone number'];
    const rows = [
      'A AS;1;a.test;2024-02-01;Ja;drift@a.test;+47 22 00 00 00',
      ';;b.test;;;;',
      'C AS;2;c.test;2024-02-01;Nei;;',
    ];
    const list = listOf([titles.join(';'), ...rows].join('\n'));
    expect(list).toMatchObject({ accepted: 3, reported: 0, missingColumns: [] });
    expect(list.entries.map((entry) => [entry.technicalEmail, entry.technicalTelephone])).toEqual([
      ['drift@a.test', '+47 22 00 00 00'],
      ['drift@a.test', '+47 22 00 00 00'],
      [null, null],
    ]);
  });

  it('BITS-5.5: Yes and a date in another notation are two errors of one row, whose domain still counts', () => {
    const list = listOf(csv(['X AS;1;x.test;01.02.2024;Yes']));
    expect(problemsOf(list)).toEqual(['2 date-invalid', '2 answer-invalid']);
    expect(list).toMatchObject({ rows: 1, accepted: 0, reported: 1 });
    expect(list.entries).toMatchObject([{ domain: 'x.test', enrolled: null, rejectsPlaintext: null }]);
  });

  const plain = csv(['Bank AS;1;a.test;2024-02-01;Ja', 'Øre & Ære ASA;2;b.test;2024-02-01;Nei']);
  it.each([
    ['semicolons', plain],
    ['commas', plain.replaceAll(';', ',')],
    ['tabs', plain.replaceAll(';', '\t')],
    ['LF', plain.replaceAll('\r\n', '\n')],
    ['CR', plain.replaceAll('\r\n', '\r')],
    ['sep= as the first line', `sep=;\r\n${plain}`],
    ['all fields quoted', plain.replaceAll(/[^;\r\n]+/g, '"$&"')],
    ['a byte order mark', `\ufeff${plain}`],
    ['UTF-16, little-endian', Buffer.from(`\ufeff${plain}`, 'utf16le')],
    ['UTF-16, big-endian', Buffer.from(`\ufeff${plain}`, 'utf16le').swap16()],
    ['Windows-1252', Buffer.from(plain, 'latin1')],
    ['titles in other case', plain.replace('Domain with forced TLS', ' DOMAIN  with forced tls:')],
    ['a date and a blank row above', `\r\nOppdatert;;;;\r\n${plain}`.replace('Oppdatert', '')],
  ])('BITS-5.5: %s', (_title, text) => {
    const list = listOf(text);
    expect(list.entries.map(({ domain, company }) => [domain, company])).toEqual([
      ['a.test', 'Bank AS'],
      ['b.test', 'Øre & Ære ASA'],
    ]);
    expect(list).toMatchObject({ rows: 2, accepted: 2, reported: 0 });
  });

  it('RFC 4180 §2: quoted fields with delimiters, quotes and line ends', () => {
    const list = listOf(
      csv(['"Bank; ""Nord""\r\nASA" ;1;"a.test";2024-02-01;Ja', 'B "2" AS;2;b.test;2024-02-01;Nei']),
    );
    expect(list.entries.map(({ company, line }) => [company, line])).toEqual([
      ['Bank; "Nord"\r\nASA', 2],
      ['B "2" AS', 4],
    ]);
    expect(list.reported).toBe(0);
  });

  it('BITS-5.5: IDN domains in every form are the one that is compared', () => {
    const rows = ['blåbær.test', 'BLÅBÆR.test.', 'bla\u030abær.test', 'xn--blbr-roah.test'].map(
      (domain) => `A;1;${domain};2024-02-01;Ja`,
    );
    const list = listOf(csv(rows));
    expect(list.entries.map(({ domain }) => domain)).toEqual(['xn--blbr-roah.test']);
    expect(problemsOf(list)).toEqual(['3 domain-doubled', '4 domain-doubled', '5 domain-doubled']);
  });

  it('BITS-P2: several domains in a cell are several entries', () => {
    const row = 'A;1;"a.test, b.test\nc.test; d.test";2024-02-01;Ja';
    expect(domainsOf(csv([row]))).toEqual(['a.test', 'b.test', 'c.test', 'd.test']);
  });

  it('BITS-P2: a row without a company goes on with the one above it', () => {
    const list = listOf(csv(['A;1;a.test;2024-02-01;Ja', ';;b.test;;', ';1;c.test;2025-01-01;Nei']));
    expect(
      list.entries.map(({ company, enrolled, rejectsPlaintext }) => [company, enrolled, rejectsPlaintext]),
    ).toEqual([
      ['A', '2024-02-01', true],
      ['A', '2024-02-01', true],
      ['A', '2025-01-01', false],
    ]);
    expect(list.reported).toBe(0);
  });

  it.each([
    ['a company that is missing', ';2;b.test;2024-02-01;Ja', ['3 cell-empty'], 2],
    ['no domain', 'B;2;;2024-02-01;Ja', ['3 cell-empty'], 1],
    ['a domain and one that is none', 'B;2;b.test not_a_domain;2024-02-01;Ja', ['3 domain-invalid'], 2],
    ['a single label', 'B;2;no;2024-02-01;Ja', ['3 domain-invalid'], 1],
    ['an address', 'B;2;192.0.2.1;2024-02-01;Ja', ['3 domain-invalid'], 1],
    ['a wildcard', 'B;2;*.b.test;2024-02-01;Ja', ['3 domain-invalid'], 2],
    ['a dot in front', 'B;2;.b.test;2024-02-01;Ja', ['3 domain-invalid'], 2],
    ['a mailbox', 'B;2;tls@b.test;2024-02-01;Ja', ['3 domain-invalid'], 2],
    ['an address of the web', 'B;2;https://b.test/tls;2024-02-01;Ja', ['3 domain-invalid'], 2],
    ['a wildcard of a single label', 'B;2;*.no;2024-02-01;Ja', ['3 domain-invalid'], 1],
    ['a day that does not exist', 'B;2;b.test;2024-02-31;Ja', ['3 date-invalid'], 2],
    ['a date far ahead', 'B;2;b.test;2042-02-01;Ja', ['3 date-far'], 2],
    ['cells that are missing', 'B;2;b.test', ['3 cells-missing', '3 cell-empty', '3 cell-empty'], 2],
    ['cells too many', 'B;2;b.test;2024-02-01;Ja;;x', ['3 cells-surplus'], 2],
    ['text behind a quote', '"B"x;2;b.test;2024-02-01;Ja', ['3 notation'], 2],
    ['the titles once more', TITLES.join(';'), ['3 titles-repeated'], 1],
  ])('BITS-P2: reports %s by line', (_title, row, problems, entries) => {
    const list = listOf(csv(['A;1;a.test;2024-02-01;Ja', row]));
    expect(problemsOf(list)).toEqual(problems);
    expect(list).toMatchObject({ rows: 2, accepted: 1, reported: 1 });
    expect(list.entries).toHaveLength(entries);
  });

  it('BITS-P2, BITS-5.2.3: a domain with what people write around it, and dashes of a word processor, counts', () => {
    const cells = [
      '*.a.test',
      '.b.test',
      '@c.test',
      'tls@d.test',
      'https://e.test:443/x',
      'my\u2011bank.test',
      'f\u2013g.test',
    ];
    const list = listOf(csv(cells.map((cell, i) => `A;${i};${cell};2024-02-01;Ja`)));
    const read = ['a.test', 'b.test', 'c.test', 'd.test', 'e.test', 'my-bank.test', 'f-g.test'];
    expect(list.entries.map(({ domain }) => domain)).toEqual(read);
    expect(list).toMatchObject({ accepted: 0, reported: cells.length });
  });

  it('BITS-P2: what stands above the titles is reported, not lost', () => {
    const list = listOf(`Oppdatert 2024-02-01\r\n${csv(['A;1;a.test;2024-02-01;Ja'])}`);
    expect(problemsOf(list)).toEqual(['1 above-titles']);
    expect(list).toMatchObject({ rows: 2, accepted: 1, reported: 1 });
  });

  it.each([
    ['no title of the domains', 'Name;Host\r\nA;a.test', 1],
    ['a quote that never closes', csv(['A;1;a.test;2024-02-01;Ja', '"B;2;b.test;2024-02-01;Ja']), 3],
    ["a spreadsheet's own file", 'PK\u0003\u0004\u0014\u0000\u0006\u0000', 1],
    ['nothing', '', 1],
    ['a row with very many cells', csv([';'.repeat(101)]), 2],
    ['a very long cell', csv(['x'.repeat(10_001)]), 2],
  ])('BITS-P2: a list is not read at all with %s', (_title, text, line) => {
    expect(read(text)).toMatchObject({ kind: 'unreadable', line });
  });

  it('BITS-P2: says which columns the list does not have', () => {
    expect(listOf('Domain;Company name\r\na.test;A').missingColumns).toEqual([
      'companyId',
      'enrolled',
      'rejectsPlaintext',
    ]);
  });
});

describe('lists of other schemes', () => {
  it('FAQ-8: columns by title, other words and another notation of dates', () => {
    const format = {
      columns: { domain: ['Mail domain'], enrolled: ['Since'], rejectsPlaintext: ['Inbound'] },
      words: { yes: ['on', 'x'], no: ['off', '-'] },
      dates: 'DD.MM.YYYY',
    } as const;
    expect(
      listOf('Since\tInbound\tMail domain\n31.12.2024\tX\ta.test\n01.01.2025\t-\tb.test', format).entries,
    ).toMatchObject([
      { domain: 'a.test', enrolled: '2024-12-31', rejectsPlaintext: true, company: null },
      { domain: 'b.test', enrolled: '2025-01-01', rejectsPlaintext: false },
    ]);
  });

  it.each([
    ['a column', 'a.test\nb.test', 0],
    ['the second of two', 'A,a.test\nB,b.test', 1],
  ])('FAQ-8: columns by number in a list without titles: %s', (_title, text, domain) => {
    expect(listOf(text, { columns: { domain } }).entries.map((entry) => entry.domain)).toEqual([
      'a.test',
      'b.test',
    ]);
  });

  it.each([
    ['no column of domains', { columns: {} }],
    ['titles and numbers', { columns: { domain: 0, company: ['A'] } }],
    ['one number twice', { columns: { domain: 0, company: 0 } }],
    ['a number below 0', { columns: { domain: -1 } }],
    ['no title', { columns: { domain: [] } }],
    ['an unknown column', { columns: { domain: 0, domian: 1 } }],
    ['an unknown key', { columns: { domain: 0 }, date: 'x' }],
  ])('FAQ-8: refuses a format with %s', (_title, format) => {
    expect(() => checkFormat(format as never)).toThrowError(
      expect.objectContaining({ code: expect.stringMatching(/list-format-invalid|option-unknown/) }),
    );
    expect(() => checkFormat(bitsListFormat)).not.toThrow();
  });
});
