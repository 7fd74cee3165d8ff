/**
 * Does the chain lead to a listed root, and is it the issuer and key that were agreed? OpenSSL's word counts only as
 * "no error"; where it names a date error, which hides all others, our own walk must reach an anchor, dates apart
 * (check-validity). Every other error refuses, under the name that our walk gives it.
 * CI-1 to CI-8, FI-6, FI-9, FI-18. Path facts come from what the server sent; nothing is fetched (CI-4).
 */
import type { Reason } from '../core/reasons.js';
import { findSuite } from '../tls/suites.js';
import type { Certificate } from '../x509/certificate.js';
import type { PathVerdict } from '../x509/path.js';
import { isLevel, line } from './check.js';
import { hasWeakSignature } from './check-key.js';
import type { Check, Evidence } from './verdict.js';
import { walkOf } from './walk.js';

const DATE_ERRORS: readonly string[] = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];

export function checkChain(evidence: Evidence): Check {
  const { facts, plan, sent } = evidence;
  if (facts === null || !isLevel(evidence, 'verified')) return line('chain', 'not-asked');
  const { store } = plan.trust;
  const want = `a chain to a root in ${store?.name ?? 'the store'}`;
  const fail = (reason: Reason, got: string, asked = want): Check =>
    line('chain', 'fail', { reason, want: asked, got });
  if (facts.sent.length === 0) return fail('certificate-missing', 'no certificate');
  if (sent === null)
    return line('chain', 'unknown', {
      reason: 'certificate-invalid',
      want,
      got: 'a certificate that cannot be read',
    });
  const walk = walkOf(evidence);
  if (store === null || walk === null)
    return line('chain', 'unknown', {
      reason: 'certificate-unknown-issuer',
      want: 'a list of trusted roots',
      got: 'none',
    });
  if (!walk.ok) return fail(walk.reason, walk.detail);
  if (facts.pathError !== null && !DATE_ERRORS.includes(facts.pathError)) {
    // OpenSSL sees something that our walk does not: what nobody can name is not passed. Weak digests it does not name.
    const isWeak = walk.path.slice(0, -1).some(hasWeakSignature);
    const reason = isWeak ? 'certificate-weak-signature' : 'certificate-invalid';
    return line('chain', 'unknown', { reason, want, got: facts.pathError });
  }
  const leaf = walk.path[0] as Certificate;
  const usage = usageOf(facts.cipher.standardName);
  if (leaf.keyUsage !== null && !leaf.keyUsage.includes(usage)) {
    const got = `key usage: ${leaf.keyUsage.join(', ')}`;
    return fail('certificate-wrong-purpose', got, `a key for ${usage}, as the suite needs it`);
  }
  return (
    judgeAgreements(evidence, walk) ??
    line('chain', 'pass', { want, got: walk.path.map((each) => each.subject).join(' < ') })
  );
}

/** CI-6, RFC 5280 §4.2.1.3: what the suite does with the key of the leaf; all of TLS 1.3 signs. */
function usageOf(standardName: string): string {
  const exchange = findSuite(standardName)?.keyExchange;
  if (exchange === 'rsa') return 'keyEncipherment';
  return exchange === 'static-dh' ? 'keyAgreement' : 'digitalSignature';
}

/** Include, exclude, issuer, pins: what the two sides agreed on beyond the list of roots. */
function judgeAgreements(evidence: Evidence, walk: Extract<PathVerdict, { ok: true }>): Check | null {
  const { include, exclude, issuer, pins } = evidence.plan.trust;
  const { path, anchor } = walk;
  const refuse = (want: string, got: string): Check =>
    line('chain', 'fail', { reason: 'certificate-issuer-not-allowed', want, got });
  const blocked = path.find(
    (each) => exclude.includes(each.sha256) || exclude.includes(`serial:${each.serial}`),
  );
  if (blocked !== undefined) {
    return line('chain', 'fail', {
      reason: 'certificate-revoked',
      want: 'no certificate on the block list',
      got: blocked.subject,
    });
  }
  if (include !== null && !include.includes(anchor.certificate.sha256))
    return refuse('one of the named roots', anchor.certificate.subject);
  if (issuer !== null && !path.slice(1).some((each) => isIssuer(each, issuer))) {
    return refuse(`issuer ${issuer.join(' or ')}`, path[0]?.issuer ?? '');
  }
  if (pins !== null && !path.some((each) => pins.includes(`spki-sha256/${each.spkiSha256}`))) {
    return refuse('a pinned key', `spki-sha256/${path[0]?.spkiSha256 ?? ''}`);
  }
  return null;
}

/** FI-6: by hash, or by Common Name or Organisation, where a longer name may follow ("DigiCert" fits "DigiCert Inc"). */
function isIssuer(certificate: Certificate, wanted: readonly string[]): boolean {
  // Attribute by attribute from the start: a value with an escaped comma must not pass for an attribute (AT-51).
  const attributes = [...certificate.subject.matchAll(/(?:^|,)([^=,]+)=((?:\\.|[^,\\])*)/gy)];
  const names = attributes
    .filter(([, type]) => type === 'CN' || type === 'O')
    .map(([, , value = '']) => value.replaceAll(/\\(.)/g, '$1').toLowerCase());
  return wanted.some((each) => {
    const name = each.toLowerCase();
    return (
      certificate.sha256 === name || names.some((found) => found === name || found.startsWith(`${name} `))
    );
  });
}
