/**
 * Whether mail may be sent to an address that DNS gave. Whoever publishes a domain chooses its addresses, so without
 * a guard a recipient could point this host at its own loopback, its neighbours or a cloud's metadata service.
 *
 * Pure. IPv6 is judged by what is allowed (global unicast less its special parts), IPv4 by what is not; an IPv4
 * address inside an IPv6 one (NAT64, 6to4) is judged like the IPv4 address that the packet reaches in the end.
 * Failure: what is not an address is not allowed.
 * Standards: IANA special-purpose registries (RFC 6890), RFC 6052, RFC 8215, RFC 3056, RFC 4380, RFC 4291 §2.5.5.2.
 */
import { type Ip, isInNetwork, type Network, parseIp, parseNetwork } from './ip.js';

/** The judgement about an address; `why` is empty where it is allowed. */
export interface AddressJudgement {
  readonly allowed: boolean;
  readonly why: string;
}

/** Exceptions: `true` for every private kind, or a list of networks. */
export type AddressAllowance = boolean | readonly Network[];

interface Special {
  readonly network: Network;
  readonly why: string;
  /** Not a place to which a connection can be meant, whatever is excepted. */
  readonly never: boolean;
}

function special(network: string, why: string, never = false): Special {
  return { network: parseNetwork(network), why, never };
}

const SPECIAL: readonly Special[] = [
  special('0.0.0.0/32', 'unspecified (RFC 1122)', true),
  special('0.0.0.0/8', 'this network (RFC 791)'),
  special('10.0.0.0/8', 'private (RFC 1918)'),
  special('100.64.0.0/10', 'shared by carrier NAT (RFC 6598)'),
  special('127.0.0.0/8', 'loopback (RFC 1122)'),
  special('169.254.0.0/16', 'link-local (RFC 3927)'),
  special('172.16.0.0/12', 'private (RFC 1918)'),
  special('192.0.0.0/24', 'protocol assignments (RFC 6890)'),
  special('192.0.2.0/24', 'documentation (RFC 5737)'),
  special('192.88.99.0/24', '6to4 relay, deprecated (RFC 7526)'),
  special('192.168.0.0/16', 'private (RFC 1918)'),
  special('198.18.0.0/15', 'benchmarking (RFC 2544)'),
  special('198.51.100.0/24', 'documentation (RFC 5737)'),
  special('203.0.113.0/24', 'documentation (RFC 5737)'),
  special('224.0.0.0/4', 'multicast (RFC 5771)', true),
  special('255.255.255.255/32', 'broadcast (RFC 919)', true),
  special('240.0.0.0/4', 'reserved (RFC 1112)'),
  special('::/128', 'unspecified (RFC 4291)', true),
  special('::1/128', 'loopback (RFC 4291)'),
  special('::ffff:0:0/96', 'IPv4 written as IPv6 (RFC 4291)'),
  special('64:ff9b:1::/48', 'translation of local use (RFC 8215)'),
  special('100::/64', 'discard only (RFC 6666)'),
  special('2001::/32', 'Teredo tunnel (RFC 4380)'),
  special('2001:2::/48', 'benchmarking (RFC 5180)'),
  special('2001::/23', 'protocol assignments (RFC 2928)'),
  special('2001:db8::/32', 'documentation (RFC 3849)'),
  special('3fff::/20', 'documentation (RFC 9637)'),
  special('fc00::/7', 'unique local (RFC 4193)'),
  special('fe80::/10', 'link-local (RFC 4291)'),
  special('fec0::/10', 'site-local, deprecated (RFC 3879)'),
  special('ff00::/8', 'multicast (RFC 4291)', true),
];

const GLOBAL_UNICAST = parseNetwork('2000::/3');
const NAT64 = parseNetwork('64:ff9b::/96');
const SIX_TO_FOUR = parseNetwork('2002::/16');
const V4_MAPPED = parseNetwork('::ffff:0:0/96');
const LOW_32 = 0xffff_ffffn;

/** The IPv4 address that an IPv6 address leads to, or null. */
function embeddedIpv4(ip: Ip): Ip | null {
  // RFC 6052 §2.2 and RFC 4291 §2.5.5.2: the last 32 bits.
  if (isInNetwork(ip, NAT64) || isInNetwork(ip, V4_MAPPED)) return { family: 4, value: ip.value & LOW_32 };
  // RFC 3056 §2: the 32 bits after the prefix.
  if (isInNetwork(ip, SIX_TO_FOUR)) return { family: 4, value: (ip.value >> 80n) & LOW_32 };
  return null;
}

/** Why the address is special, and whether nothing can except it; null: it is an ordinary public address. */
function findSpecial(ip: Ip): { readonly why: string; readonly never: boolean } | null {
  const inner = embeddedIpv4(ip);
  if (inner !== null) {
    const verdict = findSpecial(inner);
    if (verdict !== null)
      return { why: `leads to an IPv4 address that is ${verdict.why}`, never: verdict.never };
  }
  const row = SPECIAL.find(({ network }) => isInNetwork(ip, network));
  if (row !== undefined) return row;
  if (ip.family === 4 || inner !== null || isInNetwork(ip, GLOBAL_UNICAST)) return null;
  return { why: 'not global unicast (RFC 4291)', never: false };
}

/**
 * Judges an address. Refused: private, shared, loopback, link-local, unique local, multicast, documentation,
 * benchmarking, reserved and unspecified addresses, IPv4 mapped into IPv6, Teredo, and NAT64 or 6to4 around any of
 * them. `allow` excepts all of these (`true`) or some networks; never unspecified, multicast and broadcast ones.
 */
export function judgeAddress(address: string, allow: AddressAllowance = false): AddressJudgement {
  const ip = parseIp(address);
  if (ip === null) return { allowed: false, why: 'not an IP address' };
  const found = findSpecial(ip);
  if (found === null) return { allowed: true, why: '' };
  const isExcepted = allow === true || (allow !== false && allow.some((network) => isInNetwork(ip, network)));
  return isExcepted && !found.never ? { allowed: true, why: '' } : { allowed: false, why: found.why };
}
