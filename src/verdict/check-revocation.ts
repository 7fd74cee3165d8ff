/**
 * Has the certificate been revoked? The stapled word of its authority decides: "revoked" refuses, none says nothing,
 * except where the certificate promises one and the plan holds it to that (CI-8, RFC 7633). Nothing is fetched; the block
 * list of the plan is part of the chain (check-chain).
 */
import type { Certificate } from '../x509/certificate.js';
import { judgeStaple } from '../x509/ocsp.js';
import { isLevel, line } from './check.js';
import type { Check, Evidence } from './verdict.js';
import { walkOf } from './walk.js';

export function checkRevocation(evidence: Evidence): Check {
  const { facts, sent, plan, now } = evidence;
  if (facts === null || !isLevel(evidence, 'verified')) return line('revocation', 'not-asked');
  const [leaf] = sent ?? [];
  // What has no certificate or no path is refused for that.
  if (leaf === undefined) return line('revocation', 'not-asked');
  const want = 'a certificate that its authority has not revoked';
  const got = stapleOf(evidence, leaf, now);
  if (got?.status === 'revoked')
    return line('revocation', 'fail', { reason: 'certificate-revoked', want, got: got.detail });
  if (got?.status === 'good') return line('revocation', 'pass', { want, got: got.detail });
  const detail = got?.detail ?? 'no stapled response';
  if (plan.trust.mustStaple && leaf.mustStaple) {
    const asked = 'the stapled response that the certificate promises';
    return line('revocation', 'fail', { reason: 'certificate-staple-missing', want: asked, got: detail });
  }
  return line('revocation', 'not-asked', { want, got: detail });
}

function stapleOf(evidence: Evidence, leaf: Certificate, now: number) {
  const staple = evidence.facts?.ocspStaple ?? null;
  if (staple === null) return null;
  const walk = walkOf(evidence);
  const issuer = walk?.ok === true ? walk.path[1] : undefined;
  return issuer === undefined ? null : judgeStaple(staple, leaf, issuer, now);
}
