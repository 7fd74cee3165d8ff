/**
 * Messages of every shape that could suffer on the way, at any size. Each begins with a field of its own, by which it is
 * found again, and is otherwise the same at every run.
 */

/** Text of lines, as latin1: one character is one octet. */
type Line = (n: number) => string;

/** A kind of content. */
export interface Shape {
  readonly line: Line;
  /** Default CRLF. */
  readonly lineEnd?: '\n';
  /** What stands behind the last line; default: the line end. */
  readonly end?: string;
}

const MAX_LINE = 998;
const octetsOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const filled = (start: string, length: number): string =>
  start.padEnd(length, 'abcdefghijklmnopqrstuvwxyz0123456789');
/** Every octet that a message may hold, apart from NUL and the line ends. */
const EVERY_OCTET = String.fromCharCode(...Array.from({ length: 255 }, (_, i) => i + 1)).replaceAll(
  /[\r\n]/g,
  '',
);

const dots: readonly string[] = ['.', '..', '.a', ' .', 'a.', '...', '', '.\t', '. '];
const traps: readonly string[] = [
  'From here on',
  '>From there',
  'Subject: no header',
  '',
  ' ',
  '\t\t',
  'trailing  ',
  '--',
  '=0D=0A.=0D=0A',
  'QUIT',
  'RSET',
  'DATA',
];

export const shapes = {
  plain: { line: (n) => `Line ${n}: the quick brown fox jumps over the lazy dog.` },
  'leading dots': { line: (n) => dots[n % dots.length] ?? '' },
  'lines of 998 octets': { line: (n) => filled(`${n} `, MAX_LINE) },
  'lines of 998 octets behind a dot': { line: (n) => filled(`.${n} `, MAX_LINE) },
  'lines of 998 octets, 8-bit': {
    line: (n) =>
      octetsOf('åäö€')
        .repeat(200)
        .slice(n % 2, (n % 2) + MAX_LINE),
  },
  '8-bit, UTF-8': { line: (n) => octetsOf(`Rad ${n}: räksmörgås på Åland, 日本語, 😀`) },
  '8-bit, every octet': { line: () => EVERY_OCTET },
  'lone line feeds': { line: (n) => (n % 3 === 0 ? `.${n}` : `Line ${n}`), lineEnd: '\n' },
  'no line end at the end': { line: (n) => `Line ${n}`, end: '.' },
  'empty lines at the end': { line: (n) => `Line ${n}`, end: '\r\n'.repeat(7) },
  'lines that look like something else': { line: (n) => traps[n % traps.length] ?? '' },
} as const satisfies Record<string, Shape>;

export type ShapeName = keyof typeof shapes;

/** A message and how it must be found. */
export interface Content {
  /** The first field of the header, without line end. */
  readonly firstLine: string;
  /** As it is handed to the sender. */
  readonly octets: Buffer;
  /** As a server stores it: lines end in LF, the last one too. */
  readonly stored: Buffer;
}

/** A field over several lines, one of them as long as a line may be; small messages do without. */
const FOLDED = ['X-Folded: one', `  ${filled('two ', MAX_LINE - 2)}`, '\tthree'];

/** A message of at least `size` octets, and of less than one line more. `more`: further header fields, UTF-8. */
export function compose(shape: Shape, id: string, size: number, more: readonly string[] = []): Content {
  const lineEnd = shape.lineEnd ?? '\r\n';
  const firstLine = `X-Interop: ${id}`;
  const header = [
    firstLine,
    'Date: Wed, 25 Nov 2026 10:00:00 +0000',
    'From: Anna <anna@sender.test>',
    'To: Bo <bo@example.test>,',
    '\tCecilia <cecilia@example.test>',
    `Message-ID: <${id}@sender.test>`,
    `Subject: ${id}`,
    ...(size < 10_000 ? [] : FOLDED),
    ...more.map(octetsOf),
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    '',
  ].join(lineEnd);
  const lines: string[] = [];
  for (let length = header.length, n = 0; length < size; n += 1) {
    const line = shape.line(n);
    lines.push(line);
    length += line.length + lineEnd.length;
  }
  const text = `${header}${lines.join(lineEnd)}${lineEnd}${shape.end ?? ''}`;
  const unix = text.replaceAll('\r\n', '\n');
  return {
    firstLine,
    octets: Buffer.from(text, 'latin1'),
    stored: Buffer.from(unix.endsWith('\n') ? unix : `${unix}\n`, 'latin1'),
  };
}
