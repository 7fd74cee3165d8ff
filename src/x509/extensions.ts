/**
 * Extensions of a certificate: what the rules need, and the ids of critical ones that nobody here understands.
 * Standards: RFC 5280 §4.2, RFC 7633 (must-staple).
 */
import { printable } from '../core/printable.js';
import type { AlternativeName, Certificate } from './certificate.js';
import {
  type DerElement,
  expectTag,
  readBits,
  readBoolean,
  readChildren,
  readOid,
  readOnly,
  readSmallInteger,
  TAG,
  unreadable,
} from './der.js';
import { isDnsName } from './dns-name.js';
import { isCleanName } from './distinguished-name.js';
import { readNameConstraints } from './name-constraints.js';
import { EXTENSION, KEY_USAGES, PURPOSES } from './oids.js';

type Extensions = Pick<
  Certificate,
  | 'names'
  | 'keyUsage'
  | 'extendedKeyUsage'
  | 'basicConstraints'
  | 'nameConstraints'
  | 'unknownCriticalExtensions'
  | 'mustStaple'
  | 'issuerUrls'
>;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads the [3] field of a certificate, or its absence. */
export function readExtensions(field: DerElement | undefined): Extensions {
  const found: Mutable<Extensions> = {
    names: [],
    keyUsage: null,
    extendedKeyUsage: null,
    basicConstraints: null,
    nameConstraints: null,
    unknownCriticalExtensions: [],
    mustStaple: false,
    issuerUrls: [],
  };
  if (field === undefined) return found;
  const seen = new Set<string>();
  for (const extension of readChildren(readOnly(field.content, TAG.sequence, 'extensions').content, 200)) {
    const parts = readChildren(extension.content, 3);
    const oid = readOid(expectTag(parts[0], TAG.oid, 'extension id').content);
    // RFC 5280 §4.2: no extension twice.
    if (seen.has(oid)) throw unreadable(`the extension ${oid} twice`);
    seen.add(oid);
    const critical = parts[1]?.tag === TAG.boolean && readBoolean(parts[1]);
    const value = expectTag(parts.at(-1), TAG.octetString, 'extension value').content;
    readExtension(found, oid, value, critical);
  }
  return found;
}

function readExtension(found: Mutable<Extensions>, oid: string, value: Uint8Array, critical: boolean): void {
  switch (oid) {
    case EXTENSION.subjectAltName:
      found.names = readChildren(readOnly(value, TAG.sequence, 'list').content, 4096).map(
        readAlternativeName,
      );
      return;
    case EXTENSION.keyUsage:
      found.keyUsage = readKeyUsage(readBits(readOnly(value, TAG.bitString, 'key usage')));
      return;
    case EXTENSION.extKeyUsage:
      found.extendedKeyUsage = readChildren(readOnly(value, TAG.sequence, 'list').content, 100).map(
        (purpose) => {
          const id = readOid(purpose.content);
          return PURPOSES[id] ?? id;
        },
      );
      return;
    case EXTENSION.basicConstraints: {
      const parts = readChildren(readOnly(value, TAG.sequence, 'list').content, 2);
      const ca = parts[0]?.tag === TAG.boolean && readBoolean(parts[0]);
      const length = parts.find((part) => part.tag === TAG.integer);
      found.basicConstraints = { ca, pathLength: length === undefined ? null : readSmallInteger(length) };
      return;
    }
    case EXTENSION.nameConstraints:
      found.nameConstraints = readNameConstraints(value);
      return;
    case EXTENSION.tlsFeature:
      found.mustStaple = readChildren(readOnly(value, TAG.sequence, 'list').content, 20).some(
        (each) => readSmallInteger(each) === 5,
      );
      return;
    case EXTENSION.authorityInfoAccess:
      found.issuerUrls = readIssuerUrls(value);
      return;
    default:
      if (critical && !(Object.values(EXTENSION) as string[]).includes(oid)) {
        found.unknownCriticalExtensions = [...found.unknownCriticalExtensions, oid];
      }
  }
}

function readKeyUsage(octets: Uint8Array): string[] {
  return KEY_USAGES.filter((_, bit) => ((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
}

function readIssuerUrls(value: Uint8Array): string[] {
  return readChildren(readOnly(value, TAG.sequence, 'list').content, 20)
    .map((access) => readChildren(access.content, 2))
    .filter(
      ([method, place]) =>
        method !== undefined && readOid(method.content) === '1.3.6.1.5.5.7.48.2' && place?.tag === 0x86,
    )
    .map(([, place]) => printable(Buffer.from(place?.content ?? []).toString('latin1'), 200));
}

function readAlternativeName(element: DerElement): AlternativeName {
  const text = Buffer.from(element.content.subarray(0, 4096)).toString('latin1');
  switch (element.tag) {
    case 0x82:
      return { type: 'dns', value: printable(text, 260), valid: isDnsName(text) };
    case 0x87: {
      const address = formatAddress(element.content);
      return {
        type: 'ip',
        value: address ?? Buffer.from(element.content).toString('hex'),
        valid: address !== null,
      };
    }
    case 0x81:
      return { type: 'email', value: printable(text, 260), valid: isCleanName(text) };
    case 0x86:
      return { type: 'uri', value: printable(text, 260), valid: isCleanName(text) };
    default:
      return { type: 'other', value: printable(text, 60), valid: false };
  }
}

/** The text form of 4 or 16 octets, IPv6 uncompressed-then-canonical by the URL parser's rules. */
function formatAddress(octets: Uint8Array): string | null {
  if (octets.length === 4) return octets.join('.');
  if (octets.length !== 16) return null;
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((octets[2 * i] ?? 0) << 8) | (octets[2 * i + 1] ?? 0)).toString(16),
  );
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}
