/**
 * Addresses of the type `utf-8` as reports and ORCPT carry them: `\x{HEX}` stands for a character that the place cannot hold.
 * Pure. Standard: RFC 6533 §3 (DSN-41, DSN-42).
 *
 *   jørn+b@example.test   unicode form: jørn\x{2B}b@example.test   ASCII form: j\x{F8}rn\x{2B}b@example.test
 */

/** What neither form holds as it is: controls, space, `\`, `+`, `=`. */
// eslint-disable-next-line no-control-regex
const RESERVED = /[\x00-\x20\\+=\x7f]/g;
const ESCAPE = /\\x\{([0-9A-F]{2,6})\}/gi;

/** An address as it is, in the form for places that take UTF-8: inside SMTPUTF8. */
export function toUnicodeForm(address: string): string {
  return address.replaceAll(RESERVED, escapeCharacter);
}

/** A unicode form in the form for every other place; it is xtext as well (RFC 3461 §4). */
export function toAsciiForm(unicodeForm: string): string {
  return unicodeForm.replaceAll(/[^!-*,-<>-~]/gu, escapeCharacter);
}

/** The address that either form stands for; what is no escape stays as it is. */
export function fromEitherForm(text: string): string {
  return text.replaceAll(ESCAPE, (whole, hex: string) => {
    const code = Number.parseInt(hex, 16);
    // RFC 6533 §3: no surrogates, and no zeros in front of more than two digits.
    const isCharacter = code <= 0x10_ffff && (code < 0xd800 || code > 0xdfff);
    return isCharacter && (hex.length === 2 || !hex.startsWith('0')) ? String.fromCodePoint(code) : whole;
  });
}

/** `\x{HEX}` for one character. */
export function escapeCharacter(char: string): string {
  return `\\x{${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, '0')}}`;
}
