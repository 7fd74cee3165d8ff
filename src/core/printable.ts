/**
 * Foreign text made safe to show: what servers, certificates and messages say may hold terminal codes, line ends and
 * marks that turn the direction of writing. Before such text meets a log, an error or a report it passes here (AT-50).
 */

// C0, DEL, C1, lone surrogates, line and paragraph separators, and the marks that hide or reorder text.
const UNSAFE = /[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/**
 * `text` with every control and direction mark written as `\x{HEX}` and at most `max` characters long; what was cut
 * off shows as `...`.
 */
export function printable(text: string, max = 400): string {
  const safe = text
    .slice(0, max + 1)
    .replace(
      UNSAFE,
      (char) => `\\x{${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, '0')}}`,
    );
  return text.length > max || safe.length > max ? `${safe.slice(0, Math.max(0, max - 3))}...` : safe;
}
