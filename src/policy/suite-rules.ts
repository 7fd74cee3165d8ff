/**
 * Suite rules among themselves: which ask for more, and what two of them ask together.
 */
import type { SuiteFloor, SuiteRules } from '../tls/suites.js';

function floorAtLeast(a: SuiteFloor, b: SuiteFloor): boolean {
  return (
    (a.forwardSecrecy || !b.forwardSecrecy) &&
    (a.aead || !b.aead) &&
    a.bits >= b.bits &&
    (a.hash === 'sha256' || b.hash === 'sha1') &&
    (a.encryption === 'aes' || b.encryption === 'any')
  );
}

function mergeFloors(a: SuiteFloor, b: SuiteFloor): SuiteFloor {
  return {
    forwardSecrecy: a.forwardSecrecy || b.forwardSecrecy,
    aead: a.aead || b.aead,
    bits: Math.max(a.bits, b.bits),
    hash: a.hash === 'sha256' || b.hash === 'sha256' ? 'sha256' : 'sha1',
    encryption: a.encryption === 'aes' || b.encryption === 'aes' ? 'aes' : 'any',
  };
}

/** True when `a` refuses every suite that `b` refuses. */
export function suiteRulesAtLeast(a: SuiteRules, b: SuiteRules): boolean {
  return floorAtLeast(a.minimum, b.minimum) && b.forbidden.every((name) => a.forbidden.includes(name));
}

/** Both at once: the higher floor, the union of what is forbidden. */
export function mergeSuiteRules(a: SuiteRules, b: SuiteRules): SuiteRules {
  const recommended =
    a.recommended === null || b.recommended === null
      ? (a.recommended ?? b.recommended)
      : mergeFloors(a.recommended, b.recommended);
  return {
    minimum: mergeFloors(a.minimum, b.minimum),
    recommended,
    forbidden: [...new Set([...a.forbidden, ...b.forbidden])].toSorted(),
  };
}
