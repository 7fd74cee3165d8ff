/**
 * The negotiated version against the floor, whatever was offered (CV-1, CV-4, CV-5, CV-16).
 */
import { isVersionAtLeast } from '../tls/versions.js';
import { isLevel, line } from './check.js';
import type { Check, Evidence } from './verdict.js';

export function checkProtocol(evidence: Evidence): Check {
  const { facts, plan } = evidence;
  if (facts === null || isLevel(evidence, 'plain')) return line('protocol', 'not-asked');
  const want = `${plan.minProtocol} or later`;
  const got = facts.protocol;
  if (!isVersionAtLeast(got, plan.minProtocol)) {
    return line('protocol', 'fail', { reason: 'protocol-below-floor', want, got });
  }
  // CV-4: better than clear text, and no more than that.
  return isVersionAtLeast(got, 'TLSv1.2')
    ? line('protocol', 'pass', { want, got })
    : line('protocol', 'warn', { reason: 'protocol-below-floor', want, got });
}
