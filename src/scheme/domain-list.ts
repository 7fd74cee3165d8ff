/**
 * A scheme's list of domains, from its octets: delimited text or a web page, whichever it is. Pure.
 * Failure: a value `unreadable` with the line; bad rows are problems of a list that was read.
 */
import { readDelimited, type Delimiter, delimiters } from './domain-list-csv.js';
import { findColumns, type ListColumn, type ListFormat } from './domain-list-format.js';
import { looksLikeHtml, readHtmlTables } from './domain-list-html.js';
import { type ListTable, readListRows, type RowsRead } from './domain-list-rows.js';
import { isBlank, type TableReading, type TableRow } from './domain-list-table.js';
import { decodeListText } from './domain-list-text.js';

/** A list, read. Always: `rows` = `accepted` + `reported`, where the titles and blank rows are no rows. */
export interface DomainList extends RowsRead {
  /** Columns of the format that the list does not have. */
  readonly missingColumns: readonly ListColumn[];
  /** Tables of the page that have no column of domains; their rows are none of the list. */
  readonly otherTables: number;
}

/** A list, or why the text is none. */
export type ListReading =
  | { readonly kind: 'list'; readonly list: DomainList }
  | { readonly kind: 'unreadable'; readonly line: number; readonly cause: string };

/** What is known of a text. */
export interface ParseListOptions {
  readonly format: ListFormat;
  /** Milliseconds; a day of enrolment more than a year later is reported. */
  readonly now: number;
  /** What stands between cells. Default: found out from the titles. */
  readonly delimiter?: Delimiter;
}

/** Reads a list. */
export function parseDomainList(octets: Uint8Array, options: ParseListOptions): ListReading {
  const text = decodeListText(octets);
  if (text === null) return unreadable(1, 'this is no text; save the list as CSV or HTML');
  const found = findTables(text, options);
  if (found.kind === 'unreadable') return found;
  const { tables } = found;
  const read = readListRows(tables, options);
  const { columns: named, mayBeMissing = [] } = options.format;
  const missingColumns = (Object.keys(named) as ListColumn[]).filter(
    (column) => !mayBeMissing.includes(column) && tables.some(({ columns }) => !columns.has(column)),
  );
  return { kind: 'list', list: { ...read, missingColumns, otherTables: found.others } };
}

type Found =
  | { readonly kind: 'tables'; readonly tables: readonly ListTable[]; readonly others: number }
  | (ListReading & { readonly kind: 'unreadable' });

/** The tables of the list: of a page those with its titles, of a text the one whose delimiter shows them. */
function findTables(text: string, { format, delimiter }: ParseListOptions): Found {
  const readings: readonly (() => TableReading)[] = looksLikeHtml(text)
    ? [() => readHtmlTables(text)]
    : (delimiter === undefined ? delimiters : [delimiter]).map((each) => () => readDelimited(text, each));
  let failure: Found | null = null;
  for (const read of readings) {
    const reading = read();
    if (reading.kind === 'unreadable') {
      failure ??= reading;
      continue;
    }
    const tables = reading.tables.flatMap((rows) => tableOf(rows, format));
    if (tables.length > 0) return { kind: 'tables', tables, others: reading.tables.length - tables.length };
  }
  return failure ?? unreadable(1, 'no row has the title of the column of domains');
}

function tableOf(all: readonly TableRow[], format: ListFormat): ListTable[] {
  const rows = all.filter((row) => !isBlank(row));
  const found = findColumns(rows, format);
  return found === null ? [] : [{ rows, ...found }];
}

function unreadable(line: number, cause: string): ListReading & { readonly kind: 'unreadable' } {
  return { kind: 'unreadable', line, cause };
}
