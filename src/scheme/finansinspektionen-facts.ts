/**
 * What the questionnaire wants to know of certificates, taken from what servers showed or from a file: per host its
 * address, Common Name and last day, and which authority stands behind it (FI-22, FI-23). Nothing here judges.
 */
import type { TrustStore } from '../x509/trust-store.js';
import type { Certificate } from '../x509/certificate.js';
import { parseCertificate } from '../x509/parse.js';
import { walkPath } from '../x509/path.js';
import { formatDay } from './domain-list-dates.js';

/** One row of the questionnaire's "Certificate details". */
export interface HostCertificate {
  /** Name of the mail server. */
  readonly host: string;
  /** IPv4 or IPv6. */
  readonly address: string;
  /** Common Name of its certificate. */
  readonly cn: string;
  /** Last day on which the certificate is valid, UTC, `YYYY-MM-DD`. */
  readonly validUntil: string;
}

/** The authority, as people call it: Common Names of the issuing certificate and of the root. */
export interface NamedAuthority {
  readonly issuer: string;
  readonly root: string;
}

/** What certificates say for the questionnaire. */
export interface CertificateFacts {
  /** Hosts that showed a certificate with a Common Name and whose address is known. */
  readonly hosts: readonly HostCertificate[];
  /** null where the chains lead to different authorities, or one of them to none: then a person must say. */
  readonly authority: NamedAuthority | null;
}

/** The part of a dry run that is read; what `sender.dryRun` gives fits. */
export interface ShownCertificates {
  readonly plan: { readonly trust: { readonly store: TrustStore | null } };
  readonly hosts: readonly {
    readonly target: { readonly host: string; readonly address: string };
    readonly verdict: { readonly facts: { readonly sent: readonly Uint8Array[] } | null } | null;
  }[];
}

/** Reads the facts. @throws ConfigError `certificate-unreadable` for DER that is none */
export function certificateFacts(shown: ShownCertificates): CertificateFacts {
  const hosts: HostCertificate[] = [];
  const authorities: (NamedAuthority | null)[] = [];
  for (const { target, verdict } of shown.hosts) {
    const sent = (verdict?.facts?.sent ?? []).map(parseCertificate);
    const [leaf] = sent;
    if (leaf === undefined) continue;
    authorities.push(authorityOf(leaf, sent, shown.plan.trust.store));
    const cn = leaf.commonNames.at(-1);
    if (cn === undefined || target.address === '' || !Number.isFinite(leaf.notAfter)) continue;
    hosts.push({ host: target.host, address: target.address, cn, validUntil: formatDay(leaf.notAfter) });
  }
  const [first = null] = authorities;
  const isOne = authorities.every(
    (each) => each !== null && each.issuer === first?.issuer && each.root === first.root,
  );
  return { hosts, authority: isOne ? first : null };
}

function authorityOf(
  leaf: Certificate,
  sent: readonly Certificate[],
  store: TrustStore | null,
): NamedAuthority | null {
  const walk = store === null ? null : walkPath(leaf, sent, store);
  if (walk?.ok !== true) return null;
  const issuer = walk.path[1]?.commonNames.at(-1);
  const root = walk.anchor.certificate.commonNames.at(-1);
  return issuer === undefined || root === undefined ? null : { issuer, root };
}
