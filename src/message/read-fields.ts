/**
 * The fields of a header section that somebody else wrote: a message that came back, a part of a report. Unlike the reader of
 * messages that are to be sent (`header-fields.ts`), this one forgives everything and is bounded in everything.
 * Failure: none; a line that is no field is passed over. Standard: RFC 5322 §2.2 (fields and folding).
 */

/** One field as it was found. */
export interface FoundField {
  /** Line where it begins, from 1. */
  readonly line: number;
  /** As written. */
  readonly name: string;
  /** In lower case. */
  readonly key: string;
  /** Unfolded, without surrounding space. */
  readonly value: string;
  /** False: it is longer than `longest`, and `value` is its beginning. */
  readonly whole: boolean;
}

/** How much is read. */
export interface FieldLimits {
  /** Fields. */
  readonly most: number;
  /** Characters of one field. */
  readonly longest: number;
  /** In lower case: no other fields are read, nor do they count. */
  readonly only?: string;
}

/** What was found. */
export interface FieldReading {
  readonly fields: readonly FoundField[];
  /** Behind the empty line that ended the section, or null: the text ended first. */
  readonly next: number | null;
  /** True: a bound was met, so that fields are missing or cut. */
  readonly cut: boolean;
}

interface OpenField extends Omit<FoundField, 'value'> {
  readonly pieces: string[];
  length: number;
  whole: boolean;
}

const LINE = /([^\r\n]*)(?:\r\n|\n|\r|$)/y;
const START = /^([!-9;-~]+)[\t ]*:([^]*)$/;

/** The fields from `from` to the next empty line or the end; lines end in CRLF, LF or CR. Takes linear time. */
export function readFields(text: string, limits: FieldLimits, from = 0): FieldReading {
  const found: OpenField[] = [];
  let open: OpenField | null = null;
  let missed = false;
  let next: number | null = null;
  let at = from;
  for (let line = 1; at < text.length && next === null; line += 1) {
    LINE.lastIndex = at;
    const [whole, content = ''] = LINE.exec(text) ?? [''];
    at += whole.length;
    if (content === '') next = at;
    else if (/^[\t ]/.test(content)) add(open, content, limits);
    else {
      const [, name = '', value = ''] = START.exec(content) ?? [];
      const key = name.toLowerCase();
      const wanted = name !== '' && (limits.only ?? key) === key;
      missed ||= wanted && found.length >= limits.most;
      open =
        wanted && found.length < limits.most ? { line, name, key, pieces: [], length: 0, whole: true } : null;
      if (open !== null) found.push(open);
      add(open, value, limits);
    }
  }
  const fields = found.map(({ line, name, key, pieces, whole }) => {
    return { line, name, key, value: pieces.join(' '), whole };
  });
  return { fields, next, cut: missed || fields.some(({ whole }) => !whole) };
}

function add(field: OpenField | null, line: string, { longest }: FieldLimits): void {
  const piece = line.trim();
  if (field === null || !field.whole || piece === '') return;
  field.length += line.length;
  field.whole = field.length <= longest;
  if (field.whole) field.pieces.push(piece);
}
