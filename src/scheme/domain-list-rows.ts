/**
 * What the rows of a list say. Each row ends in one of two ways: it is accepted, or it is reported with its line and
 * everything that is wrong with it; none is dropped in silence.
 *
 * A reported row still counts as far as it can be understood: a domain whose date cannot be read is on the list, and
 * leaving it out would let its mail go unprotected. What cannot be read of it is null.
 */
import { canonicalDomain } from '../core/domain.js';
import { printable } from '../core/printable.js';
import { readDay } from './domain-list-dates.js';
import type { ColumnIndexes, ListColumn, ListFormat } from './domain-list-format.js';
import type { TableRow } from './domain-list-table.js';

/** One domain of a list. */
export interface ListEntry {
  /** Canonical: A-labels, lower case. */
  readonly domain: string;
  readonly company: string | null;
  readonly companyId: string | null;
  /** Day of enrolment, `YYYY-MM-DD`; null: the list does not say, or not readably. */
  readonly enrolled: string | null;
  /** Whether the participant refuses mail that comes without TLS (BITS-5.2.4); null: the list does not say. */
  readonly rejectsPlaintext: boolean | null;
  /** Whom to ask about its mail servers (BITS-5.3.5); null: the list does not say. */
  readonly technicalEmail: string | null;
  readonly technicalTelephone: string | null;
  /** Line of the list. */
  readonly line: number;
}

/** What can be wrong with a row. */
export type ListProblemKind =
  | 'notation'
  | 'above-titles'
  | 'titles-repeated'
  | 'cells-missing'
  | 'cells-surplus'
  | 'cell-empty'
  | 'domain-invalid'
  | 'domain-doubled'
  | 'date-invalid'
  | 'date-far'
  | 'answer-invalid';

/** One thing that is wrong with a row; a row may have several. */
export interface ListProblem {
  readonly line: number;
  readonly kind: ListProblemKind;
  /** For people; quotes the cell, made safe to show. */
  readonly text: string;
}

/** A table of the list: its rows that are not blank, and which of them names the columns. */
export interface ListTable {
  readonly rows: readonly TableRow[];
  readonly titles: TableRow | null;
  readonly columns: ColumnIndexes;
}

/** Rows, read. */
export interface RowsRead {
  readonly entries: readonly ListEntry[];
  /** Everything that is wrong, by line. */
  readonly problems: readonly ListProblem[];
  readonly rows: number;
  /** Rows without any problem. */
  readonly accepted: number;
  /** Rows with a problem; their domains count as far as they can be read. */
  readonly reported: number;
}

/** An enrolment further in the future is a slip of the pen: a domain must not stay unprotected for it. */
const FARTHEST_ENROLMENT = 366 * 86_400_000;

interface Reading {
  readonly format: ListFormat;
  /** Milliseconds. */
  readonly now: number;
  /** Entries so far, by domain. */
  readonly entries: Map<string, ListEntry>;
}

type Cells = ReadonlyMap<ListColumn, string>;
type Found = [kind: ListProblemKind, text: string];

/** Reads the tables of one list. */
export function readListRows(
  tables: readonly ListTable[],
  options: { readonly format: ListFormat; readonly now: number },
): RowsRead {
  const reading: Reading = { ...options, entries: new Map() };
  const problems: ListProblem[] = [];
  let rows = 0;
  let reported = 0;
  let accepted = 0;
  for (const table of tables) {
    rows += table.rows.length - (table.titles === null ? 0 : 1);
    for (const { line, found } of readTable(table, reading)) {
      if (found.length === 0) accepted += 1;
      else reported += 1;
      problems.push(...found.map(([kind, text]) => ({ line, kind, text })));
    }
  }
  return { entries: [...reading.entries.values()], problems, rows, accepted, reported };
}

function* readTable(table: ListTable, reading: Reading): Generator<{ line: number; found: Found[] }> {
  let above: Cells | null = null;
  let isAboveTitles = table.titles !== null;
  for (const row of table.rows) {
    if (row === table.titles) {
      isAboveTitles = false;
      continue;
    }
    const found = isAboveTitles ? [aboveTitles(row)] : repeatedTitles(row, table.titles);
    if (found.length === 0) {
      const cells = fillFromAbove(cellsOf(row, table.columns), above);
      above = cells;
      found.push(...shapeOf(row, table), ...readRow(cells, row.line, reading));
    }
    yield { line: row.line, found };
  }
}

function aboveTitles(row: TableRow): Found {
  return ['above-titles', `stands above the titles: ${quote(row.cells.join(' '))}`];
}

function repeatedTitles(row: TableRow, titles: TableRow | null): Found[] {
  const textOf = ({ cells }: TableRow): string => cells.join('\n').toLowerCase();
  return titles !== null && textOf(row) === textOf(titles)
    ? [['titles-repeated', 'says the titles once more']]
    : [];
}

/** What is wrong with the row as such; its cells are read all the same. */
function shapeOf(row: TableRow, table: ListTable): Found[] {
  const found: Found[] = row.fault === null ? [] : [['notation', row.fault]];
  const needed = Math.max(...table.columns.values()) + 1;
  if (row.cells.length < needed)
    found.push(['cells-missing', `has ${row.cells.length} cells, not ${needed}`]);
  const titled = table.titles?.cells.length ?? Number.POSITIVE_INFINITY;
  // Spreadsheets write empty cells at the end of some rows.
  const surplus = row.cells.slice(titled).filter((cell) => cell.trim() !== '');
  if (surplus.length > 0) found.push(['cells-surplus', `has ${row.cells.length} cells, not ${titled}`]);
  return found;
}

function cellsOf(row: TableRow, columns: ColumnIndexes): Cells {
  return new Map([...columns].map(([column, index]) => [column, (row.cells[index] ?? '').trim()]));
}

/** A row without a company, and without another company's id, goes on with the company above it. */
function fillFromAbove(cells: Cells, above: Cells | null): Cells {
  if (above === null || cells.get('company') !== '') return cells;
  const id = cells.get('companyId') ?? '';
  if (id !== '' && id !== above.get('companyId')) return cells;
  return new Map(
    [...cells].map(([column, text]) => [
      column,
      text === '' && column !== 'domain' ? (above.get(column) ?? '') : text,
    ]),
  );
}

/** Adds the entries of a row; what is wrong with its cells. */
function readRow(cells: Cells, line: number, reading: Reading): Found[] {
  const found: Found[] = [];
  for (const [column, text] of cells) {
    if (text === '' && column !== 'domain' && !reading.format.mayBeEmpty?.includes(column)) {
      found.push(['cell-empty', `${column} is empty`]);
    }
  }
  const company = cells.get('company') || null;
  const companyId = cells.get('companyId') || null;
  const enrolled = readEnrolment(cells.get('enrolled') ?? '', reading, found);
  const rejectsPlaintext = readAnswer(cells.get('rejectsPlaintext') ?? '', reading.format, found);
  const technicalEmail = cells.get('technicalEmail') || null;
  const technicalTelephone = cells.get('technicalTelephone') || null;
  const names = (cells.get('domain') ?? '').split(/[\s,;|]+/).filter((name) => name !== '');
  if (names.length === 0) found.push(['cell-empty', 'domain is empty']);
  for (const name of names) {
    const { domain, asWritten } = readDomain(name);
    if (domain === null) {
      found.push(['domain-invalid', `${quote(name)} is no domain`]);
      continue;
    }
    if (!asWritten) found.push(['domain-invalid', `${quote(name)} is no domain; it counts as ${domain}`]);
    const first = reading.entries.get(domain);
    if (first !== undefined) {
      found.push(['domain-doubled', `${domain} stands in line ${first.line} already`]);
      continue;
    }
    reading.entries.set(domain, {
      domain,
      company,
      companyId,
      enrolled,
      rejectsPlaintext,
      technicalEmail,
      technicalTelephone,
      line,
    });
  }
  return found;
}

/**
 * The domain of a cell. What people write around one (`*.`, `@`, a mailbox, an address of the web) and dashes that a word
 * processor put in are understood and reported: left out, the domain's mail would go unprotected.
 */
function readDomain(text: string): { readonly domain: string | null; readonly asWritten: boolean } {
  const bare = text
    .replaceAll(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/^[a-z]{1,10}:(?:\/\/)?/i, '')
    .replace(/[/?#:].*$/, '')
    .replace(/^.*@/, '')
    .replace(/^\*?\./, '');
  const domain = canonicalDomain(bare);
  return { domain: domain?.includes('.') === true ? domain : null, asWritten: bare === text };
}

function readEnrolment(text: string, reading: Reading, found: Found[]): string | null {
  if (text === '') return null;
  const notation = reading.format.dates ?? 'YYYY-MM-DD';
  const day = readDay(text, notation);
  if (day === null) found.push(['date-invalid', `${quote(text)} is no date (${notation})`]);
  else if (Date.parse(day) > reading.now + FARTHEST_ENROLMENT) {
    found.push(['date-far', `${day} is more than a year ahead`]);
    return null;
  }
  return day;
}

function readAnswer(text: string, format: ListFormat, found: Found[]): boolean | null {
  if (text === '') return null;
  const { yes, no } = format.words ?? { yes: ['yes'], no: ['no'] };
  const means = (words: readonly string[]): boolean =>
    words.some((word) => word.toLowerCase() === text.toLowerCase());
  if (means(yes)) return true;
  if (means(no)) return false;
  found.push(['answer-invalid', `${quote(text)} is neither ${yes.join(', ')} nor ${no.join(', ')}`]);
  return null;
}

const quote = (text: string): string => JSON.stringify(printable(text, 80));
