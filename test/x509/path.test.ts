/**
 * Paths from a leaf to a root: what the walk accepts and why it refuses. `openssl verify` judges the same chains; each
 * row says what it answers.
 */
import { describe, expect, it } from 'vitest';
import type { Reason } from '../../src/core/reasons.js';
import { type Authority, createAuthority } from '../../src/testing/authority.js';
import type { CertificateRequest, Identity, Issuer } from '../../src/testing/certificate-request.js';
import { createTrustStore, parseCertificates, pemStore, walkPath } from '../../src/x509/index.js';
import { chainOf, factsOf } from './certdata-text.js';
import { opensslVerify } from './openssl.js';

const HOST = 'mx1.partner.example';
const authority = await createAuthority();

type Row = [
  title: string,
  make: (ca: Authority) => Identity,
  ours: { readonly reason: Reason; readonly depth: number } | null,
  openssl: string,
];

/** A leaf under an intermediate of its own. */
const under = (issuer: CertificateRequest, leaf: CertificateRequest = { dns: [HOST] }) => {
  return (ca: Authority): Identity =>
    ca.issue({ ...leaf, signedBy: ca.issuer({ cn: 'An Intermediate', signedBy: 'root', ...issuer }) });
};
const refused = (reason: Reason, depth: number) => ({ reason, depth });
const critical = { oid: '1.3.6.1.4.1.55555.1', critical: true, value: Uint8Array.from([5, 0]) };

const rows: readonly Row[] = [
  ['CI-1: leaf, intermediate, root', (ca) => ca.forHost(HOST), null, 'OK'],
  ['CI-1: leaf right below the root', (ca) => ca.issue({ dns: [HOST], signedBy: 'root' }), null, 'OK'],
  [
    'CI-1: the root sent too',
    (ca) => ca.issue({ dns: [HOST], sends: [ca.intermediate, ca.root] }),
    null,
    'OK',
  ],
  [
    'CI-1: the chain in another order, with certificates that do not belong',
    (ca) => ca.issue({ dns: [HOST], sends: [ca.root, ca.forHost('x.example'), ca.intermediate] }),
    null,
    'OK',
  ],
  [
    'CI-1: a root that nobody lists, sent',
    (ca) => ca.fault('privateRootSent', HOST),
    refused('certificate-not-trusted', 1),
    'self-signed certificate in certificate chain',
  ],
  [
    'CI-1: an issuer that leads to a root that nobody lists',
    (ca) => ca.fault('unknownCa', HOST),
    refused('certificate-unknown-issuer', 1),
    'unable to get local issuer certificate',
  ],
  [
    'CI-1: signed by itself',
    (ca) => ca.fault('selfSigned', HOST),
    refused('certificate-self-signed', 0),
    'self-signed certificate',
  ],
  [
    'CI-1: a root of the same name as a listed one, with another key',
    (ca) => sameNameRoot(ca),
    refused('certificate-not-trusted', 1),
    'certificate signature failure',
  ],
  [
    'CI-4: the intermediate is not sent',
    (ca) => ca.issue({ dns: [HOST], sends: [], issuerUrl: 'http://127.0.0.1:9/ca.der' }),
    refused('certificate-chain-incomplete', 0),
    'unable to get local issuer certificate',
  ],
  [
    'CI-5: an issuer that is no authority',
    (ca) => ca.fault('issuerNotCa', HOST),
    refused('certificate-invalid', 1),
    'invalid CA certificate',
  ],
  [
    'CI-5: an issuer that may not sign certificates',
    under({ keyUsage: ['digitalSignature', 'cRLSign'] }),
    refused('certificate-invalid', 1),
    'invalid CA certificate',
  ],
  ['CI-5: an issuer without key usage', under({ keyUsage: null }), null, 'OK'],
  [
    'CI-5: one authority more than the path length allows',
    (ca) => deep(ca, 0),
    refused('certificate-invalid', 2),
    'path length constraint exceeded',
  ],
  ['CI-5: as many authorities as the path length allows', (ca) => deep(ca, 1), null, 'OK'],
  ['CI-5: an authority that only renewed itself does not count', (ca) => renewed(ca), null, 'OK'],
  [
    'CI-5: an unknown critical extension in the leaf',
    (ca) => ca.fault('unknownCriticalExtension', HOST),
    refused('certificate-unknown-critical-extension', 0),
    'unhandled critical extension',
  ],
  [
    'CI-5: an unknown critical extension in the intermediate',
    under({ extensions: [critical] }),
    refused('certificate-unknown-critical-extension', 1),
    'unhandled critical extension',
  ],
  [
    'CI-5: an unknown extension that is not critical',
    (ca) => ca.issue({ dns: [HOST], extensions: [{ ...critical, critical: false }] }),
    null,
    'OK',
  ],
  ['CI-6: for servers', (ca) => ca.issue({ dns: [HOST], eku: ['clientAuth', 'serverAuth'] }), null, 'OK'],
  ['CI-6: no purpose named', (ca) => ca.issue({ dns: [HOST], eku: null }), null, 'OK'],
  [
    'CI-6: for clients only',
    (ca) => ca.fault('ekuClientOnly', HOST),
    refused('certificate-wrong-purpose', 0),
    'unsuitable certificate purpose',
  ],
  [
    'CI-6: for e-mail only',
    (ca) => ca.issue({ dns: [HOST], eku: ['emailProtection'] }),
    refused('certificate-wrong-purpose', 0),
    'unsuitable certificate purpose',
  ],
  [
    'CI-6: below an intermediate for clients only',
    under({ eku: ['clientAuth'] }),
    refused('certificate-wrong-purpose', 1),
    'unsuitable certificate purpose',
  ],
  ['CI-6: below an intermediate for servers', under({ eku: ['serverAuth'] }), null, 'OK'],
  [
    'CI-7: dates are left to the check of dates',
    (ca) => ca.fault('expired', HOST),
    null,
    'certificate has expired',
  ],
  [
    'CI-1, CI-7: an expired leaf of an unknown issuer is unknown, whatever its date',
    (ca) => ca.fault('expiredUnknownCa', HOST),
    refused('certificate-unknown-issuer', 1),
    'unable to get local issuer certificate',
  ],
];

describe('a path', () => {
  it.each(rows)('%s', (_title, make, ours, openssl) => {
    const identity = make(authority);
    const verdict = walkPath(factsOf(identity), chainOf(identity).slice(1), pemStore(authority.trust));
    expect(verdict).toMatchObject(ours === null ? { ok: true } : { ok: false, ...ours });
    expect(opensslVerify(identity, authority.trust)).toBe(openssl);
  });

  it('CI-6: any purpose will do, by our choice; OpenSSL wants serverAuth', () => {
    const identity = authority.issue({ dns: [HOST], eku: ['anyExtendedKeyUsage'] });
    expect(walkPath(factsOf(identity), chainOf(identity), pemStore(authority.trust)).ok).toBe(true);
  });

  it('CI-4: what is missing is named, with the place where it is said to lie, and nothing is fetched', () => {
    const identity = authority.issue({ dns: [HOST], sends: [], issuerUrl: 'http://pki.example/ca.der' });
    const verdict = walkPath(factsOf(identity), [], pemStore(authority.trust));
    expect(verdict).toMatchObject({
      detail:
        'issuer CN=Test Root Intermediate was not sent and is not in pem; it is said to lie at http://pki.example/ca.der',
    });
  });

  it('CI-5: a certificate without basic constraints counts as an issuer only where it is the anchor itself', () => {
    const identity = authority.issue({ dns: [HOST], signedBy: 'root' });
    const chain = chainOf(identity);
    const [root] = parseCertificates(authority.trust);
    const bare = { ...root, basicConstraints: null, keyUsage: null } as (typeof chain)[number];
    const store = createTrustStore('bare', [{ certificate: bare, distrustAfter: null }]);
    expect(walkPath(factsOf(identity), chain, store).ok).toBe(true);
    // The same certificate between leaf and anchor: self-issued, as a root is, and vouched for by a listed one.
    const issuer = authority.issuer({ cn: 'Test Root', signedBy: 'root', ca: false });
    const below = authority.issue({ dns: [HOST], signedBy: issuer });
    const between = chainOf(below).map((each, i) =>
      i === 1 ? { ...each, basicConstraints: null, keyUsage: null } : each,
    );
    expect(walkPath(factsOf(below), between, pemStore(authority.trust))).toMatchObject({
      reason: 'certificate-invalid',
      depth: 1,
    });
  });

  it('CI-1: a listed certificate is trusted as it is, leaf or root', () => {
    const identity = authority.fault('selfSigned', HOST);
    expect(walkPath(factsOf(identity), [], pemStore(identity.certificate))).toMatchObject({ ok: true });
  });

  it('CI-1: authorities that all vouch for each other cost a bounded number of signatures', () => {
    // RSA keys are shared by the certificates of one authority: each of these signs each of the others.
    const request: CertificateRequest = { cn: 'Twin', key: 'rsa2048', signedBy: 'self' };
    const twins = Array.from({ length: 12 }, () => authority.issuer(request));
    const leaf = authority.issue({ dns: [HOST], signedBy: twins[0] as Issuer, sends: twins });
    const started = performance.now();
    // Without a bound there are ten million ways to go.
    expect(walkPath(factsOf(leaf), chainOf(leaf), pemStore(authority.trust)).ok).toBe(false);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

function sameNameRoot(ca: Authority): Identity {
  const twin = ca.issuer({ cn: 'Test Root', signedBy: 'self' });
  return ca.issue({ dns: [HOST], signedBy: twin, sends: [twin] });
}

/** Root, an authority with this path length, another below it, leaf. */
function deep(ca: Authority, pathLength: number): Identity {
  const upper = ca.issuer({ cn: 'Upper', signedBy: 'root', pathLength });
  return ca.issue({ dns: [HOST], signedBy: ca.issuer({ cn: 'Lower', signedBy: upper }) });
}

/**
 * Root, an authority that may have none below it, its own certificate for a new key, leaf. Key identifiers tell OpenSSL
 * that the second is not signed by itself.
 */
function renewed(ca: Authority): Identity {
  const keyId = (id: string) => ({ oid: '2.5.29.14', value: Buffer.from(`0401${id}`, 'hex') });
  const issuerId = (id: string) => ({ oid: '2.5.29.35', value: Buffer.from(`30038001${id}`, 'hex') });
  const renewing = { cn: 'Renewing', pathLength: 0 };
  const old = ca.issuer({ ...renewing, signedBy: 'root', extensions: [keyId('01')] });
  const signedBy = ca.issuer({ ...renewing, signedBy: old, extensions: [keyId('02'), issuerId('01')] });
  return ca.issue({ dns: [HOST], signedBy, extensions: [issuerId('02')] });
}
