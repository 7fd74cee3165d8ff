/**
 * From the octets of a certificate to a `Certificate`. Everything is read from DER; text that a certificate carries is
 * held apart from what the rules accept as a name (CI-20, AT-51).
 * Failure: ConfigError `certificate-unreadable`. Standards: RFC 5280 §4, RFC 5480, RFC 7633.
 */
import { hash } from 'node:crypto';
import { ConfigError } from '../core/errors.js';
import type { Certificate, CertificateKey } from './certificate.js';
import {
  type DerElement,
  expectTag,
  readBits,
  readChildren,
  readElement,
  readHexInteger,
  readOid,
  readOnly,
  readTime,
  TAG,
  unreadable,
} from './der.js';
import { readExtensions } from './extensions.js';
import { readName } from './distinguished-name.js';
import { CURVES, DIGESTS, RSA_PSS, SIGNATURES } from './oids.js';

// Real certificates are below 10 kB; the largest in the public logs is a few hundred kB.
const MAX_OCTETS = 512 * 1024;

/** Reads one certificate in DER. @throws ConfigError `certificate-unreadable` */
export function parseCertificate(der: Uint8Array): Certificate {
  if (der.length > MAX_OCTETS) throw unreadable(`${der.length} octets, more than ${MAX_OCTETS}`);
  const outer = readOnly(der, TAG.sequence, 'certificate');
  const [tbs, algorithm] = readChildren(outer.content, 3);
  const fields = readChildren(expectTag(tbs, TAG.sequence, 'body').content, 12);
  // The version is optional and comes first, as [0].
  if (fields[0]?.tag === 0xa0) fields.shift();
  const [serial, innerAlgorithm, issuer, validity, subject, spki, ...rest] = fields;
  const signature = expectTag(algorithm, TAG.sequence, 'signature algorithm');
  if (!Buffer.from(signature.raw).equals(expectTag(innerAlgorithm, TAG.sequence, 'inner algorithm').raw)) {
    throw unreadable('two different signature algorithms');
  }
  const [notBefore, notAfter] = readChildren(expectTag(validity, TAG.sequence, 'validity').content, 2);
  const subjectName = readName(expectTag(subject, TAG.sequence, 'subject'));
  const spkiElement = expectTag(spki, TAG.sequence, 'public key');
  return {
    der,
    sha256: hash('sha256', der, 'hex'),
    spkiSha256: hash('sha256', spkiElement.raw, 'base64'),
    serial: readHexInteger(expectTag(serial, TAG.integer, 'serial number')),
    subject: subjectName.text,
    issuer: readName(expectTag(issuer, TAG.sequence, 'issuer')).text,
    subjectDer: (subject as DerElement).raw,
    issuerDer: (issuer as DerElement).raw,
    commonNames: subjectName.commonNames,
    invalidCommonNames: subjectName.invalidCommonNames,
    notBefore: readTime(notBefore ?? unreadableTime()),
    notAfter: readTime(notAfter ?? unreadableTime()),
    key: keyOf(spkiElement),
    signature: signatureOf(signature),
    ...readExtensions(rest.find((field) => field.tag === 0xa3)),
  };
}

/** All certificates of a PEM text, in order. @throws ConfigError `certificate-unreadable` when there is none */
export function parseCertificates(pem: string): Certificate[] {
  const blocks = [
    ...pem.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g),
  ];
  if (blocks.length === 0) {
    throw new ConfigError(
      'certificate-unreadable',
      'certificates: expected PEM with at least one CERTIFICATE block, found none',
    );
  }
  return blocks.map((block) => parseCertificate(Buffer.from(block[1] ?? '', 'base64')));
}

function unreadableTime(): never {
  throw unreadable('no validity');
}

function signatureOf(element: DerElement): Certificate['signature'] {
  const [oid, parameters] = readChildren(element.content, 2);
  const id = readOid(expectTag(oid, TAG.oid, 'algorithm').content);
  if (id === RSA_PSS) {
    // RFC 4055 §3.1: the digest is [0] of the parameters, SHA-1 where it is left out.
    const digest =
      parameters?.tag === TAG.sequence
        ? readChildren(parameters.content, 4).find((e) => e.tag === 0xa0)
        : undefined;
    const name =
      digest === undefined
        ? 'sha1'
        : DIGESTS[readOid(readElement(readElement(digest.content).content).content)];
    return { algorithm: 'rsassaPss', hash: name ?? 'unknown' };
  }
  const [algorithm, hash] = SIGNATURES[id] ?? [id, 'unknown' as const];
  return { algorithm, hash };
}

function keyOf(spki: DerElement): CertificateKey {
  const [algorithm, bits] = readChildren(spki.content, 2);
  const [oid, parameters] = readChildren(expectTag(algorithm, TAG.sequence, 'key algorithm').content, 2);
  const id = readOid(expectTag(oid, TAG.oid, 'key algorithm').content);
  if (id === '1.2.840.113549.1.1.1' || id === RSA_PSS) {
    const modulus = readChildren(readElement(readBits(expectTag(bits, TAG.bitString, 'key'))).content, 2)[0];
    return { type: 'rsa', bits: bitLength(expectTag(modulus, TAG.integer, 'modulus').content), curve: null };
  }
  if (id === '1.2.840.10045.2.1') {
    const curve = parameters?.tag === TAG.oid ? readOid(parameters.content) : 'explicit';
    const [name, size] = CURVES[curve] ?? [curve, 0];
    return { type: 'ec', bits: size, curve: name };
  }
  if (id === '1.3.101.112') return { type: 'ed25519', bits: 256, curve: null };
  if (id === '1.3.101.113') return { type: 'ed448', bits: 448, curve: null };
  return { type: id === '1.2.840.10040.4.1' ? 'dsa' : 'other', bits: 0, curve: null };
}

function bitLength(integer: Uint8Array): number {
  const start = integer.findIndex((octet) => octet !== 0);
  if (start < 0) return 0;
  return (integer.length - start - 1) * 8 + (32 - Math.clz32(integer[start] ?? 0));
}
