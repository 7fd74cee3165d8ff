/**
 * Our own walk from a leaf to an anchor. OpenSSL reports one error, calls several of them "unspecified", and judges
 * dates by the system clock; this walk names what is wrong, and ignores dates, which `validity.ts` judges.
 *
 * Steps: issuers by name and signature, out of the certificates sent and the anchors, bounded in depth and tries; then
 * the rules of RFC 5280 §6 for each certificate.
 */
import type { KeyObject } from 'node:crypto';
import { keepNewest } from '../core/newest.js';
import type { Reason } from '../core/reasons.js';
import type { Certificate } from './certificate.js';
import { openCertificate } from './known.js';
import { findForbiddenName } from './name-constraints.js';
import { issuerSerialKey, type TrustAnchor, type TrustStore } from './trust-store.js';

const MAX_DEPTH = 10;
const MAX_SIGNATURES = 100;

/** A path to an anchor, or what is wrong. */
export type PathVerdict =
  | { readonly ok: true; readonly path: readonly Certificate[]; readonly anchor: TrustAnchor }
  | { readonly ok: false; readonly reason: Reason; readonly depth: number; readonly detail: string };

interface Search {
  readonly sent: readonly Certificate[];
  readonly store: TrustStore;
  budget: number;
}

/** Looks for a path from `leaf` to an anchor of `store`. */
export function walkPath(leaf: Certificate, sent: readonly Certificate[], store: TrustStore): PathVerdict {
  const search: Search = { sent: sent.slice(0, 20), store, budget: MAX_SIGNATURES };
  const found = extend([leaf], search);
  if (found === null) return explainDeadEnd(leaf, search);
  return judgePath(found.path, found.anchor, store) ?? { ok: true, ...found };
}

function extend(path: Certificate[], search: Search): { path: Certificate[]; anchor: TrustAnchor } | null {
  const last = path.at(-1) as Certificate;
  if (search.store.hasAnchor(last.sha256)) {
    const anchor = search.store.anchors.find(
      (each) => each.certificate.sha256 === last.sha256,
    ) as TrustAnchor;
    return { path, anchor };
  }
  for (const anchor of search.store.findBySubject(last.issuerDer)) {
    if (isSignedBy(last, anchor.certificate, search)) return { path: [...path, anchor.certificate], anchor };
  }
  if (path.length >= MAX_DEPTH) return null;
  for (const candidate of search.sent) {
    const used = path.some((each) => each.sha256 === candidate.sha256);
    if (used || !sameName(candidate.subjectDer, last.issuerDer) || !isSignedBy(last, candidate, search))
      continue;
    const found = extend([...path, candidate], search);
    if (found !== null) return found;
  }
  return null;
}

function isSignedBy(certificate: Certificate, issuer: Certificate, search: Search): boolean {
  const pair = `${certificate.sha256} ${issuer.sha256}`;
  const known = verified.get(pair);
  if (known !== undefined) return known;
  if (search.budget <= 0) return false;
  search.budget -= 1;
  const signed = verifySignature(certificate, issuer);
  keepNewest(verified, pair, signed, MAX_KEPT);
  return signed;
}

/** Signatures do not change: what was verified once, for these very octets, is not verified for each message. */
const verified = new Map<string, boolean>();
/** The same authorities sign for many: the key of each is read once; null: a key that cannot be read. */
const issuerKeys = new Map<string, KeyObject | null>();
const MAX_KEPT = 10_000;

function verifySignature(certificate: Certificate, issuer: Certificate): boolean {
  const key = keyOf(issuer);
  try {
    return key !== null && openCertificate(certificate.der).verify(key);
  } catch {
    return false;
  }
}

function keyOf({ sha256, der }: Certificate): KeyObject | null {
  const known = issuerKeys.get(sha256);
  if (known !== undefined) return known;
  let key: KeyObject | null = null;
  try {
    key = openCertificate(der).publicKey;
  } catch {
    // It has signed nothing that counts.
  }
  keepNewest(issuerKeys, sha256, key, MAX_KEPT);
  return key;
}

function sameName(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function isSelfIssued(certificate: Certificate): boolean {
  return sameName(certificate.subjectDer, certificate.issuerDer);
}

/** RFC 5280 §6.1.4: what each certificate of a signed path must satisfy; null when all do. */
function judgePath(path: readonly Certificate[], anchor: TrustAnchor, store: TrustStore): PathVerdict | null {
  const refuse = (reason: Reason, depth: number, detail: string): PathVerdict => ({
    ok: false,
    reason,
    depth,
    detail,
  });
  const leaf = path[0] as Certificate;
  for (const [depth, certificate] of path.entries()) {
    if (isDistrusted(certificate, store)) return distrusted(certificate, depth, store);
    if (certificate.unknownCriticalExtensions.length > 0) {
      const ids = certificate.unknownCriticalExtensions.join(', ');
      return refuse('certificate-unknown-critical-extension', depth, `${certificate.subject}: ${ids}`);
    }
    if (depth > 0) {
      const fault = judgeIssuer(path, depth);
      if (fault !== null) return refuse('certificate-invalid', depth, `${certificate.subject}: ${fault}`);
      const stray = findStray(path, depth);
      if (stray !== null) {
        const detail = `${certificate.subject} may not issue for ${stray.name}`;
        return refuse('certificate-name-constraint', stray.depth, detail);
      }
    }
  }
  // CI-6; that purposes of an authority bind what it issues is the practice of browsers and of OpenSSL.
  const stranger = path.slice(0, Math.max(1, path.length - 1)).findIndex((each) => !isForServers(each));
  if (stranger >= 0) {
    const purposes = path[stranger]?.extendedKeyUsage?.join(', ') ?? '';
    return refuse('certificate-wrong-purpose', stranger, `purposes: ${purposes}`);
  }
  if (anchor.distrustAfter !== null && leaf.notBefore > anchor.distrustAfter) {
    return refuse(
      'certificate-distrusted-root',
      path.length - 1,
      `${anchor.certificate.subject} is not trusted for certificates issued after ${new Date(anchor.distrustAfter).toISOString().slice(0, 10)}`,
    );
  }
  return null;
}

function isForServers({ extendedKeyUsage: purposes }: Certificate): boolean {
  return purposes === null || purposes.includes('serverAuth') || purposes.includes('anyExtendedKeyUsage');
}

/** CI-3: distrust is said of a certificate by its hash, or by issuer and serial number where the list has no more. */
function isDistrusted(certificate: Certificate, store: TrustStore): boolean {
  return (
    store.distrusted.has(certificate.sha256) ||
    store.distrusted.has(issuerSerialKey(certificate.issuerDer, certificate.serial))
  );
}

function distrusted(certificate: Certificate, depth: number, store: TrustStore): PathVerdict {
  return {
    ok: false,
    reason: 'certificate-distrusted-root',
    depth,
    detail: `${certificate.subject} is distrusted in ${store.name}`,
  };
}

/** RFC 5280 §4.2.1.10: what an issuer may not name, anywhere below it; authorities that only renew themselves are passed. */
function findStray(path: readonly Certificate[], depth: number): { name: string; depth: number } | null {
  const constraints = path[depth]?.nameConstraints ?? null;
  if (constraints === null) return null;
  for (const [below, certificate] of path.slice(0, depth).entries()) {
    if (below > 0 && isSelfIssued(certificate)) continue;
    const name = findForbiddenName(certificate, constraints, below === 0);
    if (name !== null) return { name, depth: below };
  }
  return null;
}

/** RFC 5280 §4.2.1.9, §4.2.1.3: an issuer is a CA, may sign certificates, and has room below it. */
function judgeIssuer(path: readonly Certificate[], depth: number): string | null {
  const { basicConstraints, keyUsage } = path[depth] as Certificate;
  // The anchor is trusted as such; version 1 roots have no extensions.
  const isPlainAnchor = depth === path.length - 1 && basicConstraints === null;
  if (!isPlainAnchor && basicConstraints?.ca !== true) return 'is not an authority';
  if (keyUsage !== null && !keyUsage.includes('keyCertSign')) return 'may not sign certificates';
  const room = basicConstraints?.pathLength ?? null;
  const below = path.slice(1, depth).filter((each) => !isSelfIssued(each)).length;
  return room !== null && below > room ? `may have ${room} authorities below it, has ${below}` : null;
}

/** No path: tells apart what is missing, so that the right side is told. */
function explainDeadEnd(leaf: Certificate, search: Search): PathVerdict {
  if (isDistrusted(leaf, search.store)) return distrusted(leaf, 0, search.store);
  if (isSelfIssued(leaf)) {
    return {
      ok: false,
      reason: 'certificate-self-signed',
      depth: 0,
      detail: `${leaf.subject}, pin: spki-sha256/${leaf.spkiSha256}`,
    };
  }
  let last = leaf;
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const next = search.sent.find(
      (each) => each.sha256 !== last.sha256 && sameName(each.subjectDer, last.issuerDer),
    );
    if (next === undefined) {
      const where = last.issuerUrls[0] === undefined ? '' : `; it is said to lie at ${last.issuerUrls[0]}`;
      const reason = depth === 0 ? 'certificate-chain-incomplete' : 'certificate-unknown-issuer';
      return {
        ok: false,
        reason,
        depth,
        detail: `issuer ${last.issuer} was not sent and is not in ${search.store.name}${where}`,
      };
    }
    if (isDistrusted(next, search.store)) return distrusted(next, depth + 1, search.store);
    if (isSelfIssued(next)) {
      return {
        ok: false,
        reason: 'certificate-not-trusted',
        depth: depth + 1,
        detail: `root ${next.subject} (sha256 ${next.sha256}) is not in ${search.store.name}`,
      };
    }
    last = next;
  }
  return {
    ok: false,
    reason: 'certificate-invalid',
    depth: MAX_DEPTH,
    detail: 'the chain is too long or goes in circles',
  };
}
