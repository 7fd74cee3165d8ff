/** Lists as they come, and short forms to read them. */
import { bitsListFormat, type ListFormat } from '../../src/scheme/domain-list-format.js';
import { type DomainList, type ListReading, parseDomainList } from '../../src/scheme/domain-list.js';

export const NOW = Date.UTC(2026, 5, 1);

export const TITLES = [
  'Company name',
  'Company Identification number',
  'Domain with forced TLS',
  'Date of enrolment',
  'Requirement 5.2.4 supported?',
];

/** Reads a text as the list of Bits. */
export function read(text: string | Uint8Array, format: ListFormat = bitsListFormat): ListReading {
  return parseDomainList(typeof text === 'string' ? Buffer.from(text) : text, { format, now: NOW });
}

/** The list that a text is; fails the test where it is none. */
export function listOf(text: string | Uint8Array, format: ListFormat = bitsListFormat): DomainList {
  const reading = read(text, format);
  if (reading.kind === 'unreadable') throw new Error(`line ${reading.line}: ${reading.cause}`);
  return reading.list;
}

/** A list with these rows below the titles. */
export function csv(rows: readonly string[], delimiter = ';'): string {
  return [TITLES.join(delimiter), ...rows].join('\r\n');
}

/** Line and kind of each problem. */
export const problemsOf = (list: DomainList): string[] =>
  list.problems.map(({ line, kind }) => `${line} ${kind}`);
