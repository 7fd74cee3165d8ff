/**
 * The extensions of a test certificate, from what was asked. Standards: RFC 5280 §4.2, RFC 7633.
 */
import { type Asn1, encodeGeneralNames, encodeNameConstraints } from './certificate-encoder.js';
import type {
  CertificateExtension,
  CertificateRequest,
  KeyUsage,
  SubjectName,
} from './certificate-request.js';

const PURPOSES: Readonly<Record<string, string>> = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  anyExtendedKeyUsage: '2.5.29.37.0',
};

/** Bit numbers of RFC 5280 §4.2.1.3. */
const USAGES: Readonly<Record<KeyUsage, number>> = {
  digitalSignature: 0,
  keyEncipherment: 2,
  keyAgreement: 4,
  keyCertSign: 5,
  cRLSign: 6,
};

/** All extensions of the certificate that `request` asks for, in the order in which they are written. */
export function encodeExtensions(
  request: CertificateRequest,
  subject: SubjectName,
  asn1: Asn1,
): CertificateExtension[] {
  const list = [basicConstraints(request, asn1), ...keyUsage(request), ...purposes(request, asn1)];
  const san = subjectAltName(request, asn1);
  if (san !== null) {
    // RFC 5280 §4.2.1.6: critical where the subject is empty.
    const isEmpty = (subject.cn ?? []).length === 0 && subject.organisation === undefined;
    list.push({ oid: '2.5.29.17', critical: isEmpty, value: san });
  }
  if (request.nameConstraints !== undefined) {
    list.push({
      oid: '2.5.29.30',
      critical: true,
      value: encodeNameConstraints(request.nameConstraints, asn1),
    });
  }
  // RFC 7633 §6: TLS feature 5, status_request.
  if (request.mustStaple === true)
    list.push({ oid: '1.3.6.1.5.5.7.1.24', value: Buffer.from('3003020105', 'hex') });
  if (request.issuerUrl !== undefined) list.push(issuerAccess(request.issuerUrl, asn1));
  return [...list, ...(request.extensions ?? [])];
}

function basicConstraints(request: CertificateRequest, { pkijs }: Asn1): CertificateExtension {
  const value = new pkijs.BasicConstraints({
    cA: request.ca ?? false,
    ...(request.pathLength === undefined ? {} : { pathLenConstraint: request.pathLength }),
  });
  return { oid: '2.5.29.19', critical: true, value: Buffer.from(value.toSchema().toBER()) };
}

function keyUsage(request: CertificateRequest): CertificateExtension[] {
  if (request.keyUsage === null) return [];
  const usual: readonly KeyUsage[] =
    request.ca === true
      ? ['keyCertSign', 'cRLSign']
      : (request.key ?? 'ec').startsWith('rsa')
        ? ['digitalSignature', 'keyEncipherment']
        : ['digitalSignature'];
  let octet = 0;
  let last = 0;
  for (const usage of request.keyUsage ?? usual) {
    const bit = USAGES[usage];
    octet |= 0x80 >> bit;
    last = Math.max(last, bit);
  }
  return [{ oid: '2.5.29.15', critical: true, value: Uint8Array.from([3, 2, 7 - last, octet]) }];
}

function purposes(request: CertificateRequest, { pkijs }: Asn1): CertificateExtension[] {
  const asked = request.eku === undefined ? (request.ca === true ? null : ['serverAuth']) : request.eku;
  if (asked === null) return [];
  const value = new pkijs.ExtKeyUsage({ keyPurposes: asked.map((purpose) => PURPOSES[purpose] ?? purpose) });
  return [{ oid: '2.5.29.37', value: Buffer.from(value.toSchema().toBER()) }];
}

function subjectAltName(request: CertificateRequest, asn1: Asn1): Uint8Array | null {
  if (request.rawSan !== undefined) return request.rawSan;
  const { dns, ip, email, uri } = request;
  const count = [dns, ip, email, uri].reduce((total, list) => total + (list?.length ?? 0), 0);
  return count === 0 ? null : encodeGeneralNames(request, asn1);
}

/** RFC 5280 §4.2.2.1, caIssuers. */
function issuerAccess(url: string, { asn1js }: Asn1): CertificateExtension {
  const location = new asn1js.Primitive({
    idBlock: { tagClass: 3, tagNumber: 6 },
    valueHex: new Uint8Array(Buffer.from(url)).buffer,
  });
  const access = new asn1js.Sequence({
    value: [new asn1js.ObjectIdentifier({ value: '1.3.6.1.5.5.7.48.2' }), location],
  });
  return { oid: '1.3.6.1.5.5.7.1.1', value: Buffer.from(new asn1js.Sequence({ value: [access] }).toBER()) };
}
