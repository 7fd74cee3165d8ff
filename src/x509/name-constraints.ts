/**
 * Which names an authority may certify (RFC 5280 §4.2.1.10, CI-5). Host names and addresses are worked out; a constraint
 * on another form refuses every certificate that carries a name of that form, because nobody here can tell.
 * Failure of the reader: ConfigError `certificate-unreadable`.
 */
import { parseIp } from '../dns/ip.js';
import type { Certificate, NameConstraints, NameSubtrees } from './certificate.js';
import { type DerElement, expectTag, readChildren, readOnly, TAG, unreadable } from './der.js';
import { isDnsName } from './dns-name.js';

/** Reads the value of the extension. */
export function readNameConstraints(value: Uint8Array): NameConstraints {
  const halves = readChildren(readOnly(value, TAG.sequence, 'name constraints').content, 2);
  const half = (tag: number): NameSubtrees =>
    readSubtrees(halves.find((each) => each.tag === tag)?.content ?? new Uint8Array());
  return { permitted: half(0xa0), excluded: half(0xa1) };
}

function readSubtrees(content: Uint8Array): NameSubtrees {
  const bases = readChildren(content, 1024).map((subtree) => {
    // RFC 5280: minimum is 0, which DER leaves out, and maximum is absent.
    const [base, ...more] = readChildren(expectTag(subtree, TAG.sequence, 'subtree').content, 3);
    if (base === undefined || more.length > 0) throw unreadable('a subtree with more than its base');
    return base;
  });
  const ofTag = (tag: number): DerElement[] => bases.filter((base) => base.tag === tag);
  return {
    dns: ofTag(0x82).map((base) => readDnsBase(base.content)),
    ip: ofTag(0x87).map((base) => readIpBase(base.content)),
    others: bases.flatMap(({ tag }) => (tag === 0x82 || tag === 0x87 ? [] : [FORMS[tag] ?? 'other'])),
  };
}

const FORMS: Readonly<Record<number, NameSubtrees['others'][number]>> = {
  0xa4: 'directory',
  0x81: 'email',
  0x86: 'uri',
};

function readDnsBase(content: Uint8Array): string {
  const text = Buffer.from(content).toString('latin1').toLowerCase();
  // Empty means every name; a leading dot, which OpenSSL and others know, means the names below and not the name itself.
  const name = text.startsWith('.') ? text.slice(1) : text;
  if (text !== '' && (name.startsWith('*') || !isDnsName(name)))
    throw unreadable('a constraint on no host name');
  return text;
}

function readIpBase(content: Uint8Array): NameSubtrees['ip'][number] {
  if (content.length !== 8 && content.length !== 32) throw unreadable('a constraint on no address');
  const number = (octets: Uint8Array): bigint => BigInt(`0x${Buffer.from(octets).toString('hex')}`);
  const half = content.length / 2;
  const mask = number(content.subarray(half));
  return { base: number(content.subarray(0, half)) & mask, mask, family: half === 4 ? 4 : 6 };
}

/**
 * The name of `certificate` that its issuer's constraints do not allow, for people; null when all are allowed. The Common
 * Name of a leaf stands in for a host name where there is none (CI-13), so it is bound in the same way.
 */
export function findForbiddenName(
  certificate: Certificate,
  constraints: NameConstraints,
  isLeaf: boolean,
): string | null {
  const hosts = hostNamesOf(certificate, isLeaf);
  const { permitted, excluded } = constraints;
  const constrainsHosts = permitted.dns.length > 0 || excluded.dns.length > 0;
  for (const { value, valid } of hosts) {
    if (!constrainsHosts) break;
    // What cannot be read as a host name cannot be placed inside or outside either.
    if (!valid) return value;
    const name = value.toLowerCase();
    if (excluded.dns.some((base) => reachesInto(name, base))) return value;
    if (permitted.dns.length > 0 && !permitted.dns.some((base) => liesIn(name, base))) return value;
  }
  for (const { value } of certificate.names.filter(({ type }) => type === 'ip')) {
    if (excluded.ip.some((base) => isAddressIn(value, base))) return value;
    if (permitted.ip.length > 0 && !permitted.ip.some((base) => isAddressIn(value, base))) return value;
  }
  return findUnplacedName(certificate, [...permitted.others, ...excluded.others]);
}

function hostNamesOf(
  certificate: Certificate,
  isLeaf: boolean,
): { readonly value: string; readonly valid: boolean }[] {
  const names = certificate.names.filter(({ type }) => type === 'dns');
  if (names.length > 0 || !isLeaf) return names;
  return certificate.commonNames
    .filter((name) => isDnsName(name) && name.includes('.'))
    .map((value) => ({ value, valid: true }));
}

function findUnplacedName(certificate: Certificate, forms: NameSubtrees['others']): string | null {
  // An empty subject is an empty SEQUENCE, two octets.
  if (forms.includes('directory') && certificate.subjectDer.length > 2) return certificate.subject;
  const name = certificate.names.find(
    ({ type }) =>
      (type === 'email' && forms.includes('email')) ||
      (type === 'uri' && forms.includes('uri')) ||
      (type === 'other' && forms.some((form) => form === 'other' || form === 'directory')),
  );
  return name === undefined ? null : `${name.type}:${name.value}`;
}

/** True when every host that the name stands for lies in the subtree. */
function liesIn(name: string, base: string): boolean {
  if (base === '') return true;
  return base.startsWith('.') ? name.endsWith(base) : name === base || name.endsWith(`.${base}`);
}

/** True when some host that the name stands for lies in the subtree: a wildcard may reach one label further down. */
function reachesInto(name: string, base: string): boolean {
  if (liesIn(name, base)) return true;
  if (!name.startsWith('*.')) return false;
  const parent = name.slice(2);
  return !base.startsWith('.') && base.slice(base.indexOf('.') + 1) === parent;
}

function isAddressIn(text: string, base: NameSubtrees['ip'][number]): boolean {
  const address = parseIp(text);
  return address !== null && address.family === base.family && (address.value & base.mask) === base.base;
}
