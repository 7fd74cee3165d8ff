/**
 * Mail addresses. `parseAddress` is the only door: what passed it holds no CR, LF, NUL or bracket and can be written
 * into a command (SC-21, AT-21).
 *
 * Steps: refuse what no address may hold; split at the last `@`; unquote the local part; bring the domain to its one
 * form; measure; write the path anew, quoted only where it must be. No name, no comment, no source route is accepted.
 * Failure: ConfigError `address-invalid` that quotes the input and says what is wrong.
 * Standards: RFC 5321 §4.1.2, §4.1.3, §4.5.3.1; RFC 6531 §3.3; RFC 5890.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { canonicalDomain } from '../core/domain.js';
import { ConfigError } from '../core/errors.js';
import { printable } from '../core/printable.js';

/** A parsed mailbox. */
export interface Address {
  /** As given by the host, for people and for Final-Recipient (case kept). */
  readonly text: string;
  /** Local part, unquoted. */
  readonly local: string;
  /** Canonical domain (A-labels, lower case); for a literal the text within the brackets. */
  readonly domain: string;
  readonly literal: boolean;
  /** What stands between `<` and `>` in MAIL and RCPT, minimally quoted, domain in A-labels. */
  readonly path: string;
  /** True when the local part has octets above 127 (SC-49); a U-label domain alone does not need SMTPUTF8 (SC-50). */
  readonly needsUtf8: boolean;
}

// RFC 5321 §4.5.3.1.1 to §4.5.3.1.3, in octets; the path counts its brackets.
const MAX_LOCAL = 64;
const MAX_DOMAIN = 255;
const MAX_PATH = 256;

// RFC 5322 §3.2.3 atext; RFC 6531 §3.3 adds everything above ASCII.
const DOT_STRING =
  /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\u{10ffff}]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\u{10ffff}]+)*$/u;
// Controls of C0, DEL and C1, lone surrogates, and separators that some reader takes for the end of a line.
const NEVER = /[\p{Cc}\p{Cs}\u2028\u2029]/u;

/**
 * Reads one mailbox such as `anna@example.org`, `"a b"@example.org` or `anna@[192.0.2.1]`.
 * @param what names the value in the error, for example `from`
 * @throws ConfigError `address-invalid`
 */
export function parseAddress(text: string, what = 'address'): Address {
  if (typeof text !== 'string' || text === '') throw invalid(what, text, 'it is empty');
  if (text.length > 1000) throw invalid(what, text, 'it is too long');
  if (NEVER.test(text)) throw invalid(what, text, 'it holds a control character or line end');
  if (/[<>]/.test(text)) {
    throw invalid(what, text, 'give only what stands between < and >, without name and brackets');
  }
  const at = text.lastIndexOf('@');
  if (at < 1) throw invalid(what, text, 'there is no "@" between a local part and a domain');
  const local = parseLocal(text.slice(0, at));
  if (local === null) {
    throw invalid(what, text, 'the local part (before "@") is neither plain nor properly quoted');
  }
  const domain = parseHost(text.slice(at + 1));
  if (domain === null) {
    throw invalid(what, text, 'the domain (after "@") is neither a full domain name nor an IP in brackets');
  }
  const quoted = quoteLocal(local);
  const path = `${quoted}@${domain.literal ? `[${domain.name}]` : domain.name}`;
  const tooLong =
    Buffer.byteLength(quoted) > MAX_LOCAL ||
    domain.name.length > MAX_DOMAIN ||
    Buffer.byteLength(path) + 2 > MAX_PATH;
  if (tooLong) {
    throw invalid(what, text, 'at most 64 octets may stand before "@" and 254 in all (RFC 5321 §4.5.3.1)');
  }
  return {
    text,
    local,
    domain: domain.name,
    literal: domain.literal,
    path,
    needsUtf8: Buffer.byteLength(local) !== local.length,
  };
}

/** The domain as it stands in the address and names a job: canonical, a literal in its brackets. */
export function domainOf({ domain, literal }: Pick<Address, 'domain' | 'literal'>): string {
  return literal ? `[${domain}]` : domain;
}

/** The local part without quotes, or null where it breaks the grammar. */
function parseLocal(text: string): string | null {
  if (!text.startsWith('"')) return DOT_STRING.test(text) ? text : null;
  const quoted = /^"((?:[^"\\]|\\[\u0020-\u007e])*)"$/u.exec(text);
  return quoted === null ? null : (quoted[1] ?? '').replaceAll(/\\(.)/gu, '$1');
}

/** RFC 5321 §4.1.2: quote only what a dot-string cannot say, and escape only what must be. */
function quoteLocal(local: string): string {
  return DOT_STRING.test(local) ? local : `"${local.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Domain or literal in canonical form. */
function parseHost(text: string): { readonly name: string; readonly literal: boolean } | null {
  const literal = /^\[(?:(IPv6):)?([^[\]]*)\]$/i.exec(text);
  if (literal !== null) {
    const address = literal[2] ?? '';
    if (literal[1] === undefined) return isIPv4(address) ? { name: address, literal: true } : null;
    const usable = isIPv6(address) && !address.includes('%');
    return usable ? { name: `IPv6:${address.toLowerCase()}`, literal: true } : null;
  }
  const name = canonicalDomain(text);
  return name === null || !name.includes('.') ? null : { name, literal: false };
}

function invalid(what: string, text: unknown, why: string): ConfigError {
  const shown = typeof text === 'string' ? JSON.stringify(printable(text, 300)) : typeof text;
  return new ConfigError(
    'address-invalid',
    `${what}: expected one address such as "anna@example.org", got ${shown}; ${why}`,
  );
}
