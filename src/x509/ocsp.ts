/**
 * What a stapled OCSP response says of a certificate (CI-8). A response counts when the issuer, or a responder that the
 * issuer certified for it, has signed it over this very certificate with a digest that still stands.
 * Failure: a response that does not count is `unusable`, never an exception. Standards: RFC 6960 §4.2, RFC 9325 §7.5.
 */
import { createHash, type KeyObject, verify, X509Certificate } from 'node:crypto';
import type { Certificate } from './certificate.js';
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
import { DIGESTS, SIGNATURES } from './oids.js';
import { parseCertificate } from './parse.js';
import { judgeValidity } from './validity.js';

/** The word of a response; `unusable`: none that counts, `detail` says why. */
export interface StapleVerdict {
  readonly status: 'good' | 'revoked' | 'unknown' | 'unusable';
  readonly detail: string;
}

const BASIC_RESPONSE = '1.3.6.1.5.5.7.48.1.1';
const MAX_OCTETS = 64 * 1024;
/** Clocks of responders run a little ahead. */
const SKEW_MS = 300_000;

/** Judges a response about `leaf`, whose issuer is `issuer`, at `now` (milliseconds since the epoch). */
export function judgeStaple(
  staple: Uint8Array,
  leaf: Certificate,
  issuer: Certificate,
  now: number,
): StapleVerdict {
  const unusable = (detail: string): StapleVerdict => ({ status: 'unusable', detail });
  try {
    const response = readResponse(staple);
    if (!isSigned(response, issuer, now)) return unusable('not signed by the issuer or a responder of its');
    const about = response.singles.filter((each) => isAbout(each, leaf, issuer));
    const single = about.find(({ status }) => status === 'revoked') ?? about[0];
    if (single === undefined) return unusable('about another certificate');
    if (single.thisUpdate > now + SKEW_MS) return unusable('from the future');
    // A certificate that was revoked stays so, however old the word is; "good" must be fresh.
    if (single.status === 'revoked')
      return { status: 'revoked', detail: `revoked, as of ${day(single.thisUpdate)}` };
    if (single.nextUpdate === null || single.nextUpdate < now) return unusable('out of date');
    return { status: single.status, detail: `${single.status}, until ${day(single.nextUpdate)}` };
  } catch {
    return unusable('cannot be read');
  }
}

interface SingleResponse {
  readonly hash: string;
  readonly nameHash: string;
  readonly keyHash: string;
  readonly serial: string;
  readonly status: 'good' | 'revoked' | 'unknown';
  readonly thisUpdate: number;
  readonly nextUpdate: number | null;
}

interface BasicResponse {
  readonly signed: Uint8Array;
  readonly algorithm: string;
  readonly signature: Uint8Array;
  readonly certificates: readonly Certificate[];
  readonly singles: readonly SingleResponse[];
}

function readResponse(staple: Uint8Array): BasicResponse {
  if (staple.length > MAX_OCTETS) throw unreadable('a response that is too large');
  const [status, bytes] = readChildren(readOnly(staple, TAG.sequence, 'response').content, 2);
  if (status?.tag !== 0x0a || status.content[0] !== 0) throw unreadable('no successful response');
  const body = readOnly(expectTag(bytes, 0xa0, 'response bytes').content, TAG.sequence, 'response bytes');
  const [type, octets] = readChildren(body.content, 2);
  if (readOid(expectTag(type, TAG.oid, 'response type').content) !== BASIC_RESPONSE)
    throw unreadable('no basic response');
  const basic = readOnly(
    expectTag(octets, TAG.octetString, 'response').content,
    TAG.sequence,
    'basic response',
  );
  const [data, algorithm, signature, certificates] = readChildren(basic.content, 4);
  const list = certificates === undefined ? [] : readChildren(readElement(certificates.content).content, 10);
  const signed = expectTag(data, TAG.sequence, 'response data');
  const [oid] = readChildren(expectTag(algorithm, TAG.sequence, 'algorithm').content, 2);
  // Version [0], responder [1] or [2], extensions [1] stand around; the responses are the one SEQUENCE.
  const singles = readChildren(signed.content, 5).find(({ tag }) => tag === TAG.sequence);
  return {
    signed: signed.raw,
    algorithm: readOid(expectTag(oid, TAG.oid, 'algorithm').content),
    signature: readBits(expectTag(signature, TAG.bitString, 'signature')),
    certificates: list.map(({ raw }) => parseCertificate(raw)),
    singles: readChildren(expectTag(singles, TAG.sequence, 'responses').content, 100).map(readSingle),
  };
}

const STATUS: Readonly<Record<number, SingleResponse['status']>> = {
  0x80: 'good',
  0xa1: 'revoked',
  0x82: 'unknown',
};

function readSingle(element: DerElement): SingleResponse {
  const [id, status, thisUpdate, ...rest] = readChildren(element.content, 5);
  const [hash, name, key, serial] = readChildren(expectTag(id, TAG.sequence, 'certificate id').content, 4);
  const [oid] = readChildren(expectTag(hash, TAG.sequence, 'digest').content, 2);
  const word = STATUS[status?.tag ?? 0];
  if (word === undefined) throw unreadable('no status');
  const next = rest.find(({ tag }) => tag === 0xa0);
  return {
    hash: DIGESTS[readOid(expectTag(oid, TAG.oid, 'digest').content)] ?? 'unknown',
    nameHash: hexOf(expectTag(name, TAG.octetString, 'digest of the issuer').content),
    keyHash: hexOf(expectTag(key, TAG.octetString, 'digest of the key').content),
    serial: readHexInteger(expectTag(serial, TAG.integer, 'serial number')),
    status: word,
    thisUpdate: readTime(expectTag(thisUpdate, TAG.generalizedTime, 'time')),
    nextUpdate: next === undefined ? null : readTime(readOnly(next.content, TAG.generalizedTime, 'time')),
  };
}

/** RFC 6960 §4.1.1: issuer by name and key, certificate by serial number. */
function isAbout(single: SingleResponse, leaf: Certificate, issuer: Certificate): boolean {
  if (single.hash === 'unknown' || single.serial !== leaf.serial) return false;
  const digest = (octets: Uint8Array): string => createHash(single.hash).update(octets).digest('hex');
  const spki = keyOf(issuer).export({ type: 'spki', format: 'der' });
  const key = readBits(expectTag(readChildren(readElement(spki).content, 2)[1], TAG.bitString, 'key'));
  return single.nameHash === digest(leaf.issuerDer) && single.keyHash === digest(key);
}

/** RFC 6960 §4.2.2.2: the issuer itself, or a certificate that it made for this purpose. */
function isSigned(response: BasicResponse, issuer: Certificate, now: number): boolean {
  const responders = response.certificates.filter(
    (each) =>
      each.extendedKeyUsage?.includes('OCSPSigning') === true &&
      judgeValidity([each], now) === null &&
      new X509Certificate(each.der).verify(keyOf(issuer)),
  );
  return [issuer, ...responders].some((signer) => verifies(response, signer));
}

function verifies({ algorithm, signed, signature }: BasicResponse, signer: Certificate): boolean {
  const hash = SIGNATURES[algorithm]?.[1];
  // RFC 9325 §4.5; a digest that is not known proves nothing either.
  if (hash === undefined || hash === 'md5' || hash === 'sha1') return false;
  return verify(hash === 'none' ? null : hash, signed, keyOf(signer), signature);
}

function keyOf(certificate: Certificate): KeyObject {
  return new X509Certificate(certificate.der).publicKey;
}

function hexOf(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
