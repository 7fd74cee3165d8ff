/**
 * The TLS of a session against a floor (ING-3).
 */
import { printable } from '../core/printable.js';
import { describeFloor, findSuite, gradeSuite, type SuiteRules } from '../tls/suites.js';
import { isVersionAtLeast } from '../tls/versions.js';
import type { InboundTls } from './session.js';

/** What is below the floor, in words; null: nothing is. */
export function findWeakness(
  tls: InboundTls,
  floor: { readonly minProtocol: 'TLSv1' | 'TLSv1.2' | 'TLSv1.3'; readonly ciphers: SuiteRules },
): string | null {
  if (!isVersionAtLeast(tls.protocol, floor.minProtocol)) {
    return `${floor.minProtocol} or later is needed, this is ${printable(tls.protocol, 20)}`;
  }
  const grade = gradeSuite(findSuite(tls.cipher), floor.ciphers);
  if (grade === 'ok' || grade === 'below-recommended') return null;
  return `a suite of ${describeFloor(floor.ciphers.minimum)} is needed, this is ${printable(tls.cipher, 60)}`;
}
