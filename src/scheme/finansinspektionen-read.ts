/**
 * Reads a questionnaire back, from JSON or from text as it was written, also when a mail program changed its line ends
 * and blank lines. Titles are matched whatever their case; one that nobody knows says which is near.
 * Failure: ConfigError `questionnaire-unreadable` with the line; `questionnaire-invalid` for values, as in the record.
 */
import { ConfigError } from '../core/errors.js';
import { nearest } from '../core/options.js';
import { printable } from '../core/printable.js';
import { readMoment } from './finansinspektionen-dates.js';
import {
  authorityTitles,
  companyTitles,
  contactTitles,
  readHostLine,
  sectionTitles,
} from './finansinspektionen-form.js';

type SectionKey = keyof typeof sectionTitles;

/** Sections that hold fields with titles. */
const FIELD_TITLES = {
  company: companyTitles,
  administrative: contactTitles,
  technical: contactTitles,
  authority: authorityTitles,
} as const;

/** A line of the text, with its number from 1. */
interface Line {
  readonly number: number;
  readonly text: string;
}

/** The record in the text, not yet judged; a section that is absent is absent. @throws ConfigError */
export function readText(text: string): Readonly<Record<string, unknown>> {
  const sections = split(text);
  return Object.fromEntries([...sections].map(([key, lines]) => [key, readSection(key, lines)]));
}

/** A title stands at the margin; what belongs to it is indented. */
function split(text: string): ReadonlyMap<SectionKey, readonly Line[]> {
  const sections = new Map<SectionKey, Line[]>();
  let current: Line[] | null = null;
  for (const [index, raw] of text
    .replace(/^\u{feff}/u, '')
    .split(/\r?\n/)
    .entries()) {
    const line = { number: index + 1, text: raw.trim() };
    if (line.text === '' || (sections.size === 0 && line.text === 'Questionnaire')) continue;
    if (/^\s/.test(raw)) {
      if (current === null) throw unreadable(line, 'expected the title of a section');
      current.push(line);
      continue;
    }
    const key = findKey(sectionTitles, line.text.replace(/:$/, ''), line);
    if (sections.has(key)) throw unreadable(line, 'this section stands there twice');
    current = [];
    sections.set(key, current);
  }
  return sections;
}

function readSection(key: SectionKey, lines: readonly Line[]): unknown {
  if (key === 'domains') return lines.map((line) => line.text);
  if (key === 'hosts') return lines.map(readHost);
  if (key === 'implementation') return readImplementation(lines);
  return readFields(FIELD_TITLES[key], lines);
}

function readHost(line: Line): unknown {
  const host = readHostLine(line.text);
  if (host !== null) return host;
  throw unreadable(line, 'expected "host, IP: address CN=name Valid until YY:MM:DD"');
}

function readImplementation([line, more]: readonly Line[]): string | undefined {
  if (line === undefined) return undefined;
  if (more !== undefined) throw unreadable(more, 'expected one date');
  const moment = readMoment(line.text);
  if (moment === null) throw unreadable(line, 'expected "YY:MM:DD HH:MM UTC"');
  return moment;
}

function readFields(titles: Readonly<Record<string, string>>, lines: readonly Line[]): unknown {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.text.indexOf(':');
    if (colon < 0) throw unreadable(line, 'expected "title: value"');
    const key = findKey(titles, line.text.slice(0, colon), line);
    if (fields.has(key)) throw unreadable(line, 'this field stands there twice');
    fields.set(key, line.text.slice(colon + 1).trim());
  }
  return Object.fromEntries(fields);
}

function findKey<K extends string>(titles: Readonly<Record<K, string>>, title: string, line: Line): K {
  const keys = Object.keys(titles) as K[];
  const found = keys.find((key) => titles[key].toLowerCase() === title.toLowerCase());
  if (found !== undefined) return found;
  const known = Object.values<string>(titles);
  const near = nearest(title, known);
  const hint = near === null ? `one of ${known.join(', ')}` : `did you mean "${near}"?`;
  throw unreadable(line, `unknown title; ${hint}`);
}

function unreadable(line: Line, why: string): ConfigError {
  const shown = JSON.stringify(printable(line.text, 120));
  return new ConfigError(
    'questionnaire-unreadable',
    `questionnaire: line ${line.number}: ${why}, got ${shown}`,
  );
}
