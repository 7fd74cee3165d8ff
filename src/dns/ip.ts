/**
 * IP addresses and networks as numbers, so that they can be compared and placed. Strict: no leading zeros, no zone ids,
 * no shortened IPv4 forms, because what two programs read differently is a way around a guard.
 * Failure: null for text that is no address; a ConfigError `network-invalid` for configured networks.
 * Standards: RFC 4291 §2.2 (text forms of IPv6), RFC 4632 §3.1 (prefix notation).
 */
import { ConfigError } from '../core/errors.js';

/** An address as a number. */
export interface Ip {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** All addresses that share the first `bits` bits with `base`. */
export interface Network {
  readonly family: 4 | 6;
  readonly base: bigint;
  readonly bits: number;
}

const V4_OCTET = /^(?:0|[1-9]\d{0,2})$/;
const V6_GROUP = /^[0-9a-f]{1,4}$/i;

function parseIpv4(text: string): bigint | null {
  const octets = text.split('.');
  if (octets.length !== 4) return null;
  let value = 0n;
  for (const octet of octets) {
    if (!V4_OCTET.test(octet) || Number(octet) > 255) return null;
    value = (value << 8n) | BigInt(octet);
  }
  return value;
}

/** The 16-bit groups of one side of `::`; null where one is no group. */
function parseGroups(text: string): bigint[] | null {
  if (text === '') return [];
  const groups: bigint[] = [];
  for (const group of text.split(':')) {
    if (!V6_GROUP.test(group)) return null;
    groups.push(BigInt(`0x${group}`));
  }
  return groups;
}

function parseIpv6(text: string): bigint | null {
  let rest = text;
  // RFC 4291 §2.2 (3): the last 32 bits may be written as IPv4.
  const lastColon = text.lastIndexOf(':');
  if (text.includes('.')) {
    const tail = parseIpv4(text.slice(lastColon + 1));
    if (tail === null || lastColon < 0) return null;
    rest = `${text.slice(0, lastColon + 1)}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
  }
  const halves = rest.split('::');
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0] ?? '');
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '') : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...head, ...Array.from({ length: missing }, () => 0n), ...tail];
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

/** The address that `text` is, or null. */
export function parseIp(text: string): Ip | null {
  if (text.length > 45) return null;
  if (text.includes(':')) {
    const value = parseIpv6(text);
    return value === null ? null : { family: 6, value };
  }
  const value = parseIpv4(text);
  return value === null ? null : { family: 4, value };
}

/** True when the address lies in the network. */
export function isInNetwork(ip: Ip, network: Network): boolean {
  if (ip.family !== network.family) return false;
  const shift = BigInt((ip.family === 4 ? 32 : 128) - network.bits);
  return ip.value >> shift === network.base >> shift;
}

/**
 * A network in prefix notation (`10.0.0.0/8`, `fd00::/8`), or a single address.
 * @throws ConfigError `network-invalid`
 */
export function parseNetwork(text: string, what = 'network'): Network {
  const slash = text.indexOf('/');
  const ip = parseIp(slash < 0 ? text : text.slice(0, slash));
  const width = ip?.family === 4 ? 32 : 128;
  const bits = slash < 0 ? String(width) : text.slice(slash + 1);
  if (ip === null || !/^(?:0|[1-9]\d{0,2})$/.test(bits) || Number(bits) > width) {
    throw new ConfigError(
      'network-invalid',
      `${what}: expected an address or a network such as "10.0.0.0/8" or "fd00::/8", got ${JSON.stringify(text.slice(0, 100))}`,
    );
  }
  return { family: ip.family, base: ip.value, bits: Number(bits) };
}
