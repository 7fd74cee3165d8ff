/**
 * How a scheme writes its list: which column holds what, under which titles, and which words mean yes and no. The list of
 * Bits is one such format; a host can describe another.
 * Failure: ConfigError `list-format-invalid`.
 */
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import type { DateNotation } from './domain-list-dates.js';
import type { TableRow } from './domain-list-table.js';

/**
 * What a column can hold; `rejectsPlaintext`: whether the participant refuses mail that comes without TLS; the technical
 * contacts stand on lists for participants alone (BITS-5.3.5).
 */
export type ListColumn =
  | 'domain'
  | 'company'
  | 'companyId'
  | 'enrolled'
  | 'rejectsPlaintext'
  | 'technicalEmail'
  | 'technicalTelephone';

/** Titles under which a column may stand (case and spaces do not matter), or its number, from 0, in a list without titles. */
export type ColumnPlace = number | readonly string[];

/** A format. */
export interface ListFormat {
  /** Where each column is found; `domain` is required. Either all by title or all by number. */
  readonly columns: Readonly<Partial<Record<ListColumn, ColumnPlace>> & { readonly domain: ColumnPlace }>;
  /** Columns whose cells may be empty. Default: none. */
  readonly mayBeEmpty?: readonly ListColumn[];
  /** Columns that a list may lack without a word. Default: none. */
  readonly mayBeMissing?: readonly ListColumn[];
  /** Words of `rejectsPlaintext`; case does not matter. Default `yes` and `no`. */
  readonly words?: { readonly yes: readonly string[]; readonly no: readonly string[] };
  /** Default `YYYY-MM-DD`. */
  readonly dates?: DateNotation;
}

/** Where the columns of one table stand. */
export type ColumnIndexes = ReadonlyMap<ListColumn, number>;

/** What a row says of its domain. */
export const DETAILS = [
  'company',
  'companyId',
  'enrolled',
  'rejectsPlaintext',
  'technicalEmail',
  'technicalTelephone',
] as const satisfies readonly ListColumn[];
const COLUMNS: readonly ListColumn[] = ['domain', ...DETAILS];
const CONTACTS: readonly ListColumn[] = ['technicalEmail', 'technicalTelephone'];
/** Rows in which titles are looked for: pages and spreadsheets put a heading or a date above them. */
const MOST_ROWS_ABOVE = 20;

/**
 * The list of Bits (BITS-5.5): company name, company id (may be empty), domain, date of enrolment, and whether requirement
 * 5.2.4 is supported, for which only the words `Ja` and `Nei` count. The list that participants may ask for has technical
 * contacts as well (BITS-5.3.5).
 */
export const bitsListFormat: ListFormat = {
  columns: {
    company: ['Company name', 'Company', 'Firmanavn', 'Selskap', 'Virksomhet', 'Navn'],
    companyId: ['Company Identification number', 'Company id', 'Organisasjonsnummer', 'Org.nr', 'Orgnr'],
    domain: ['Domain with forced TLS', 'Domain', 'Domene med tvungen TLS', 'Domene'],
    enrolled: ['Date of enrolment', 'Dato for innmelding', 'Innmeldingsdato', 'Innmeldt'],
    rejectsPlaintext: ['Requirement 5.2.4 supported', 'Krav 5.2.4 støttes', 'Støtter krav 5.2.4', '5.2.4'],
    technicalEmail: [
      'Technical contact e-mail',
      'Technical contact',
      'Teknisk kontakt',
      'Teknisk kontakt e-post',
    ],
    technicalTelephone: [
      'Technical contact telephone number',
      'Technical contact telephone',
      'Teknisk kontakt telefon',
    ],
  },
  mayBeEmpty: ['companyId', ...CONTACTS],
  mayBeMissing: CONTACTS,
  words: { yes: ['Ja'], no: ['Nei'] },
  dates: 'YYYY-MM-DD',
};

/** Refuses a format that cannot be meant. @throws ConfigError `list-format-invalid`, `option-unknown` */
export function checkFormat(format: ListFormat): void {
  refuseUnknownOptions(format, ['columns', 'mayBeEmpty', 'mayBeMissing', 'words', 'dates'], 'format');
  refuseUnknownOptions(format.columns, COLUMNS, 'format.columns');
  const places = Object.values(format.columns);
  const numbers = places.filter((place) => typeof place === 'number');
  if (format.columns.domain === undefined) throw invalid('columns.domain is required');
  if (numbers.length !== 0 && numbers.length !== places.length)
    throw invalid('name all columns by title or all by number, not some of each');
  if (
    numbers.some((place) => !Number.isInteger(place) || place < 0) ||
    new Set(numbers).size !== numbers.length
  )
    throw invalid('numbers of columns count from 0 and differ from each other');
  if (places.some((place) => typeof place !== 'number' && place.length === 0))
    throw invalid('a column needs at least one title');
}

/** The row of titles and the places of the columns; null: the rows have no such column of domains. */
export function findColumns(
  rows: readonly TableRow[],
  format: ListFormat,
): { readonly titles: TableRow | null; readonly columns: ColumnIndexes } | null {
  if (typeof format.columns.domain === 'number') {
    const columns = new Map(COLUMNS.flatMap((column) => numbered(column, format)));
    const last = Math.max(...columns.values());
    return rows.some((row) => row.cells.length > last) ? { titles: null, columns } : null;
  }
  for (const titles of rows.slice(0, MOST_ROWS_ABOVE)) {
    const columns = new Map(COLUMNS.flatMap((column) => titled(column, titles, format)));
    if (columns.has('domain')) return { titles, columns };
  }
  return null;
}

function numbered(column: ListColumn, format: ListFormat): [ListColumn, number][] {
  const place = format.columns[column];
  return typeof place === 'number' ? [[column, place]] : [];
}

function titled(column: ListColumn, titles: TableRow, format: ListFormat): [ListColumn, number][] {
  const place = format.columns[column];
  if (place === undefined || typeof place === 'number') return [];
  const known = new Set(place.map(plainTitle));
  const index = titles.cells.findIndex((cell) => known.has(plainTitle(cell)));
  return index < 0 ? [] : [[column, index]];
}

/** A title without what does not matter: case, spaces, a question mark or colon at its end. */
function plainTitle(title: string): string {
  return title
    .normalize('NFC')
    .replaceAll(/[\s\u00ad]+/g, ' ')
    .trim()
    .replace(/\s*[?:*]$/, '')
    .toLowerCase();
}

function invalid(why: string): ConfigError {
  return new ConfigError('list-format-invalid', `format: ${why}`);
}
