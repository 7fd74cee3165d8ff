/**
 * Is there TLS at all, by a full handshake? Classes c and d refuse clear text; class b goes on and warns (ST-1, ST-2, FI-4).
 */
import { isLevel, line } from './check.js';
import type { Check, Evidence } from './verdict.js';

export function checkStartTls(evidence: Evidence): Check {
  const { facts, tlsFailure } = evidence;
  if (isLevel(evidence, 'plain'))
    return line('starttls', 'not-asked', { got: facts === null ? 'clear text' : facts.protocol });
  const want = isLevel(evidence, 'opportunistic') ? 'TLS if it can be had' : 'TLS';
  if (facts === null) {
    const reason = tlsFailure ?? 'starttls-not-supported';
    const result = isLevel(evidence, 'opportunistic') ? 'warn' : 'fail';
    return line('starttls', result, { reason, want, got: 'clear text' });
  }
  // ST-21: a resumed session shows no certificate.
  if (facts.resumed)
    return line('starttls', 'fail', {
      reason: 'session-resumed',
      want: 'a full handshake',
      got: 'a resumed session',
    });
  return line('starttls', 'pass', { want, got: facts.protocol });
}
