/**
 * Cipher suites by OpenSSL's and by the registered name, what is known of their strength, and how a policy grades them.
 * What a suite is made of follows from its registered name (RFC 5246 App. A.5, RFC 8446 App. B.4), so only the pairs of
 * names are data. A floor is a strength, not a list (CV-20); the deny-list is subtracted from everything (CV-6, FI-13).
 */
import { ConfigError } from '../core/errors.js';
import { nearest } from '../core/options.js';
import { SUITE_NAMES } from './suite-names.js';

/** One suite and its parts. */
export interface Suite {
  /** OpenSSL's name. */
  readonly name: string;
  /** The registered name. */
  readonly standardName: string;
  readonly keyExchange: 'any' | 'ecdhe' | 'dhe' | 'rsa' | 'static-dh' | 'anonymous' | 'psk';
  readonly encryption: 'aes' | 'chacha20' | 'camellia' | 'aria' | 'weak' | 'null';
  readonly aead: boolean;
  readonly bits: number;
  /** Digest of the MAC, or of the PRF for an AEAD suite. */
  readonly hash: 'md5' | 'sha1' | 'sha256' | 'sha384';
  readonly forwardSecrecy: boolean;
}

/** A strength that a suite must reach. */
export interface SuiteFloor {
  /** `ephemeral`: forward secret, DHE or ECDHE; `ecdhe`: ECDHE alone. TLS 1.3 satisfies both. */
  readonly keyExchange: 'any' | 'ephemeral' | 'ecdhe';
  readonly aead: boolean;
  readonly bits: number;
  readonly hash: 'sha1' | 'sha256';
  readonly encryption: 'any' | 'aes-or-chacha20' | 'aes';
}

/** What a policy says of suites. */
export interface SuiteRules {
  readonly minimum: SuiteFloor;
  /** Below it a warning; null: none. */
  readonly recommended: SuiteFloor | null;
  /** Suites, by either name, that are refused whatever their strength. */
  readonly forbidden: readonly string[];
}

/** How a suite stands under rules. */
export type SuiteGrade = 'ok' | 'below-recommended' | 'below-minimum' | 'forbidden' | 'no-forward-secrecy';

const STRENGTH_112 = 112;

function readSuite(standardName: string, name: string): Suite {
  const keyExchange = readKeyExchange(/^TLS_(.+)_WITH_/.exec(standardName)?.[1] ?? null);
  const encryption = readEncryption(standardName);
  return {
    name,
    standardName,
    keyExchange,
    encryption,
    aead: /_(?:GCM|CCM(?:_8)?|POLY1305)(?:_|$)/.test(standardName),
    bits: readBits(standardName, encryption),
    hash: readHash(standardName),
    forwardSecrecy: ['any', 'ecdhe', 'dhe'].includes(keyExchange),
  };
}

/** `text`: what stands before WITH; null: a suite of TLS 1.3, which names no key exchange. */
function readKeyExchange(text: string | null): Suite['keyExchange'] {
  if (text === null) return 'any';
  if (text.includes('anon')) return 'anonymous';
  if (/PSK|SRP|KRB5/.test(text)) return 'psk';
  if (text.startsWith('ECDHE_')) return 'ecdhe';
  if (text.startsWith('DHE_')) return 'dhe';
  return text.startsWith('RSA') ? 'rsa' : 'static-dh';
}

function readEncryption(standardName: string): Suite['encryption'] {
  if (standardName.includes('_NULL_')) return 'null';
  if (/_(?:RC4|RC2|DES|DES40|3DES|IDEA|SEED)_|EXPORT/.test(standardName)) return 'weak';
  const kinds = ['aes', 'chacha20', 'camellia', 'aria'] as const;
  return kinds.find((kind) => standardName.includes(`_${kind.toUpperCase()}_`)) ?? 'weak';
}

function readBits(standardName: string, encryption: Suite['encryption']): number {
  if (encryption === 'null') return 0;
  if (encryption === 'chacha20') return 256;
  // DES with three keys has the strength of two of them; what else is weak is graded as an export suite.
  if (encryption === 'weak') return standardName.includes('3DES') ? STRENGTH_112 : 40;
  return Number(/_(?:AES|CAMELLIA|ARIA)_(128|256)/.exec(standardName)?.[1] ?? 0);
}

function readHash(standardName: string): Suite['hash'] {
  if (standardName.endsWith('SHA384')) return 'sha384';
  if (standardName.endsWith('MD5')) return 'md5';
  return standardName.endsWith('SHA') ? 'sha1' : 'sha256';
}

/** All known suites. */
export const suites: readonly Suite[] = SUITE_NAMES.map(([standardName, name]) =>
  readSuite(standardName, name),
);

const byName = new Map(
  suites.flatMap((suite) => [suite.name, suite.standardName].map((name) => [name, suite] as const)),
);

/** A suite by either of its names, or null. */
export function findSuite(name: string): Suite | null {
  return byName.get(name) ?? null;
}

/** A suite by either of its names. @throws ConfigError `suite-unknown` */
export function parseSuite(name: string): Suite {
  const suite = findSuite(name);
  if (suite !== null) return suite;
  const near = nearest(
    name,
    suites.flatMap((each) => [each.name, each.standardName]),
  );
  throw new ConfigError(
    'suite-unknown',
    `cipher suite: expected a name of OpenSSL or IANA, got ${JSON.stringify(name.slice(0, 80))}${near === null ? '' : `; did you mean "${near}"?`}`,
  );
}

/** CV-6, CV-9, FI-13: no profile can allow these. NULL has no strength, RC4 and export suites are graded as 40 bits. */
function isHardDenied(suite: Suite): boolean {
  return suite.bits < STRENGTH_112 || suite.keyExchange === 'anonymous';
}

function reaches(suite: Suite, floor: SuiteFloor): boolean {
  return (
    reachesKeyExchange(suite, floor.keyExchange) &&
    (!floor.aead || suite.aead) &&
    suite.bits >= floor.bits &&
    reachesEncryption(suite, floor.encryption) &&
    (floor.hash === 'sha1' || suite.hash !== 'sha1')
  );
}

function reachesKeyExchange(suite: Suite, floor: SuiteFloor['keyExchange']): boolean {
  if (suite.keyExchange === 'psk' || suite.keyExchange === 'static-dh') return false;
  if (floor === 'any') return true;
  return floor === 'ephemeral' ? suite.forwardSecrecy : suite.forwardSecrecy && suite.keyExchange !== 'dhe';
}

/** CV-23: ChaCha20 has keys of 256 bits and is not AES. */
function reachesEncryption(suite: Suite, floor: SuiteFloor['encryption']): boolean {
  if (suite.encryption === 'weak') return false;
  if (floor === 'any' || suite.encryption === 'aes') return true;
  return floor === 'aes-or-chacha20' && suite.encryption === 'chacha20';
}

/** A floor in words. */
export function describeFloor(floor: SuiteFloor): string {
  return [
    `${floor.bits} bits or more`,
    `${floor.hash} or better`,
    ...(floor.aead ? ['AEAD'] : []),
    ...(floor.keyExchange === 'any' ? [] : ['forward secrecy']),
    ...(floor.keyExchange === 'ecdhe' ? ['ECDHE'] : []),
    ...(floor.encryption === 'aes' ? ['AES'] : []),
    ...(floor.encryption === 'aes-or-chacha20' ? ['AES or ChaCha20'] : []),
  ].join(', ');
}

/** Grades a negotiated suite; an unknown one is below every minimum. */
export function gradeSuite(suite: Suite | null, rules: SuiteRules): SuiteGrade {
  if (suite === null) return 'below-minimum';
  const named = rules.forbidden.some((name) => name === suite.standardName || name === suite.name);
  if (isHardDenied(suite) || named) return 'forbidden';
  if (!reaches(suite, rules.minimum)) {
    const onlyKeyExchange = !suite.forwardSecrecy && reaches(suite, { ...rules.minimum, keyExchange: 'any' });
    return onlyKeyExchange ? 'no-forward-secrecy' : 'below-minimum';
  }
  return rules.recommended !== null && !reaches(suite, rules.recommended) ? 'below-recommended' : 'ok';
}

/** Suites to offer under rules, in the order of the table: forward secret AEAD first, weaker ones last (CV-7, CV-22). */
export function offeredSuites(rules: SuiteRules): readonly Suite[] {
  const known = offered.get(rules);
  if (known !== undefined) return known;
  const all = suites.filter((suite) => ['ok', 'below-recommended'].includes(gradeSuite(suite, rules)));
  offered.set(rules, all);
  return all;
}

/** Plans share their rules, and each handshake asks. */
const offered = new WeakMap<SuiteRules, readonly Suite[]>();
