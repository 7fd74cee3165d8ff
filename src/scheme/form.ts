/**
 * A form that people fill in and send: sections with fields or with bare lines. The forms of the schemes are made of these, so
 * that one writer and one reader serve all of them.
 */

/** A section to print: fields with titles, or bare lines. */
export interface Section {
  readonly title: string;
  readonly fields: readonly (readonly [title: string, value: string])[];
  readonly lines: readonly string[];
}

/** A form to print. */
export interface Form {
  readonly title: string;
  readonly sections: readonly Section[];
}

/** How a form can be written; `text` and `json` can be read back. */
export type FormFormat = 'text' | 'markdown' | 'html' | 'json';

/** A section of fields, in the order of their titles. */
export function fieldSection<K extends string>(
  title: string,
  titles: Readonly<Record<K, string>>,
  values: Readonly<Record<K, string>>,
): Section {
  const keys = Object.keys(titles) as K[];
  return { title, fields: keys.map((key) => [titles[key], values[key]]), lines: [] };
}

/** A section of bare lines. */
export function lineSection(title: string, lines: readonly string[]): Section {
  return { title, fields: [], lines };
}
