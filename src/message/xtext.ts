/**
 * xtext, the form in which ENVID and ORCPT travel in SMTP commands: `!` to `~` except `+` and `=` stand for themselves,
 * every other octet is `+` and two upper-case hex digits. Text is UTF-8 on both sides.
 * Failure: ConfigError `xtext-invalid`. Standard: RFC 3461 §4.
 */
import { ConfigError } from '../core/errors.js';

const PLAIN = /^[!-*,-<>-~]*$/;
const XTEXT = /^(?:[!-*,-<>-~]|\+[0-9A-F]{2})*$/;

/** Text as xtext (DSN-7). */
export function encodeXtext(text: string): string {
  if (PLAIN.test(text)) return text;
  let encoded = '';
  for (const octet of Buffer.from(text, 'utf8')) {
    const char = String.fromCharCode(octet);
    encoded +=
      octet < 0x80 && PLAIN.test(char) ? char : `+${octet.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/**
 * The text that an xtext stands for (DSN-7).
 * @throws ConfigError `xtext-invalid` for a lone `+`, lower-case hex, a space, or octets that are not UTF-8
 */
export function decodeXtext(xtext: string): string {
  if (!XTEXT.test(xtext)) throw invalid(xtext);
  const octets: number[] = [];
  for (let at = 0; at < xtext.length; at += 1) {
    if (xtext[at] === '+') {
      octets.push(Number.parseInt(xtext.slice(at + 1, at + 3), 16));
      at += 2;
    } else {
      octets.push(xtext.charCodeAt(at));
    }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(octets));
  } catch {
    throw invalid(xtext);
  }
}

function invalid(xtext: string): ConfigError {
  return new ConfigError(
    'xtext-invalid',
    `xtext: expected printable ASCII with "+" and two upper-case hex digits for everything else (RFC 3461 §4), got ${JSON.stringify(xtext.slice(0, 200))}`,
  );
}
