/**
 * The negotiated suite: forbidden and below the minimum refuse, below the recommendation warns (FI-8, FI-11 to FI-13,
 * CV-16, CV-21). A finite-field group below 2048 bits is refused (CV-10).
 */
import { describeFloor, findSuite, gradeSuite, type SuiteGrade } from '../tls/suites.js';
import { MIN_DH_BITS } from '../tls/context.js';
import type { Reason } from '../core/reasons.js';
import { isLevel, line } from './check.js';
import type { Check, Evidence } from './verdict.js';

const REFUSED: Readonly<Record<Exclude<SuiteGrade, 'ok'>, Reason>> = {
  'below-recommended': 'cipher-below-floor',
  'below-minimum': 'cipher-below-floor',
  forbidden: 'cipher-forbidden',
  'no-forward-secrecy': 'no-forward-secrecy',
};

export function checkCipher(evidence: Evidence): Check {
  const { facts, plan } = evidence;
  if (facts === null || isLevel(evidence, 'plain')) return line('cipher', 'not-asked');
  const want = describeFloor(plan.ciphers.minimum);
  const exchange = facts.keyExchange;
  if (exchange?.type === 'DH' && exchange.bits !== null && exchange.bits < MIN_DH_BITS) {
    return line('cipher', 'fail', {
      reason: 'weak-dh',
      want: `Diffie-Hellman of ${MIN_DH_BITS} bits`,
      got: `${exchange.bits} bits`,
    });
  }
  const suite = findSuite(facts.cipher.standardName) ?? findSuite(facts.cipher.name);
  const grade = gradeSuite(suite, plan.ciphers);
  // CV-21: allowed or not, whoever reads the evidence should know.
  const weak = suite?.forwardSecrecy === false;
  const name = facts.cipher.standardName || facts.cipher.name;
  const got = weak ? `${name}, no forward secrecy` : name;
  if (grade === 'ok') {
    return weak
      ? line('cipher', 'warn', { reason: 'no-forward-secrecy', want, got })
      : line('cipher', 'pass', { want, got });
  }
  const result = grade === 'below-recommended' ? 'warn' : 'fail';
  return line('cipher', result, { reason: REFUSED[grade], want, got });
}
