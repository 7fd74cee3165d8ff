import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Delimiter, delimiters, readDelimited } from '../../src/scheme/domain-list-csv.js';
import { readHtmlTables } from '../../src/scheme/domain-list-html.js';
import type { DomainList } from '../../src/scheme/domain-list.js';
import { listOf, read, TITLES } from './lists.js';

const SCRIPT = fileURLToPath(new URL('read_csv.py', import.meta.url));

/** Cells as lists have them, right and wrong, and anything at all. */
const cell = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    'A AS',
    '900000001',
    'a.test',
    'b.test c.test',
    'blåbær.test',
    '2024-02-01',
    '1.2.24',
    'Ja',
    'Nei',
    'Yes',
  ),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: fc.constantFrom('"', ';', ',', '\t', '\r', '\n', '<', '&', 'x'), maxLength: 8 }),
);
const rows = fc.array(fc.array(cell, { minLength: 1, maxLength: 7 }), { maxLength: 12 });

/** The writer of RFC 4180: every field in quotes. */
const write = (table: readonly (readonly string[])[], delimiter: string): string =>
  table.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(delimiter)).join('\r\n');

const isFilled = (row: readonly string[]): boolean => row.some((text) => text.trim() !== '');

function expectAccounts(list: DomainList, expected: number): void {
  expect(list.rows).toBe(expected);
  expect(list.accepted + list.reported).toBe(expected);
  // Both sides by themselves: each accepted row shows as entries, each reported one as problems, and none as both.
  const reported = list.problems.map(({ line }) => line);
  const clean = new Set(list.entries.map(({ line }) => line).filter((line) => !reported.includes(line)));
  expect(clean.size).toBe(list.accepted);
  expect(new Set(reported).size).toBe(list.reported);
}

describe('rows in = rows accepted + rows reported', () => {
  it.each(delimiters)('BITS-P2: whatever the cells hold, parted by %j', (delimiter) => {
    fc.assert(
      fc.property(rows, (table) => {
        expectAccounts(listOf(write([TITLES, ...table], delimiter)), table.filter(isFilled).length);
      }),
      { numRuns: 500 },
    );
  });

  it('BITS-P2: whatever the cells of a page hold', () => {
    const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    fc.assert(
      fc.property(rows, (table) => {
        const html = [TITLES, ...table]
          .map((row) => `<tr>${row.map((text) => `<td>${escape(text)}`).join('')}\n`)
          .join('');
        expectAccounts(listOf(`<table>${html}</table>`), table.filter(isFilled).length);
      }),
      { numRuns: 500 },
    );
  });

  it('BITS-P2: whatever stands in the lines of a text without quotes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 30 })), (lines) => {
        const texts = lines.map((line) => line.replaceAll(/["\r\n\0]/g, ''));
        const list = listOf([TITLES.join('\t'), ...texts].join('\n'));
        expectAccounts(list, texts.filter((text) => text.trim() !== '').length);
      }),
      { numRuns: 500 },
    );
  });
});

/** A list as it is published, and what may go wrong with it on its way. */
const VALID = [
  TITLES.join(';'),
  'Eksempel AS;900000001;eksempel.test;2024-02-01;Ja',
  '"Prøve; Forening";;proeve.test;2024-02-01;Nei',
  ';;annen.test;2024-03-01;Ja',
  'Blåbær AS;900000002;"blåbær.test xn--bcher-kva.test";2024-04-15;Nei',
].join('\r\n');
const damage = fc.record({
  at: fc.nat(VALID.length),
  drop: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(VALID.length)),
  put: fc.oneof(
    fc.constantFrom(
      '',
      '"',
      '""',
      ';',
      ',',
      '\t',
      '\r',
      '\n',
      '\r\n',
      '\0',
      '\ufeff',
      '<table>',
      'Ja',
      'Yes',
      '.',
      '@',
      '-',
    ),
    fc.string({ maxLength: 5, unit: 'binary' }),
    fc.constant(VALID),
  ),
});

it('BITS-P2, BITS-5.5: of ten thousand damaged lists each is refused as a whole or accounts for every row', () => {
  let readable = 0;
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 6 }), (damages) => {
      const text = damages.reduce(
        (list, { at, drop, put }) => list.slice(0, at) + put + list.slice(at + drop),
        VALID,
      );
      const reading = read(Buffer.from(text));
      if (reading.kind !== 'list') return;
      readable += 1;
      expectAccounts(reading.list, reading.list.rows);
    }),
    { numRuns: 10_000 },
  );
  expect(readable).toBeGreaterThan(2_000);
});

describe('readers of tables', () => {
  it('RFC 4180: reads what the csv module of CPython reads', () => {
    const texts = fc.sample(
      fc.record({ table: rows, delimiter: fc.constantFrom<Delimiter>(...delimiters) }),
      { numRuns: 400, seed: 4180 },
    );
    const written = texts.map(({ table, delimiter }) => ({ text: write(table, delimiter), delimiter }));
    const python = JSON.parse(
      execFileSync('python3', [SCRIPT], { input: JSON.stringify(written), encoding: 'utf8' }),
    ) as string[][][];
    const ours = written.map(({ text, delimiter }) => {
      const reading = readDelimited(text, delimiter);
      return reading.kind === 'tables' ? reading.tables[0]?.map(({ cells }) => cells) : reading;
    });
    expect(ours).toEqual(python);
  });

  it('AT-50: no text and no octets break them', () => {
    const piece = fc.constantFrom(
      '<table>',
      '</table>',
      '<tr>',
      '<td>',
      '<td rowspan=3 colspan=2>',
      '<!--',
      '<script>',
      '"',
      'x',
    );
    const octets = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(fc.string({ unit: piece, maxLength: 60 }), octets, (html, noise) => {
        expect(readHtmlTables(html).kind).toBe('tables');
        expect(['list', 'unreadable']).toContain(read(noise).kind);
        const titled = Buffer.concat([Buffer.from(`${TITLES.join(';')}\n`), noise]);
        const reading = read(titled);
        if (reading.kind === 'list')
          expect(reading.list.accepted + reading.list.reported).toBe(reading.list.rows);
      }),
      { numRuns: 1000 },
    );
  });

  it('AT-50: pages made to be slow are read in a time that grows with their length', () => {
    for (const piece of ['<', '<td', '<td x="', '<!--', '<script>', '<td rowspan=2>', '</', '&amp']) {
      const begin = performance.now();
      readHtmlTables(`<table>${piece.repeat(Math.floor(1_000_000 / piece.length))}`);
      expect(performance.now() - begin, piece).toBeLessThan(5_000);
    }
  });
});
