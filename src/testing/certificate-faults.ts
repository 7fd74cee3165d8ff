/**
 * Certificates that are wrong in one way each, by name. Every entry says in one sentence what a client sees; all else
 * about the certificate is right, so that a test finds the one fault and no other.
 */
import type { CertificateRequest, Identity, Issuer } from './certificate-request.js';

const DAY = 86_400_000;

/** What a recipe needs of an authority. */
export interface Issuing {
  readonly distrusted: Issuer;
  readonly unknown: Issuer;
  issue(request: CertificateRequest): Identity;
  issuer(request: CertificateRequest): Issuer;
}

interface Recipe {
  readonly says: string;
  readonly issue: (host: string, authority: Issuing, now: number) => Identity;
}

const recipes = {
  expired: {
    says: 'the leaf expired three days ago',
    issue: (host, ca, now) => ca.issue({ dns: [host], notBefore: now - 400 * DAY, notAfter: now - 3 * DAY }),
  },
  notYet: {
    says: 'the leaf becomes valid in two days',
    issue: (host, ca, now) => ca.issue({ dns: [host], notBefore: now + 2 * DAY, notAfter: now + 400 * DAY }),
  },
  issuerExpired: {
    says: 'the intermediate expired three days ago, the leaf is valid',
    issue: (host, ca, now) => {
      const old = ca.issuer({
        cn: 'Test Expired Intermediate',
        signedBy: 'root',
        notBefore: now - 400 * DAY,
        notAfter: now - 3 * DAY,
      });
      return ca.issue({ dns: [host], signedBy: old });
    },
  },
  selfSigned: {
    says: 'the leaf is signed by itself',
    issue: (host, ca) => ca.issue({ dns: [host], signedBy: 'self' }),
  },
  wrongHost: {
    says: 'the certificate is for another host',
    issue: (_host, ca) => ca.issue({ dns: ['other.invalid', 'www.other.invalid'] }),
  },
  cnOnly: {
    says: 'the host stands in the Common Name and there is no subjectAltName',
    issue: (host, ca) => ca.issue({ cn: host }),
  },
  cnMatchSanOther: {
    says: 'the host stands in the Common Name, subjectAltName names another host',
    issue: (host, ca) => ca.issue({ cn: host, dns: ['other.invalid'] }),
  },
  sanMatchCnOther: {
    says: 'the host stands in subjectAltName, the Common Name is another',
    issue: (host, ca) => ca.issue({ cn: 'other.invalid', dns: [host] }),
  },
  emptySubject: {
    says: 'the host stands in subjectAltName and the subject is empty',
    issue: (host, ca) => ca.issue({ cn: null, dns: [host] }),
  },
  missingIntermediate: {
    says: 'the server sends its leaf and not the intermediate',
    issue: (host, ca) => ca.issue({ dns: [host], sends: [] }),
  },
  privateRootSent: {
    says: 'the chain is complete and ends in a root that nobody trusts, which is sent too',
    issue: (host, ca) => ca.issue({ dns: [host], signedBy: ca.unknown, sends: [ca.unknown] }),
  },
  unknownCa: {
    says: 'the issuer, whose certificate is sent, leads to a root that nobody knows',
    issue: (host, ca) => ca.issue({ dns: [host], signedBy: unknownIntermediate(ca) }),
  },
  expiredUnknownCa: {
    says: 'the leaf expired three days ago, and its issuer leads to a root that nobody knows',
    issue: (host, ca, now) =>
      ca.issue({
        dns: [host],
        signedBy: unknownIntermediate(ca),
        notBefore: now - 400 * DAY,
        notAfter: now - 3 * DAY,
      }),
  },
  distrustedRoot: {
    says: 'the chain ends in a root that is known and distrusted',
    issue: (host, ca) => ca.issue({ dns: [host], signedBy: ca.distrusted, sends: [ca.distrusted] }),
  },
  ekuClientOnly: {
    says: 'the extended key usage allows clients only',
    issue: (host, ca) => ca.issue({ dns: [host], eku: ['clientAuth'] }),
  },
  rsa1024: {
    says: 'the leaf has an RSA key of 1024 bits',
    issue: (host, ca) => ca.issue({ dns: [host], key: 'rsa1024' }),
  },
  sha1: {
    says: 'the leaf is signed with SHA-1',
    issue: (host, ca) => ca.issue({ dns: [host], hash: 'sha1' }),
  },
  partialWildcard: {
    says: 'subjectAltName has a wildcard that is a part of a label (`m*.example.org`)',
    issue: (host, ca) => ca.issue({ cn: null, dns: [partialWildcard(host)] }),
  },
  ipOnly: {
    says: 'subjectAltName has an address only, the host stands in the Common Name',
    issue: (host, ca) => ca.issue({ cn: host, ip: ['127.0.0.1'] }),
  },
  nameConstraint: {
    says: 'the intermediate may issue for another domain only',
    issue: (host, ca) => {
      const bound = ca.issuer({
        cn: 'Test Bound Intermediate',
        signedBy: 'root',
        nameConstraints: { permitted: ['other.invalid'] },
      });
      return ca.issue({ dns: [host], signedBy: bound });
    },
  },
  unknownCriticalExtension: {
    says: 'the leaf has a critical extension that nobody knows',
    issue: (host, ca) =>
      ca.issue({
        dns: [host],
        extensions: [{ oid: '1.3.6.1.4.1.55555.1', critical: true, value: Uint8Array.from([5, 0]) }],
      }),
  },
  issuerNotCa: {
    says: 'the leaf is signed by a certificate that is no authority',
    issue: (host, ca) => {
      const server = ca.issuer({
        cn: 'no-authority.invalid',
        dns: ['no-authority.invalid'],
        ca: false,
        signedBy: 'root',
      });
      return ca.issue({ dns: [host], signedBy: server });
    },
  },
} as const satisfies Record<string, Recipe>;

/** The name of a faulty certificate. */
export type CertificateFault = keyof typeof recipes;

/** All faulty certificates. */
export const certificateFaults: readonly CertificateFault[] = Object.keys(recipes) as CertificateFault[];

/** What a client sees of the named fault, one sentence. */
export function describeCertificateFault(fault: CertificateFault): string {
  return recipes[fault].says;
}

/** Issues the certificate with the named fault. */
export function issueFault(fault: CertificateFault, host: string, authority: Issuing, now: number): Identity {
  const recipe: Recipe = recipes[fault];
  return recipe.issue(host, authority, now);
}

function unknownIntermediate(ca: Issuing): Issuer {
  return ca.issuer({ cn: 'Unknown Intermediate', signedBy: ca.unknown });
}

function partialWildcard(host: string): string {
  const [first = 'm', ...rest] = host.split('.');
  return [`${first.slice(0, 1)}*`, ...rest].join('.');
}
