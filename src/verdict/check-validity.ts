/**
 * Dates of the whole path, by our clock, to the second (CI-7, FI-19). They are judged apart from the chain, so that a
 * waiver for one cannot hide the other.
 */
import { formatMoment } from '../core/moment.js';
import type { Certificate } from '../x509/certificate.js';
import { judgeValidity } from '../x509/validity.js';
import { isLevel, line } from './check.js';
import type { Check, Evidence } from './verdict.js';
import { walkOf } from './walk.js';

export function checkValidity(evidence: Evidence): Check {
  const { facts, sent, now } = evidence;
  if (facts === null || !isLevel(evidence, 'verified')) return line('validity', 'not-asked');
  const want = 'every certificate of the chain valid now';
  if (sent === null || sent.length === 0)
    return line('validity', 'unknown', { reason: 'certificate-missing', want, got: 'no certificate' });
  const walk = walkOf(evidence);
  const fault = judgeValidity(walk?.ok === true ? walk.path : sent.slice(0, 1), now);
  if (fault === null)
    return line('validity', 'pass', {
      want,
      got: `valid until ${formatMoment((sent[0] as Certificate).notAfter)}`,
    });
  const { certificate, depth, reason } = fault;
  const date =
    reason === 'certificate-expired'
      ? `valid until ${formatMoment(certificate.notAfter)}`
      : `valid from ${formatMoment(certificate.notBefore)}`;
  return line('validity', 'fail', { reason, want, got: `${certificate.subject}, ${date}, depth ${depth}` });
}
