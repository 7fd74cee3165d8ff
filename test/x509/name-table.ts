/**
 * Certificates and references for the name match.
 */
import type { CertificateRequest } from '../../src/testing/certificate-request.js';
import type { NameMode } from '../../src/x509/index.js';

/** One certificate against one reference, and what must come out in each mode. */
export interface NameRow {
  readonly ids: string;
  readonly says: string;
  readonly certificate: CertificateRequest;
  readonly reference?: string;
  /** Modes in which the name matches; the others must refuse. */
  readonly matches: readonly NameMode[];
  /** What OpenSSL's matcher says instead, and why we do not. */
  readonly differs?: string;
}

/** The reference where a row names none. */
export const MX = 'mx.example.test';
/** Modes in which a dNSName alone is enough, in which any match is, in which the Common Name may stand in. */
const san: readonly NameMode[] = ['san', 'san-or-cn'];
export const all: readonly NameMode[] = ['san', 'san-or-cn', 'san-and-cn'];
export const legacy: readonly NameMode[] = ['san-or-cn'];
/** A certificate with these dNSNames and no Common Name. */
export const dns = (...names: string[]): CertificateRequest => ({ cn: null, dns: names });

/** dNSNames and Common Names: what RFC 9525 (mode `san`), RFC 6125 (`san-or-cn`) and FI-20 (`san-and-cn`) say. */
export const hostNames: readonly NameRow[] = [
  { ids: 'CI-12', says: 'the name itself', certificate: dns(MX), matches: san },
  { ids: 'CI-15', says: 'the name in other case', certificate: dns('MX.Example.TEST'), matches: san },
  {
    ids: 'CI-15',
    says: 'a reference in other case',
    certificate: dns(MX),
    reference: 'Mx.eXample.test',
    matches: san,
  },
  {
    ids: 'CI-15',
    says: 'one trailing dot in the reference',
    certificate: dns(MX),
    reference: `${MX}.`,
    matches: san,
    differs: 'OpenSSL wants it without the dot',
  },
  {
    ids: 'CI-15',
    says: 'two trailing dots in the reference',
    certificate: dns(MX),
    reference: `${MX}..`,
    matches: [],
  },
  { ids: 'CI-16', says: 'a wildcard for one label', certificate: dns('*.example.test'), matches: san },
  {
    ids: 'CI-16',
    says: 'a wildcard and two labels',
    certificate: dns('*.example.test'),
    reference: 'a.mx.example.test',
    matches: [],
  },
  {
    ids: 'CI-16',
    says: 'a wildcard and no label',
    certificate: dns('*.example.test'),
    reference: 'example.test',
    matches: [],
  },
  {
    ids: 'CI-16',
    says: 'a wildcard for an A-label',
    certificate: dns('*.example.test'),
    reference: 'xn--bcher-kva.example.test',
    matches: san,
  },
  {
    ids: 'CI-16, AT-9',
    says: 'a wildcard at the end of a label',
    certificate: dns('m*.example.test'),
    matches: [],
  },
  {
    ids: 'CI-16, AT-9',
    says: 'a wildcard at the start of a label',
    certificate: dns('*x.example.test'),
    matches: [],
  },
  { ids: 'CI-16', says: 'a wildcard in the second label', certificate: dns('mx.*.test'), matches: [] },
  {
    ids: 'CI-16',
    says: 'two wildcards',
    certificate: dns('*.*.example.test'),
    reference: 'a.b.example.test',
    matches: [],
  },
  {
    ids: 'CI-16',
    says: 'a wildcard within an A-label',
    certificate: dns('xn--*.example.test'),
    reference: 'xn--bcher-kva.example.test',
    matches: [],
  },
  { ids: 'CI-16', says: 'a wildcard alone', certificate: dns('*'), reference: 'localhost', matches: [] },
  {
    ids: 'CI-16',
    says: 'a wildcard below a top-level domain',
    certificate: dns('*.test'),
    reference: 'example.test',
    matches: [],
  },
  {
    ids: 'CI-16',
    says: 'a wildcard held against its own text',
    certificate: dns('*.example.test'),
    reference: '*.example.test',
    matches: [],
    differs: 'OpenSSL compares the text',
  },
  {
    ids: 'CI-12, CI-13',
    says: 'no subjectAltName, the name in the Common Name',
    certificate: { cn: MX },
    matches: legacy,
  },
  {
    ids: 'CI-12, CI-13',
    says: 'another name in subjectAltName, the name in the Common Name',
    certificate: { cn: MX, dns: ['other.example.test'] },
    matches: [],
  },
  {
    ids: 'CI-13',
    says: 'iPAddress only, the name in the Common Name',
    certificate: { cn: MX, ip: ['192.0.2.1'] },
    matches: legacy,
  },
  {
    ids: 'CI-13',
    says: 'an invalid dNSName and the name in the Common Name',
    certificate: { cn: MX, dns: ['m*.example.test'] },
    matches: [],
  },
  {
    ids: 'CI-13',
    says: 'the last of two Common Names',
    certificate: { cn: ['other.example.test', MX] },
    matches: legacy,
  },
  {
    ids: 'CI-13',
    says: 'the first of two Common Names',
    certificate: { cn: [MX, 'other.example.test'] },
    matches: [],
    differs: 'OpenSSL looks at every Common Name',
  },
  {
    ids: 'CI-13',
    says: 'a Common Name without a dot',
    certificate: { cn: 'mx' },
    reference: 'mx',
    matches: [],
    differs: 'a Common Name must look like a host name with a domain',
  },
  {
    ids: 'CI-13, CI-16',
    says: 'a wildcard in the Common Name',
    certificate: { cn: '*.example.test' },
    matches: legacy,
  },
  {
    ids: 'CI-13, CI-16',
    says: 'a partial wildcard in the Common Name',
    certificate: { cn: 'm*.example.test' },
    matches: [],
  },
  {
    ids: 'CI-13, CI-15',
    says: 'a Common Name with a trailing dot',
    certificate: { cn: `${MX}.` },
    matches: [],
  },
  {
    ids: 'CI-13, CI-15',
    says: 'a Common Name in other case',
    certificate: { cn: 'MX.example.TEST' },
    matches: legacy,
  },
  {
    ids: 'CI-13, CI-15',
    says: 'a Common Name with a letter that only lower-cases to ASCII (Kelvin sign)',
    certificate: { cn: 'mx.ban\u212a.test' },
    reference: 'mx.bank.test',
    matches: [],
  },
  { ids: 'CI-14', says: 'the name in both', certificate: { cn: MX, dns: [MX] }, matches: all },
  {
    ids: 'CI-14',
    says: 'the name in both, in other case',
    certificate: { cn: 'MX.example.test', dns: ['mx.EXAMPLE.test'] },
    matches: all,
  },
  {
    ids: 'CI-14',
    says: 'the name in subjectAltName, another Common Name',
    certificate: { cn: 'other.example.test', dns: [MX] },
    matches: san,
  },
  {
    ids: 'CI-14',
    says: 'a wildcard in subjectAltName and the name in the Common Name',
    certificate: { cn: MX, dns: ['*.example.test'] },
    matches: all,
  },
  {
    ids: 'CI-14',
    says: 'a wildcard in both',
    certificate: { cn: '*.example.test', dns: ['*.example.test'] },
    matches: san,
  },
  {
    ids: 'CI-14, CI-15',
    says: 'a Common Name with a Kelvin sign, the name in subjectAltName',
    certificate: { cn: 'mx.ban\u212a.test', dns: ['mx.bank.test'] },
    reference: 'mx.bank.test',
    matches: san,
  },
  {
    ids: 'CI-15',
    says: 'a U-label in subjectAltName',
    certificate: dns('bücher.example'),
    reference: 'xn--bcher-kva.example',
    matches: [],
  },
  {
    ids: 'CI-15',
    says: 'a U-label in the Common Name',
    certificate: { cn: 'bücher.example' },
    reference: 'xn--bcher-kva.example',
    matches: [],
  },
  {
    ids: 'CI-15',
    says: 'an A-label, the reference as U-label',
    certificate: dns('xn--bcher-kva.example'),
    reference: 'bücher.example',
    matches: san,
    differs: 'OpenSSL wants an A-label',
  },
  { ids: 'CI-15', says: 'a trailing dot in subjectAltName', certificate: dns(`${MX}.`), matches: [] },
  { ids: 'CI-15', says: 'an empty dNSName', certificate: dns(''), reference: 'localhost', matches: [] },
];
