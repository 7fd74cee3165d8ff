/**
 * The walk from the leaf to an anchor of the plan's store, made once for all checks of one judgement.
 */
import { type PathVerdict, walkPath } from '../x509/path.js';
import type { Evidence } from './verdict.js';

const walks = new WeakMap<Evidence, PathVerdict | null>();

/** The walk of this evidence; null where there is no certificate that can be read, or no store. */
export function walkOf(evidence: Evidence): PathVerdict | null {
  const known = walks.get(evidence);
  if (known !== undefined) return known;
  const { sent, plan } = evidence;
  const [leaf] = sent ?? [];
  const { store } = plan.trust;
  const walk = leaf === undefined || store === null ? null : walkPath(leaf, sent ?? [], store);
  walks.set(evidence, walk);
  return walk;
}
