/**
 * Reads a form back, from JSON or from text as it was written, also when a mail program changed its line ends and blank
 * lines. Titles are matched whatever their case; one that nobody knows says which is near.
 * Failure: ConfigError `<form>-unreadable` with the line; values are judged by whoever made the form.
 */
import { ConfigError } from '../core/errors.js';
import { nearest } from '../core/options.js';
import { printable } from '../core/printable.js';

/** A line of the text, with its number from 1. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

/** Titles of a form. */
export interface FormTitles<K extends string> {
  /** As in errors and their codes: `questionnaire`. */
  readonly name: string;
  /** First line of the text. */
  readonly title: string;
  readonly sections: Readonly<Record<K, string>>;
}

/** A form, read into its sections. */
export interface FormReader<K extends string> {
  /** Lines by section; one that is absent is absent. @throws ConfigError `<form>-unreadable` */
  split(text: string): ReadonlyMap<K, readonly Line[]>;
  /** `title: value` lines by key. @throws ConfigError `<form>-unreadable` */
  fields(titles: Readonly<Record<string, string>>, lines: readonly Line[]): Readonly<Record<string, string>>;
  /** What is in a JSON text. @throws ConfigError `<form>-unreadable` */
  json(text: string): unknown;
  unreadable(line: Line, why: string): ConfigError;
}

/** True for a text that is meant as JSON. */
export function looksLikeJson(text: string): boolean {
  return text.trimStart().startsWith('{');
}

/** Makes the reader of a form. */
export function createFormReader<K extends string>(form: FormTitles<K>): FormReader<K> {
  const code = `${form.name}-unreadable`;
  const unreadable = (line: Line, why: string): ConfigError => {
    const shown = JSON.stringify(printable(line.text, 120));
    return new ConfigError(code, `${form.name}: line ${line.number}: ${why}, got ${shown}`);
  };
  const findKey = <T extends string>(titles: Readonly<Record<T, string>>, title: string, line: Line): T => {
    const keys = Object.keys(titles) as T[];
    const found = keys.find((key) => titles[key].toLowerCase() === title.toLowerCase());
    if (found !== undefined) return found;
    const known = Object.values<string>(titles);
    const near = nearest(title, known);
    const hint = near === null ? `one of ${known.join(', ')}` : `did you mean "${near}"?`;
    throw unreadable(line, `unknown title; ${hint}`);
  };
  return {
    unreadable,
    split(text) {
      const sections = new Map<K, Line[]>();
      let current: Line[] | null = null;
      for (const { raw, ...line } of linesOf(text)) {
        if (line.text === '' || (sections.size === 0 && line.text === form.title)) continue;
        // A title stands at the margin; what belongs to it is indented.
        if (/^\s/.test(raw)) {
          if (current === null) throw unreadable(line, 'expected the title of a section');
          current.push(line);
          continue;
        }
        const key = findKey(form.sections, line.text.replace(/:$/, ''), line);
        if (sections.has(key)) throw unreadable(line, 'this section stands there twice');
        current = [];
        sections.set(key, current);
      }
      return sections;
    },
    fields(titles, lines) {
      const fields = new Map<string, string>();
      for (const line of lines) {
        const colon = line.text.indexOf(':');
        if (colon < 0) throw unreadable(line, 'expected "title: value"');
        const key = findKey(titles, line.text.slice(0, colon), line);
        if (fields.has(key)) throw unreadable(line, 'this field stands there twice');
        fields.set(key, line.text.slice(colon + 1).trim());
      }
      return Object.fromEntries(fields);
    },
    json(text) {
      try {
        // An editor may have put a byte order mark in front, which `trim` takes for a blank.
        return JSON.parse(text.trim());
      } catch (error) {
        throw new ConfigError(code, `${form.name}: this is no JSON`, error);
      }
    },
  };
}

function* linesOf(text: string): Generator<Line & { readonly raw: string }> {
  const lines = text.replace(/^\u{feff}/u, '').split(/\r?\n/);
  for (const [index, raw] of lines.entries()) yield { number: index + 1, text: raw.trim(), raw };
}
