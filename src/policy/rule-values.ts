/**
 * Values of a rule as a host writes them, and what is made of them. What cannot be meant is refused.
 * Failure: a ConfigError that names the rule.
 */
import { ConfigError } from '../core/errors.js';
import { parseSuite, type SuiteFloor, type SuiteRules } from '../tls/suites.js';
import { faultOfSuites } from './suite-rules.js';

/** The error for a rule. */
export function invalid(where: string, why: string): ConfigError {
  return new ConfigError('rule-invalid', `${where}: ${why}`);
}

/** A list of texts, each made into what `make` says; undefined: none was given. @throws ConfigError */
export function parseTexts(
  value: readonly string[] | undefined,
  where: string,
  make: (text: string) => string,
): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value.map(make);
  throw invalid(where, `expected a list of texts, got ${JSON.stringify(value)}`);
}

/** An ISO date or date-time, in milliseconds. @throws ConfigError */
export function parseDate(text: string, where: string): number {
  const time = /^\d{4}-\d\d-\d\d(T.*)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw invalid(where, `expected an ISO date such as "2027-01-31", got ${JSON.stringify(text)}`);
  return time;
}

/** A block list that is written in another form would block nothing and nobody would know (CI-8). @throws ConfigError */
export function parseFingerprint(text: string, where: string): string {
  const hex = text.replaceAll(':', '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hex)) return hex;
  throw invalid(where, `expected the SHA-256 of a certificate in hex, got ${JSON.stringify(text)}`);
}

/** A certificate that is excluded: its fingerprint, or `serial:<hex>`. @throws ConfigError */
export function parseExclusion(text: string, where: string): string {
  const serial = /^serial:((?:[0-9a-f]{2}:?)+)$/i.exec(text)?.[1];
  if (serial === undefined) return parseFingerprint(text, where);
  return `serial:${serial
    .replaceAll(':', '')
    .toLowerCase()
    .replace(/^(?:00)+(?=..)/, '')}`;
}

/** FI-13: a floor below the deny-list, or a forbidden suite that nobody knows, is refused when it is written. @throws ConfigError */
export function parseSuiteRules(rules: SuiteRules, where: string): SuiteRules {
  for (const floor of [rules.minimum, rules.recommended] as readonly (SuiteFloor | null | undefined)[]) {
    if (typeof floor === 'object' && floor !== null && !(floor.bits >= 112))
      throw invalid(where, `ciphers: expected at least 112 bits, got ${floor.bits}`);
  }
  const expected = faultOfSuites(rules);
  if (expected !== null) throw invalid(where, `ciphers: expected ${expected}`);
  return { ...rules, forbidden: rules.forbidden.map((name) => parseSuite(name).standardName) };
}
