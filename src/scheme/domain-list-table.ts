/**
 * A table as a reader of some notation finds it: rows of cells, each with the line where it begins. What cells mean is
 * for `domain-list-rows.ts` to say.
 */

/** One row. */
export interface TableRow {
  /** Line of the text where it begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
  /** What is wrong with its notation; null: nothing. */
  readonly fault: string | null;
}

/** The tables of a text; a text that cannot be read to its end is not read at all, since half a list is a short list. */
export type TableReading =
  | { readonly kind: 'tables'; readonly tables: readonly (readonly TableRow[])[] }
  | { readonly kind: 'unreadable'; readonly line: number; readonly cause: string };

/** Rows of one list. The largest public lists have some thousands. */
export const MOST_ROWS = 200_000;
/** Cells of one row. */
export const MOST_CELLS = 100;
/** Characters of one cell. */
export const LONGEST_CELL = 10_000;

/** True where a row says nothing: such rows are no rows. */
export function isBlank(row: TableRow): boolean {
  return row.cells.every((cell) => cell.trim() === '');
}

/** Why a row is more than any list has; null: it is not. */
export function excessOf(rows: number, cells: readonly string[]): string | null {
  if (rows > MOST_ROWS) return `more than ${MOST_ROWS} rows`;
  if (cells.length > MOST_CELLS) return `a row with more than ${MOST_CELLS} cells`;
  return cells.some((cell) => cell.length > LONGEST_CELL)
    ? `a cell with more than ${LONGEST_CELL} characters`
    : null;
}
