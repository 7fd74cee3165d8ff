/**
 * The name: references come from the route and the plan, made before the certificate is looked at, and never from what
 * the server says of itself (CI-10, CI-11, ST-15). What matched is recorded as the identity (CI-21).
 */
import type { Certificate } from '../x509/certificate.js';
import { matchName, type NameMatch } from '../x509/names.js';
import { isLevel, line } from './check.js';
import type { Check, Evidence } from './verdict.js';

/** The names that count for this target, by the plan. */
export function referencesOf(evidence: Evidence): readonly string[] {
  const { plan, target } = evidence;
  if (plan.name.reference === 'names') return plan.name.accepted ?? [];
  return plan.name.reference === 'nexthop' ? [plan.domain] : [target.host];
}

/** The reference that the leaf carries, and the last comparison. */
export function findIdentity(evidence: Evidence): {
  readonly identity: string | null;
  readonly match: NameMatch | null;
} {
  const leaf: Certificate | undefined = evidence.sent?.[0];
  let match: NameMatch | null = null;
  if (leaf === undefined) return { identity: null, match };
  for (const reference of referencesOf(evidence)) {
    match = matchName(leaf, reference, evidence.plan.name.mode);
    if (match.matched) return { identity: reference, match };
  }
  return { identity: null, match };
}

export function checkName(evidence: Evidence): Check {
  if (evidence.facts === null || !isLevel(evidence, 'verified')) return line('name', 'not-asked');
  const want = `${referencesOf(evidence).join(' or ')} (${evidence.plan.name.mode})`;
  const { identity, match } = findIdentity(evidence);
  const got =
    match === null
      ? 'no certificate'
      : `${match.presented.join(', ') || 'no names'}; CN ${match.cn ?? 'none'}`;
  if (identity !== null) return line('name', 'pass', { want, got });
  const reason = match?.why === 'cn-mismatch' ? 'certificate-cn-mismatch' : 'certificate-host-mismatch';
  return line('name', 'fail', { reason, want, got });
}
