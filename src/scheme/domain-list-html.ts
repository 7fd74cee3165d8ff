/**
 * The tables of a web page, without a browser: enough of HTML to read a published list (rows, cells, cells that span
 * several rows or columns, line breaks, character references), tolerant of end tags that are left out, and bounded. It
 * runs no script and fetches nothing; what scripts would write into the page is not there.
 * Standard: HTML §4.9 (tables), §13.1.2.4 (optional tags).
 */
import { decodeEntities } from './domain-list-entities.js';
import { excessOf, LONGEST_CELL, MOST_CELLS, type TableReading, type TableRow } from './domain-list-table.js';

interface Tag {
  readonly name: string;
  readonly closes: boolean;
  readonly attributes: string;
  readonly end: number;
}

interface OpenCell {
  readonly rowSpan: number;
  readonly columnSpan: number;
  text: string;
}

interface OpenTable {
  readonly rows: TableRow[];
  row: { readonly line: number; readonly cells: string[] } | null;
  cell: OpenCell | null;
  /** Cells of rows above that reach into the next rows, by column. */
  readonly hanging: Map<number, { readonly text: string; rows: number }>;
}

const LONGEST_TAG = 2048;
const DEEPEST = 20;
const MOST_SPANNED_ROWS = 1000;
/** Elements whose content is not text of the page. */
const SILENT = new Set(['script', 'style', 'template', 'noscript', 'textarea', 'title', 'svg']);
/** Elements that part words of a cell. */
const BREAKS = new Set(['br', 'p', 'div', 'li', 'ul', 'ol', 'hr']);

/** True when a text is a web page rather than delimited cells. */
export function looksLikeHtml(text: string): boolean {
  return /^\s*<(?:!doctype|!--|html|head|body|table|div|main|section|article|\?xml)\b/i.test(
    text.slice(0, 1000),
  );
}

/** Reads the tables of a page, in the order in which they end. */
export function readHtmlTables(html: string): TableReading {
  const done: (readonly TableRow[])[] = [];
  const open: OpenTable[] = [];
  const lineOf = lineCounter(html);
  let at = 0;
  let total = 0;
  while (at < html.length) {
    const less = html.indexOf('<', at);
    const stop = less < 0 ? html.length : less;
    addText(open.at(-1), html.slice(at, stop));
    if (less < 0) break;
    const tag = readTag(html, less);
    at = tag === null ? skipOther(html, less) : tag.end;
    if (tag === null) {
      if (at === less + 1) addText(open.at(-1), '<');
      continue;
    }
    if (SILENT.has(tag.name) && !tag.closes) at = skipElement(html, tag);
    const table = open.at(-1);
    const before = table?.rows.length ?? 0;
    const closed = applyTag(tag, open, () => lineOf(less));
    if (closed !== null) done.push(closed);
    total += (table?.rows.length ?? 0) - before;
    const excess = open.length > DEEPEST ? 'tables too deep in tables' : excessIn(table, total);
    if (excess !== null) return { kind: 'unreadable', line: lineOf(less), cause: excess };
  }
  while (open.length > 0) done.push(endTable(open));
  return { kind: 'tables', tables: done };
}

/** Judges the row that stands open and the one that ended last; the others were judged before. */
function excessIn(table: OpenTable | undefined, total: number): string | null {
  if (table === undefined) return null;
  return excessOf(total, table.row?.cells ?? []) ?? excessOf(total, table.rows.at(-1)?.cells ?? []);
}

/** The line of ever later places. */
function lineCounter(text: string): (place: number) => number {
  let line = 1;
  let seen = 0;
  return (place) => {
    for (let next = text.indexOf('\n', seen); next >= 0 && next < place; next = text.indexOf('\n', seen)) {
      line += 1;
      seen = next + 1;
    }
    return line;
  };
}

/** The tag at `from`, or null where there is none. */
function readTag(html: string, from: number): Tag | null {
  const head = /^<(\/?)([a-z][a-z0-9]*)(?=[\s/>])/i.exec(html.slice(from, from + 40));
  if (head === null) return null;
  let quote = '';
  for (let at = from + head[0].length; at < Math.min(html.length, from + LONGEST_TAG); at += 1) {
    const char = html[at] ?? '';
    if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === '>') {
      const attributes = html.slice(from + head[0].length, at);
      return { name: (head[2] ?? '').toLowerCase(), closes: head[1] === '/', attributes, end: at + 1 };
    }
  }
  return null;
}

/** Behind a comment or declaration, or behind a `<` that is only a character. */
function skipOther(html: string, from: number): number {
  const comment = html.startsWith('<!--', from);
  if (!comment && !/^<[!?]/.test(html.slice(from, from + 2))) return from + 1;
  const end = html.indexOf(comment ? '-->' : '>', from + 2);
  return end < 0 ? html.length : end + (comment ? 3 : 1);
}

function skipElement(html: string, tag: Tag): number {
  const close = new RegExp(`</${tag.name}`, 'gi');
  close.lastIndex = tag.end;
  return close.exec(html)?.index ?? html.length;
}

/** What a tag does to the open tables; the rows of a table that it ends. */
function applyTag(tag: Tag, open: OpenTable[], line: () => number): readonly TableRow[] | null {
  const table = open.at(-1);
  if (tag.name === 'table') {
    if (tag.closes) return table === undefined ? null : endTable(open);
    open.push({ rows: [], row: null, cell: null, hanging: new Map() });
  } else if (table !== undefined) {
    if (BREAKS.has(tag.name)) addText(table, '\n');
    else if (['tr', 'thead', 'tbody', 'tfoot'].includes(tag.name)) {
      endRow(table);
      if (tag.name === 'tr' && !tag.closes) table.row = { line: line(), cells: [] };
    } else if (tag.name === 'td' || tag.name === 'th') {
      endCell(table);
      if (!tag.closes) {
        table.row ??= { line: line(), cells: [] };
        const [rowSpan, columnSpan] = [
          spanOf(tag, 'rowspan', MOST_SPANNED_ROWS),
          spanOf(tag, 'colspan', MOST_CELLS),
        ];
        table.cell = { rowSpan, columnSpan, text: '' };
      }
    }
  }
  return null;
}

function spanOf(tag: Tag, name: string, most: number): number {
  const digits = new RegExp(`(?:^|\\s)${name}\\s*=\\s*["']?(\\d{1,6})`, 'i').exec(tag.attributes)?.[1];
  if (digits === undefined) return 1;
  // HTML §4.9.11: a row span of 0 reaches to the end of the table.
  const count = Number(digits);
  return count === 0 ? (name === 'rowspan' ? most : 1) : Math.min(count, most);
}

function addText(table: OpenTable | undefined, text: string): void {
  const cell = table?.cell;
  // One more than any cell may have, so that excessOf sees it.
  if (cell && cell.text.length <= LONGEST_CELL) cell.text += text.slice(0, LONGEST_CELL + 1);
}

function endCell(table: OpenTable): void {
  const { cell, row } = table;
  table.cell = null;
  if (cell === null || row === null) return;
  takeHanging(table, row.cells);
  const text = decodeEntities(cell.text)
    .replaceAll(/[^\S\n]+/g, ' ')
    .replaceAll(/\s*\n\s*/g, '\n')
    .trim();
  for (let column = 0; column < cell.columnSpan; column += 1) {
    const own = column === 0 ? text : '';
    if (cell.rowSpan > 1) table.hanging.set(row.cells.length, { text: own, rows: cell.rowSpan });
    row.cells.push(own);
  }
}

/** Puts in the cells of rows above that stand at the next columns of this row. */
function takeHanging(table: OpenTable, cells: string[]): void {
  for (let above = table.hanging.get(cells.length); above; above = table.hanging.get(cells.length)) {
    cells.push(above.text);
  }
}

function endRow(table: OpenTable): void {
  endCell(table);
  const { row } = table;
  table.row = null;
  if (row === null) return;
  takeHanging(table, row.cells);
  for (const [column, above] of table.hanging) {
    above.rows -= 1;
    if (above.rows === 0) table.hanging.delete(column);
  }
  table.rows.push({ line: row.line, cells: row.cells, fault: null });
}

function endTable(open: OpenTable[]): readonly TableRow[] {
  const table = open.pop();
  if (table === undefined) return [];
  endRow(table);
  return table.rows;
}
