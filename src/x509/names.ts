/**
 * Does a certificate carry a name? Label by label, dNSName first and by default alone; a Common Name counts only where a
 * mode says so, and an IP address only as iPAddress. References come from routing, never from the peer (CI-10, CI-11).
 * Standards: RFC 9525 §6, RFC 6125 §6.4.4 (mode `san-or-cn`); FI-20 (mode `san-and-cn`).
 */
import { isIP } from 'node:net';
import { canonicalDomain } from '../core/domain.js';
import { printable } from '../core/printable.js';
import type { Certificate } from './certificate.js';
import { isDnsName, matchesDnsName } from './dns-name.js';

/**
 * `san`: dNSName only (CI-12); `san-or-cn`: the last Common Name where there is no dNSName at all (CI-13);
 * `san-and-cn`: dNSName, and the Common Name equals the reference as well (CI-14).
 */
export type NameMode = 'san' | 'san-or-cn' | 'san-and-cn';

/** What the comparison found. */
export interface NameMatch {
  readonly matched: boolean;
  readonly by: 'dns' | 'ip' | 'cn' | null;
  /** Every name that the certificate shows, for people; escaped and capped. */
  readonly presented: readonly string[];
  readonly cn: string | null;
  readonly cnEqualsReference: boolean;
  readonly why: 'ok' | 'no-san' | 'invalid-san' | 'mismatch' | 'cn-mismatch';
}

/**
 * Holds a certificate against one reference: a domain, in any of its forms, or an IP address. A reference that is
 * neither matches nothing.
 */
export function matchName(certificate: Certificate, reference: string, mode: NameMode): NameMatch {
  const cn = mostSpecificCommonName(certificate);
  const wanted = canonicalDomain(reference);
  const cnEqualsReference = cn !== null && isDnsName(cn) && cn.toLowerCase() === wanted;
  const found = {
    presented: presentedNames(certificate),
    cn: cn === null ? null : printable(cn, 255),
    cnEqualsReference,
  };
  if (wanted === null) return { ...found, ...matchAddress(certificate, reference) };
  const dnsNames = certificate.names.filter((name) => name.type === 'dns');
  if (dnsNames.some((name) => name.valid && matchesDnsName(name.value, wanted))) {
    const refused = mode === 'san-and-cn' && !cnEqualsReference;
    return { ...found, matched: !refused, by: refused ? null : 'dns', why: refused ? 'cn-mismatch' : 'ok' };
  }
  if (mode === 'san-or-cn' && cn !== null && mayUseCommonName(certificate)) {
    if (isDnsName(cn) && cn.includes('.') && matchesDnsName(cn, wanted))
      return { ...found, matched: true, by: 'cn', why: 'ok' };
  }
  const why =
    dnsNames.length === 0 ? 'no-san' : dnsNames.every((name) => !name.valid) ? 'invalid-san' : 'mismatch';
  return { ...found, matched: false, by: null, why };
}

/** CI-17: octet for octet with an iPAddress, never with a dNSName or a Common Name. */
function matchAddress(
  certificate: Certificate,
  reference: string,
): Pick<NameMatch, 'matched' | 'by' | 'why'> {
  const address = isIP(reference) === 0 ? null : normalAddress(reference);
  const matched = certificate.names.some(
    (name) => name.type === 'ip' && name.valid && name.value === address,
  );
  return { matched, by: matched ? 'ip' : null, why: matched ? 'ok' : 'mismatch' };
}

/** CI-13: the last one. Where any of them is invalid, nobody knows what it was meant to say, and none counts (CI-20). */
function mostSpecificCommonName(certificate: Certificate): string | null {
  return certificate.invalidCommonNames > 0 ? null : (certificate.commonNames.at(-1) ?? null);
}

/** RFC 6125 §6.4.4: no DNS-ID, SRV-ID or URI-ID may be there for the Common Name to count. */
function mayUseCommonName(certificate: Certificate): boolean {
  return !certificate.names.some(({ type }) => type === 'dns' || type === 'uri' || type === 'other');
}

function normalAddress(address: string): string {
  return isIP(address) === 6 ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address;
}

function presentedNames(certificate: Certificate): string[] {
  const shown = certificate.names
    .slice(0, 20)
    .map((name) => (name.type === 'dns' ? name.value : `${name.type}:${name.value}`));
  return certificate.names.length > 20 ? [...shown, `and ${certificate.names.length - 20} more`] : shown;
}
