/**
 * Character references of HTML, as far as tables of names need them: by number, and by name for markup, spaces and the
 * letters of western Europe. An unknown name stays as it is written, so that whoever reads the report sees it.
 * Standard: HTML §13.5 (named character references).
 */

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  shy: '\u00ad',
  ndash: '\u2013',
  mdash: '\u2014',
  aelig: 'æ',
  oslash: 'ø',
  aring: 'å',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
  szlig: 'ß',
  eth: 'ð',
  thorn: 'þ',
  eacute: 'é',
  egrave: 'è',
  aacute: 'á',
  agrave: 'à',
  iacute: 'í',
  oacute: 'ó',
  uacute: 'ú',
  ntilde: 'ñ',
  ccedil: 'ç',
};

/** `text` with its character references read. */
export function decodeEntities(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,8}));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return named(name) ?? whole;
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    const isCharacter = point > 0 && point <= 0x10_ffff && (point < 0xd800 || point > 0xdfff);
    return isCharacter ? String.fromCodePoint(point) : whole;
  });
}

/** Names of capital letters begin with one: `&Aring;`, `&AElig;`. */
function named(name: string): string | undefined {
  const lower = name.toLowerCase();
  const found = Object.hasOwn(NAMED, lower) ? NAMED[lower] : undefined;
  return name === lower ? found : found?.toUpperCase();
}
