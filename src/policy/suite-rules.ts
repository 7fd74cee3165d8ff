/**
 * Suite rules among themselves: which ask for more, and what two of them ask together.
 */
import type { SuiteFloor, SuiteRules } from '../tls/suites.js';
import { higher, reaches } from './order.js';

/** Kinds of key exchange and of encryption in the order in which they admit less. */
const keyExchanges: readonly SuiteFloor['keyExchange'][] = ['any', 'ephemeral', 'ecdhe'];
const encryptions: readonly SuiteFloor['encryption'][] = ['any', 'aes-or-chacha20', 'aes'];
const hashes: readonly SuiteFloor['hash'][] = ['sha1', 'sha256'];

function floorAtLeast(a: SuiteFloor, b: SuiteFloor): boolean {
  return (
    reaches(keyExchanges, a.keyExchange, b.keyExchange) &&
    (a.aead || !b.aead) &&
    a.bits >= b.bits &&
    reaches(hashes, a.hash, b.hash) &&
    reaches(encryptions, a.encryption, b.encryption)
  );
}

function mergeFloors(a: SuiteFloor, b: SuiteFloor): SuiteFloor {
  return {
    keyExchange: higher(keyExchanges, a.keyExchange, b.keyExchange),
    aead: a.aead || b.aead,
    bits: Math.max(a.bits, b.bits),
    hash: higher(hashes, a.hash, b.hash),
    encryption: higher(encryptions, a.encryption, b.encryption),
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

/** What was expected of rules that nobody can mean, for people; null: they can be read. */
export function faultOfSuites(value: unknown): string | null {
  const rules = value as Partial<SuiteRules> | null;
  const isFloor = (floor: Partial<SuiteFloor> | null | undefined): boolean =>
    typeof floor === 'object' &&
    floor !== null &&
    keyExchanges.includes(floor.keyExchange as SuiteFloor['keyExchange']) &&
    encryptions.includes(floor.encryption as SuiteFloor['encryption']) &&
    hashes.includes(floor.hash as SuiteFloor['hash']) &&
    typeof floor.aead === 'boolean' &&
    Number.isFinite(floor.bits);
  const isRead =
    isFloor(rules?.minimum) &&
    (rules?.recommended === null || isFloor(rules?.recommended)) &&
    Array.isArray(rules?.forbidden);
  return isRead ? null : 'suite rules: minimum, recommended (or null), forbidden';
}
