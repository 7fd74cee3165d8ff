/**
 * Just enough of MIME to take a report apart: content types, the parts of a multipart, transfer encodings. Text is latin1 on
 * purpose: one character is one octet. Forgives everything; takes linear time and bounded room.
 * Failure: none. Standards: RFC 2045 §5, §6, RFC 2046 §5.1.
 */
import { withoutComments } from '../message/headers.js';
import { type FoundField, readFields } from '../message/read-fields.js';

/** A message or a part of one. */
export interface MimePart {
  readonly fields: readonly FoundField[];
  readonly type: ContentType;
  /** As it stands there, latin1. */
  readonly body: string;
  /** True: its header is longer than what is read. */
  readonly cut: boolean;
}

/** A Content-Type. */
export interface ContentType {
  /** In lower case: `text/plain`. */
  readonly name: string;
  /** By name in lower case; values as written. */
  readonly parameters: ReadonlyMap<string, string>;
}

const LIMITS = { most: 1000, longest: 10_000 };
const PLAIN: ContentType = { name: 'text/plain', parameters: new Map() };
const PARAMETER = /;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))\s*/y;

/** Header and body of a part. */
export function readPart(text: string): MimePart {
  const { fields, next, cut } = readFields(text, LIMITS);
  const type = readContentType(fieldOf(fields, 'content-type'));
  return { fields, type, body: text.slice(next ?? text.length), cut };
}

/** Value of the first field of that name, or null. */
export function fieldOf(fields: readonly FoundField[], key: string): string | null {
  return fields.find((field) => field.key === key)?.value ?? null;
}

/** RFC 2045 §5.2: what is absent or cannot be read is plain text. */
function readContentType(value: string | null): ContentType {
  const text = value === null ? '' : withoutComments(value);
  const name = /^\s*([\w!#$&^.+-]+\/[\w!#$&^.+-]+)\s*/.exec(text);
  if (name === null) return PLAIN;
  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = name[0].length;
  for (let found = PARAMETER.exec(text); found !== null; found = PARAMETER.exec(text)) {
    const key = (found[1] ?? '').toLowerCase();
    const quoted = found[2]?.replaceAll(/\\(.)/g, '$1');
    if (!parameters.has(key)) parameters.set(key, quoted ?? found[3] ?? '');
  }
  return { name: (name[1] ?? '').toLowerCase(), parameters };
}

/** What stands between the boundaries, at most `most`; null: the type names no boundary, or it never comes. */
export function splitParts(
  { type, body }: MimePart,
  most: number,
): { readonly parts: readonly MimePart[]; readonly closed: boolean } | null {
  const boundary = type.parameters.get('boundary')?.trimEnd() ?? '';
  if (boundary === '' || boundary.length > 200) return null;
  const parts: MimePart[] = [];
  let open: number | null = null;
  let closed = false;
  for (let at = 0; !closed && parts.length < most;) {
    const line = nextBoundary(body, `--${boundary}`, at);
    const end = line?.start ?? body.length;
    if (open !== null) parts.push(readPart(withoutLastLineEnd(body.slice(open, end))));
    if (line === null) break;
    ({ closed } = line);
    open = line.end;
    at = line.end;
  }
  return open === null ? null : { parts, closed };
}

/** RFC 2046 §5.1.1: a line of its own, white space behind it allowed; `--` behind it closes. */
function nextBoundary(
  body: string,
  mark: string,
  from: number,
): { readonly start: number; readonly end: number; readonly closed: boolean } | null {
  const rest = /(--)?[\t ]*(?:\r\n|\n|\r|$)/y;
  const line = /[^\r\n]*/y;
  for (let start = body.indexOf(mark, from); start !== -1; start = body.indexOf(mark, line.lastIndex)) {
    rest.lastIndex = start + mark.length;
    const found = start === 0 || /[\r\n]/.test(body[start - 1] ?? '') ? rest.exec(body) : null;
    if (found !== null) return { start, end: rest.lastIndex, closed: found[1] !== undefined };
    // Further in this line there can be none.
    line.lastIndex = start;
    line.exec(body);
  }
  return null;
}

/** The line end before a boundary belongs to the boundary. */
function withoutLastLineEnd(text: string): string {
  if (text.endsWith('\r\n')) return text.slice(0, -2);
  return /[\r\n]$/.test(text) ? text.slice(0, -1) : text;
}

/** The octets that a body stands for; null: nobody knows its transfer encoding. */
export function decodeBody({ fields, body }: MimePart): Buffer | null {
  const encoding = withoutComments(fieldOf(fields, 'content-transfer-encoding') ?? '7bit')
    .trim()
    .toLowerCase();
  if (encoding === 'base64') return Buffer.from(body, 'base64');
  if (encoding === 'quoted-printable') return Buffer.from(decodeQuotedPrintable(body), 'latin1');
  return /^(?:7bit|8bit|binary|)$/.test(encoding) ? Buffer.from(body, 'latin1') : null;
}

/** RFC 2045 §6.7; what is no escape stays as it is. */
function decodeQuotedPrintable(body: string): string {
  return body.replaceAll(/=(?:([0-9A-F]{2})|[\t ]*(?:\r\n|\n|\r|$))/gi, (_, hex: string | undefined) =>
    hex === undefined ? '' : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** The text that a body stands for, in its charset where that is known. */
export function decodeText(part: MimePart): string | null {
  const octets = decodeBody(part);
  if (octets === null) return null;
  const named = part.type.parameters.get('charset') ?? 'utf-8';
  // ASCII is UTF-8 too, and some servers write UTF-8 under that name.
  const charset = /^us-ascii$/i.test(named) ? 'utf-8' : named;
  try {
    return new TextDecoder(charset).decode(octets);
  } catch {
    return new TextDecoder().decode(octets);
  }
}
