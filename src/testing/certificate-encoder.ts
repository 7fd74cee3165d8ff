/**
 * Writes X.509 certificates octet by octet as a test asks, right ones and wrong ones. The ASN.1 comes from the optional
 * peers `pkijs` and `asn1js`, which are loaded when the first authority is made; keys and signatures come from
 * node:crypto, because WebCrypto refuses the SHA-1 signatures and the 1024-bit keys that a test of a client needs.
 *
 * Failure: a ConfigError `peer-missing` that says what to install. Standards: RFC 5280 §4.
 */
import { type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { ConfigError } from '../core/errors.js';
import type { CertificateExtension, Digest, GeneralNames, SubjectName } from './certificate-request.js';

/** The two peers, once loaded. */
export interface Asn1 {
  readonly pkijs: typeof import('pkijs');
  readonly asn1js: typeof import('asn1js');
}

/**
 * Loads the peers.
 * @throws ConfigError `peer-missing`
 */
export async function loadAsn1(): Promise<Asn1> {
  try {
    const [pkijs, asn1js] = await Promise.all([import('pkijs'), import('asn1js')]);
    return { pkijs, asn1js };
  } catch (cause) {
    throw new ConfigError(
      'peer-missing',
      'createAuthority: test certificates need the packages "pkijs" and "asn1js", which are not installed; run: npm install --save-dev pkijs asn1js',
      cause,
    );
  }
}

/** Everything that stands in one certificate. */
export interface CertificateContent {
  readonly subject: SubjectName;
  readonly issuer: SubjectName;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKey: KeyObject;
  readonly signingKey: KeyObject;
  readonly hash: Digest;
  readonly extensions: readonly CertificateExtension[];
}

/** The DER of a signed certificate. */
export function encodeCertificate(content: CertificateContent, asn1: Asn1): Buffer {
  const { pkijs, asn1js } = asn1;
  const certificate = new pkijs.Certificate();
  certificate.version = 2;
  // RFC 5280 §4.1.2.2: positive, at most 20 octets.
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  certificate.serialNumber = new asn1js.Integer({ valueHex: toArrayBuffer(serial) });
  certificate.subject = encodeName(content.subject, asn1);
  certificate.issuer = encodeName(content.issuer, asn1);
  certificate.notBefore = encodeTime(content.notBefore, asn1);
  certificate.notAfter = encodeTime(content.notAfter, asn1);
  const spki = content.publicKey.export({ type: 'spki', format: 'der' });
  certificate.subjectPublicKeyInfo = new pkijs.PublicKeyInfo({
    schema: asn1js.fromBER(toArrayBuffer(spki)).result,
  });
  const algorithm = signatureAlgorithm(content.signingKey, content.hash, asn1);
  certificate.signature = algorithm;
  certificate.extensions = content.extensions.map(
    ({ oid, critical, value }) =>
      new pkijs.Extension({ extnID: oid, critical: critical ?? false, extnValue: toArrayBuffer(value) }),
  );
  const tbs = certificate.encodeTBS();
  const digest = content.signingKey.asymmetricKeyType === 'ed25519' ? null : content.hash;
  const signature = sign(digest, Buffer.from(tbs.toBER()), content.signingKey);
  const whole = new asn1js.Sequence({
    value: [tbs, algorithm.toSchema(), new asn1js.BitString({ valueHex: toArrayBuffer(signature) })],
  });
  return Buffer.from(whole.toBER());
}

const RSA_SIGNATURES: Readonly<Record<Digest, string>> = {
  md5: '1.2.840.113549.1.1.4',
  sha1: '1.2.840.113549.1.1.5',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
};
const ECDSA_SIGNATURES: Readonly<Record<Digest, string | null>> = {
  md5: null,
  sha1: '1.2.840.10045.4.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
};

function signatureAlgorithm(key: KeyObject, hash: Digest, { pkijs, asn1js }: Asn1) {
  if (key.asymmetricKeyType === 'ed25519') {
    return new pkijs.AlgorithmIdentifier({ algorithmId: '1.3.101.112' });
  }
  if (key.asymmetricKeyType === 'rsa') {
    return new pkijs.AlgorithmIdentifier({
      algorithmId: RSA_SIGNATURES[hash],
      algorithmParams: new asn1js.Null(),
    });
  }
  const algorithmId = ECDSA_SIGNATURES[hash];
  if (algorithmId === null) {
    throw new ConfigError('certificate-request-invalid', `hash: ${hash} goes only with an RSA issuer`);
  }
  return new pkijs.AlgorithmIdentifier({ algorithmId });
}

function encodeName(name: SubjectName, { pkijs, asn1js }: Asn1) {
  const parts: readonly (readonly [oid: string, text: string])[] = [
    ...(name.organisation === undefined ? [] : [['2.5.4.10', name.organisation] as const]),
    ...(name.cn ?? []).map((cn) => ['2.5.4.3', cn] as const),
  ];
  // Each attribute is an RDN of its own; pkijs would put them all into one.
  const sequence = new asn1js.Sequence({
    value: parts.map(
      ([type, value]) =>
        new asn1js.Set({
          value: [
            new pkijs.AttributeTypeAndValue({ type, value: new asn1js.Utf8String({ value }) }).toSchema(),
          ],
        }),
    ),
  });
  return new pkijs.RelativeDistinguishedNames({ schema: asn1js.fromBER(sequence.toBER()).result });
}

function encodeTime(time: number, { pkijs }: Asn1) {
  const value = new Date(Math.floor(time / 1000) * 1000);
  // RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on.
  return new pkijs.Time({ type: value.getUTCFullYear() < 2050 ? 0 : 1, value });
}

/** DER of a GeneralNames sequence; each name goes in as it is, valid or not. */
export function encodeGeneralNames(names: GeneralNames, { asn1js }: Asn1): Buffer {
  const tagged = (tagNumber: number, value: Uint8Array) =>
    new asn1js.Primitive({ idBlock: { tagClass: 3, tagNumber }, valueHex: toArrayBuffer(value) });
  const texts = (tag: number, list: readonly string[] | undefined) =>
    (list ?? []).map((text) => tagged(tag, Buffer.from(text, 'utf8')));
  const value = [
    ...texts(1, names.email),
    ...texts(2, names.dns),
    ...texts(6, names.uri),
    ...(names.ip ?? []).map((ip) => tagged(7, encodeAddress(ip))),
  ];
  return Buffer.from(new asn1js.Sequence({ value }).toBER());
}

/** DER of a name constraints extension for DNS names (RFC 5280 §4.2.1.10). */
export function encodeNameConstraints(
  limits: { readonly permitted?: readonly string[]; readonly excluded?: readonly string[] },
  { asn1js }: Asn1,
): Buffer {
  const subtrees = (tagNumber: number, names: readonly string[] | undefined) =>
    names === undefined
      ? []
      : [
          new asn1js.Constructed({
            idBlock: { tagClass: 3, tagNumber },
            value: names.map((name) => {
              const base = new asn1js.Primitive({
                idBlock: { tagClass: 3, tagNumber: 2 },
                valueHex: toArrayBuffer(Buffer.from(name)),
              });
              return new asn1js.Sequence({ value: [base] });
            }),
          }),
        ];
  const value = [...subtrees(0, limits.permitted), ...subtrees(1, limits.excluded)];
  return Buffer.from(new asn1js.Sequence({ value }).toBER());
}

/** The octets of an IP address: 4 or 16. */
export function encodeAddress(ip: string): Uint8Array {
  if (isIPv4(ip)) return Uint8Array.from(ip.split('.').map(Number));
  // URL writes IPv6 in its short canonical form, with dotted IPv4 tails as hex.
  const host = URL.canParse(`http://[${ip}]/`) ? new URL(`http://[${ip}]/`).hostname.slice(1, -1) : null;
  if (host === null) {
    throw new ConfigError('certificate-request-invalid', `ip: expected an IPv4 or IPv6 address, got "${ip}"`);
  }
  const [head = '', tail] = host.split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((g) => Number.parseInt(g, 16));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const middle: number[] = Array.from({ length: 8 - left.length - right.length }, () => 0);
  return Uint8Array.from([...left, ...middle, ...right].flatMap((group) => [group >> 8, group & 255]));
}

/** An ArrayBuffer of its own: what asn1js takes in all of its versions. */
export function toArrayBuffer(octets: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(octets.length);
  new Uint8Array(copy).set(octets);
  return copy;
}
