/**
 * Sizes of keys and digests of signatures, over the whole path; the anchor's own signature proves nothing and is exempt
 * (CI-9, RFC 9325 §4.5). Node itself takes an RSA key of 1024 bits.
 */
import type { Certificate } from '../x509/certificate.js';
import { isLevel, line } from './check.js';
import type { Check, Evidence } from './verdict.js';
import { walkOf } from './walk.js';

/** True for a digest that can be forged, or that nobody here knows. */
export function hasWeakSignature({ signature }: Certificate): boolean {
  return ['md5', 'sha1', 'unknown'].includes(signature.hash);
}

export function checkKey(evidence: Evidence): Check {
  const { facts, plan, sent } = evidence;
  if (facts === null || !isLevel(evidence, 'verified')) return line('key', 'not-asked');
  const { minRsaBits, minEcBits } = plan.keys;
  const want = `RSA ${minRsaBits} or EC ${minEcBits} bits, no MD5 or SHA-1`;
  if (sent === null || sent.length === 0)
    return line('key', 'unknown', { reason: 'certificate-missing', want, got: 'no certificate' });
  const walk = walkOf(evidence);
  const path = walk?.ok === true ? walk.path : sent.slice(0, 1);
  for (const [depth, certificate] of path.entries()) {
    const { key, signature } = certificate;
    const least = key.type === 'rsa' ? minRsaBits : minEcBits;
    if (key.type === 'dsa' || key.type === 'other' || key.bits < least) {
      return line('key', 'fail', {
        reason: 'certificate-weak-key',
        want,
        got: `${certificate.subject}: ${key.type} ${key.bits}`,
      });
    }
    const isAnchor = walk?.ok === true && depth === path.length - 1 && depth > 0;
    if (!isAnchor && hasWeakSignature(certificate)) {
      return line('key', 'fail', {
        reason: 'certificate-weak-signature',
        want,
        got: `${certificate.subject}: ${signature.algorithm}`,
      });
    }
  }
  return line('key', 'pass', { want, got: path.map(({ key }) => `${key.type} ${key.bits}`).join(', ') });
}
