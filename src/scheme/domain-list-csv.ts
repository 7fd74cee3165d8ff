/**
 * Rows of cells with commas, semicolons or tabs between them: RFC 4180, and what spreadsheets make of it. Own code
 * because the package needs nothing at run time, and because a reader for policy must say where it stumbled instead of
 * guessing: a quote that never closes would swallow the rest of a list in silence.
 *
 * Beyond the RFC: any of the three delimiters, line ends LF and CR as well as CRLF, blanks after a closing quote, and
 * `sep=;` as a first line of its own (Excel). A quote inside a field that did not begin with one is an ordinary character.
 */
import { excessOf, type TableReading, type TableRow } from './domain-list-table.js';

/** What may stand between cells. */
export type Delimiter = ',' | ';' | '\t';

/** All of them, in the order in which they are tried. */
export const delimiters: readonly Delimiter[] = [';', '\t', ','];

interface Field {
  readonly text: string;
  readonly end: number;
  readonly fault: string | null;
}

/** Fields of each delimiter: up to it, or to the end of the line. */
const PLAIN: Readonly<Record<Delimiter, RegExp>> = {
  ',': /[^,\r\n]*/y,
  ';': /[^;\r\n]*/y,
  '\t': /[^\t\r\n]*/y,
};

/** Reads a text whose cells are parted by `delimiter`. */
export function readDelimited(text: string, delimiter: Delimiter): TableReading {
  const rows: TableRow[] = [];
  let line = 1;
  let at = 0;
  const declared = /^sep=[,;\t](?:\r\n|\r|\n)/i.exec(text)?.[0];
  if (declared !== undefined) {
    at = declared.length;
    line = 2;
  }
  while (at < text.length) {
    const record = readRecord(text, at, delimiter);
    if (record === null)
      return { kind: 'unreadable', line, cause: 'a quote that begins here is never closed' };
    const excess = excessOf(rows.length + 1, record.cells);
    if (excess !== null) return { kind: 'unreadable', line, cause: excess };
    rows.push({ line, cells: record.cells, fault: record.fault });
    line += countLines(text.slice(at, record.end));
    at = record.end;
  }
  return { kind: 'tables', tables: [rows] };
}

/** One record and the line end behind it; null: a quote in it does not close. */
function readRecord(
  text: string,
  from: number,
  delimiter: Delimiter,
): { readonly cells: readonly string[]; readonly end: number; readonly fault: string | null } | null {
  const cells: string[] = [];
  let fault: string | null = null;
  let at = from;
  for (;;) {
    const field = text[at] === '"' ? readQuoted(text, at, delimiter) : readPlain(text, at, delimiter);
    if (field === null) return null;
    cells.push(field.text);
    fault ??= field.fault;
    at = field.end;
    if (text[at] !== delimiter) break;
    at += 1;
  }
  return { cells, fault, end: at + (text.startsWith('\r\n', at) ? 2 : at < text.length ? 1 : 0) };
}

function readPlain(text: string, from: number, delimiter: Delimiter): Field {
  const pattern = PLAIN[delimiter];
  pattern.lastIndex = from;
  const found = pattern.exec(text)?.[0] ?? '';
  return { text: found, end: from + found.length, fault: null };
}

/** RFC 4180 §2 (5 to 7): everything up to the closing quote counts, two quotes are one. */
function readQuoted(text: string, from: number, delimiter: Delimiter): Field | null {
  let inside = '';
  let at = from + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return null;
    inside += text.slice(at, quote);
    if (text[quote + 1] !== '"') {
      const rest = readPlain(text, quote + 1, delimiter);
      const fault = rest.text.trim() === '' ? null : 'text after a closing quote';
      return { text: inside + rest.text.trimEnd(), end: rest.end, fault };
    }
    inside += '"';
    at = quote + 2;
  }
}

function countLines(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}
