/**
 * The facts on which a check rests, brought to one form: the client's address, the name that it gave, the sender.
 * Failure: ConfigError `client-address-invalid` for an address that is none; a name that cannot be looked up is null.
 * Standard: RFC 7208 §2.3, §2.4, §4.1, §4.3; RFC 8616 §4.
 */
import { canonicalDomain } from '../core/domain.js';
import { ConfigError } from '../core/errors.js';
import { printable } from '../core/printable.js';
import { type Ip, parseIp } from '../dns/ip.js';
import { isTopLabel } from './macro.js';

/** A sender in parts; the domain as given, canonical where it has such a form. */
export interface SpfSender {
  readonly local: string;
  readonly domain: string;
}

const MAPPED = 0xffffn;

/**
 * The address of a client; an IPv4-mapped one is IPv4 (SPF-8), a zone id is no part of it.
 * @throws ConfigError `client-address-invalid`
 */
export function parseClientIp(text: string): Ip {
  const ip = parseIp(text.replace(/%.*$/, ''));
  if (ip === null) {
    throw new ConfigError(
      'client-address-invalid',
      `ip: expected the address of the client such as "192.0.2.1", got ${JSON.stringify(printable(text, 100))}`,
    );
  }
  const isMapped = ip.family === 6 && ip.value >> 32n === MAPPED;
  return isMapped ? { family: 4, value: ip.value & 0xffff_ffffn } : ip;
}

/** An address as people write it (RFC 5952 §4). */
export function formatIp(ip: Ip): string {
  if (ip.family === 4) return octetsOf(ip).join('.');
  const groups = digitsOf(ip).match(/.{4}/g) ?? [];
  // The URL parser writes the shortest form.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** An address as the macro `i` writes it: octets, or the 32 digits (RFC 7208 §7.3). */
export function dottedIp(ip: Ip): string {
  return (ip.family === 4 ? octetsOf(ip) : digitsOf(ip).split('')).join('.');
}

/** The name under which the names of an address stand (RFC 1035 §3.5, RFC 3596 §2.5). */
export function reverseName(ip: Ip): string {
  const parts = dottedIp(ip).split('.').toReversed().join('.');
  return `${parts}.${ip.family === 4 ? 'in-addr' : 'ip6'}.arpa`;
}

function octetsOf(ip: Ip): number[] {
  return [24n, 16n, 8n, 0n].map((shift) => Number((ip.value >> shift) & 0xffn));
}

function digitsOf(ip: Ip): string {
  return ip.value.toString(16).padStart(32, '0');
}

/**
 * A name that the DNS can be asked for, lower case and without the final dot, or null: one label, an empty or too long
 * one, an address, a character that is none. More than host names pass, because macros make such names.
 */
export function queryName(text: string): string | null {
  const canonical = canonicalDomain(text);
  const name = canonical ?? text.toLowerCase().replace(/\.$/, '');
  const labels = name.split('.');
  // A backslash would be an escape to the resolver.
  const isAskable = labels.every((label) => /^[ -[\]-~]{1,63}$/.test(label));
  if (!isAskable || labels.length < 2 || name.length > 253) return null;
  return isTopLabel(labels.at(-1) ?? '') ? name : null;
}

/** The sender of a check: without a local part it is postmaster, an empty path is that of the client (SPF-1). */
export function parseSender(mailFrom: string, ehlo: string): SpfSender {
  const text = mailFrom === '' ? ehlo : mailFrom;
  const at = text.lastIndexOf('@');
  const domain = text.slice(at + 1);
  return {
    local: at > 0 ? text.slice(0, at) : 'postmaster',
    domain: canonicalDomain(domain) ?? domain,
  };
}
