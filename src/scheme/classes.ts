/**
 * The four classes of the corporate TLS FAQ, as data (FAQ-19 to FAQ-22).
 */
import type { Level } from '../policy/plan.js';

/** One class and what it means. */
export interface PolicyClass {
  readonly letter: 'a' | 'b' | 'c' | 'd';
  readonly level: Level;
  readonly clearText: 'always' | 'if TLS cannot be had' | 'never';
  readonly certificate: 'not looked at' | 'not checked' | 'any' | 'chain, dates, name, key, suite';
}

/** Classes a to d in rising order. */
export const policyClasses: readonly PolicyClass[] = [
  { letter: 'a', level: 'plain', clearText: 'always', certificate: 'not looked at' },
  { letter: 'b', level: 'opportunistic', clearText: 'if TLS cannot be had', certificate: 'not checked' },
  { letter: 'c', level: 'mandatory', clearText: 'never', certificate: 'any' },
  { letter: 'd', level: 'verified', clearText: 'never', certificate: 'chain, dates, name, key, suite' },
];
