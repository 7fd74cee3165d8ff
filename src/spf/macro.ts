/**
 * Macro strings: text in which `%{...}` stands for facts of the session (SPF-11).
 *
 *   parseMacroString   text -> tokens, or null where it breaks the grammar
 *   parseDomainSpec    the same, and it ends in a top label or a macro
 *   expandMacros       tokens + values -> text
 *
 * Standard: RFC 7208 §7.1 (grammar), §7.2 (letters), §7.3 (how they expand), §7.4.
 */

/** Letters of macros that may stand anywhere. */
type MacroLetter = 's' | 'l' | 'o' | 'd' | 'i' | 'p' | 'v' | 'h' | 'c' | 'r' | 't';

/** One macro. */
interface Macro {
  readonly kind: 'macro';
  readonly letter: MacroLetter;
  /** Written in upper case: what comes out is escaped as in a URL. */
  readonly escape: boolean;
  /** How many parts from the right are kept; null: all. */
  readonly keep: number | null;
  readonly reverse: boolean;
  /** Characters that part the value. */
  readonly delimiters: string;
}

type MacroToken =
  | Macro
  | { readonly kind: 'literal'; readonly text: string }
  /** `%%`, `%_`, `%-`: what they stand for. */
  | { readonly kind: 'escape'; readonly text: string };

/** A parsed macro string. */
export type MacroString = readonly MacroToken[];

/** What each letter stands for; `c`, `r` and `t` only in explanations. */
export type MacroValues = Readonly<Record<MacroLetter, string>>;

// RFC 7208 §7.1, at one place of the text: a macro, an escape, or literal characters.
const TOKEN = /%\{([a-z])(\d*)(r?)([.\-+,/_=]*)\}|%([%_-])|([^%]+)/iy;
const LETTERS = 'slodipvh';
// RFC 7208 §7.2: only in the text of an explanation; an unknown modifier is not expanded, so its letters harm nobody.
const MORE_LETTERS = 'crt';
const ESCAPES: Readonly<Record<string, string>> = { '%': '%', _: ' ', '-': '%20' };
const TOP_LABEL = /^(?:[a-z0-9]*[a-z][a-z0-9]*|[a-z0-9]+-[a-z0-9-]*[a-z0-9])$/i;

/** Where a macro string stands. */
export type MacroPlace = 'domain' | 'explanation' | 'unknown-modifier';

/** The tokens of `text`, or null where it breaks the grammar. */
export function parseMacroString(text: string, place: MacroPlace): MacroString | null {
  // Visible ASCII; an explanation is made of words (RFC 7208 §7.1 macro-literal, §6.2 explain-string).
  if (!(place === 'explanation' ? /^[ -~]*$/ : /^[!-~]*$/).test(text)) return null;
  const tokens: MacroToken[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    const match = TOKEN.exec(text);
    const token = match === null ? null : readToken(match, place);
    if (token === null) return null;
    tokens.push(token);
  }
  return tokens;
}

function readToken(match: RegExpExecArray, place: MacroPlace): MacroToken | null {
  const [, letter = '', digits = '', reverse, delimiters = '', escape, literal] = match;
  if (literal !== undefined) return { kind: 'literal', text: literal };
  if (escape !== undefined) return { kind: 'escape', text: ESCAPES[escape] ?? '' };
  const lower = letter.toLowerCase();
  const isAllowed = LETTERS.includes(lower) || (place !== 'domain' && MORE_LETTERS.includes(lower));
  // RFC 7208 §7.3: the number of parts is not zero.
  if (!isAllowed || /^0+$/.test(digits)) return null;
  return {
    kind: 'macro',
    letter: lower as MacroLetter,
    escape: lower !== letter,
    keep: digits === '' ? null : Number(digits),
    reverse: reverse !== '',
    delimiters: delimiters === '' ? '.' : delimiters,
  };
}

/** True for a label that may stand at the top of a name: letters, digits and hyphens, not digits alone. */
export function isTopLabel(label: string): boolean {
  // The length first: the pattern looks at a label again from each of its characters.
  return label.length <= 63 && TOP_LABEL.test(label);
}

/** RFC 7208 §7.1 domain-spec; null where `text` is none. */
export function parseDomainSpec(text: string): MacroString | null {
  const tokens = parseMacroString(text, 'domain');
  const last = tokens?.at(-1);
  if (tokens === null || last === undefined) return null;
  if (last.kind !== 'literal') return tokens;
  const labels = last.text.replace(/\.$/, '').split('.');
  return labels.length > 1 && isTopLabel(labels.at(-1) ?? '') ? tokens : null;
}

/** True when a macro of this letter stands in the string. */
export function usesMacro(macros: MacroString, letter: MacroLetter): boolean {
  return macros.some((token) => token.kind === 'macro' && token.letter === letter);
}

/** The string with its macros replaced. */
export function expandMacros(macros: MacroString, values: MacroValues): string {
  return macros
    .map((token) => (token.kind === 'macro' ? expand(token, values[token.letter]) : token.text))
    .join('');
}

function expand(macro: Macro, value: string): string {
  let parts = splitAt(value, macro.delimiters);
  if (macro.reverse) parts = parts.toReversed();
  if (macro.keep !== null) parts = parts.slice(-Math.min(macro.keep, parts.length));
  const text = parts.join('.');
  return macro.escape ? escapeUrl(text) : text;
}

function splitAt(value: string, delimiters: string): string[] {
  const parts = [''];
  for (const char of value) {
    if (delimiters.includes(char)) parts.push('');
    else parts[parts.length - 1] += char;
  }
  return parts;
}

/** RFC 3986 §2.3: all but the unreserved characters. */
function escapeUrl(text: string): string {
  return [...Buffer.from(text, 'utf8')]
    .map((octet) => {
      const char = String.fromCharCode(octet);
      return /[\w.~-]/.test(char) ? char : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
