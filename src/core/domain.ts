/**
 * Domain names, in the one form in which the whole library compares and looks them up: A-labels, lower case, no
 * trailing dot (MX-2, AT-39). `parseDomain` is the only door; what passed it can be compared with `===`.
 * Failure: a ConfigError that quotes the name. Standards: RFC 5321 §2.3.5, RFC 5890, RFC 1123 §2.1.
 */
import { domainToASCII } from 'node:url';
import { ConfigError } from './errors.js';

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Most names that come are canonical: labels as above, the last one begins with a letter. */
const USUAL = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The canonical form of a domain name, or null where it is none (empty, a bare IP address, bad labels, too long). */
export function canonicalDomain(name: string): string | null {
  if (name.length <= 253 && USUAL.test(name) && !name.includes('xn--')) return name;
  const bare = name.endsWith('.') ? name.slice(0, -1) : name;
  if (bare === '' || bare.length > 1000) return null;
  const isPlain = /^[\x21-\x7e]+$/.test(bare);
  // node:url drops tabs and line ends in silence; a name that has any was meant to do something else (AT-20).
  if (!isPlain && /[\s\p{Cc}]/u.test(bare)) return null;
  // It also unescapes %xx and maps full-width digits to IP addresses; what it makes is checked below.
  const ascii = isPlain ? bare.toLowerCase() : domainToASCII(bare);
  // A label that claims to be an A-label must be one that decodes.
  if (ascii.includes('xn--') && /(^|\.)xn--/.test(ascii) && domainToASCII(ascii) !== ascii) return null;
  if (ascii.length > 253) return null;
  const labels = ascii.split('.');
  if (!labels.every((label) => LABEL.test(label))) return null;
  // RFC 5321 §2.3.5: an all-numeric top label is an IPv4 address, open or in disguise; the colons of IPv6 are in no label.
  return /^\d+$/.test(labels.at(-1) ?? '') ? null : ascii;
}

/**
 * The canonical form of a fully qualified domain name.
 * @throws ConfigError `domain-invalid`
 */
export function parseDomain(name: string, what = 'domain'): string {
  const canonical = canonicalDomain(name);
  if (canonical === null || !canonical.includes('.')) {
    throw new ConfigError(
      'domain-invalid',
      `${what}: expected a fully qualified domain name such as "mail.example.org", got ${JSON.stringify(name.slice(0, 300))}`,
    );
  }
  return canonical;
}

/** True when `domain` is `ancestor` or lies below it; both canonical. */
export function isWithin(domain: string, ancestor: string): boolean {
  return domain === ancestor || domain.endsWith(`.${ancestor}`);
}
