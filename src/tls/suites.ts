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
  readonly forwardSecrecy: boolean;
  readonly aead: boolean;
  readonly bits: number;
  readonly hash: 'sha1' | 'sha256';
  readonly encryption: 'any' | 'aes';
}

/** What a policy says of suites. */
export interface SuiteRules {
  readonly minimum: SuiteFloor;
  /** Below it a warning; null: none. */
  readonly recommended: SuiteFloor | null;
  /** Registered names that are refused whatever their strength. */
  readonly forbidden: readonly string[];
}

/** How a suite stands under rules. */
export type SuiteGrade = 'ok' | 'below-recommended' | 'below-minimum' | 'forbidden' | 'no-forward-secrecy';

const STRENGTH_112 = 112;

function readSuite(standardName: string, name: string): Suite {
  const withKey = /^TLS_(.+)_WITH_/.exec(standardName)?.[1] ?? null;
  const bits = /_(?:AES|CAMELLIA|ARIA|RC4)_(128|256|40)|CHACHA20/.exec(standardName);
  const weak = /_(?:RC4|RC2|DES|DES40|3DES|IDEA|SEED)_/.test(standardName) || standardName.includes('EXPORT');
  const encryption = /_NULL_/.test(standardName)
    ? 'null'
    : weak
      ? 'weak'
      : ((['aes', 'chacha20', 'camellia', 'aria'] as const).find((kind) =>
          standardName.includes(`_${kind.toUpperCase()}_`),
        ) ?? 'weak');
  const keyExchange =
    withKey === null
      ? 'any'
      : /anon/.test(withKey)
        ? 'anonymous'
        : /PSK|SRP|KRB5/.test(withKey)
          ? 'psk'
          : withKey.startsWith('ECDHE_')
            ? 'ecdhe'
            : withKey.startsWith('DHE_')
              ? 'dhe'
              : withKey.startsWith('RSA')
                ? 'rsa'
                : 'static-dh';
  const aead = /_(?:GCM|CCM(?:_8)?|POLY1305)(?:_|$)/.test(standardName);
  return {
    name,
    standardName,
    keyExchange,
    encryption,
    aead,
    bits:
      encryption === 'null'
        ? 0
        : weak
          ? standardName.includes('3DES')
            ? 112
            : 40
          : bits?.[1] === undefined
            ? 256
            : Number(bits[1]),
    hash: standardName.endsWith('SHA384')
      ? 'sha384'
      : standardName.endsWith('MD5')
        ? 'md5'
        : standardName.endsWith('SHA')
          ? 'sha1'
          : 'sha256',
    forwardSecrecy: keyExchange === 'any' || keyExchange === 'ecdhe' || keyExchange === 'dhe',
  };
}

/** All known suites. */
export const suites: readonly Suite[] = SUITE_NAMES.map(([standardName, name]) =>
  readSuite(standardName, name),
);

/** A suite by either of its names, or null. */
export function findSuite(name: string): Suite | null {
  return suites.find((suite) => suite.name === name || suite.standardName === name) ?? null;
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

/** CV-6, CV-9, FI-13: no profile can allow these. */
export function isHardDenied(suite: Suite): boolean {
  return (
    suite.encryption === 'null' ||
    suite.keyExchange === 'anonymous' ||
    suite.hash === 'md5' ||
    suite.standardName.includes('RC4') ||
    suite.standardName.includes('EXPORT') ||
    suite.bits < STRENGTH_112
  );
}

function reaches(suite: Suite, floor: SuiteFloor): boolean {
  return (
    (!floor.forwardSecrecy || suite.forwardSecrecy) &&
    (!floor.aead || suite.aead) &&
    suite.bits >= floor.bits &&
    (floor.encryption === 'any' || suite.encryption === 'aes') &&
    (floor.hash === 'sha1' || suite.hash !== 'sha1') &&
    suite.encryption !== 'weak' &&
    suite.keyExchange !== 'psk' &&
    suite.keyExchange !== 'static-dh'
  );
}

/** Grades a negotiated suite; an unknown one is below every minimum. */
export function gradeSuite(suite: Suite | null, rules: SuiteRules): SuiteGrade {
  if (suite === null) return 'below-minimum';
  if (isHardDenied(suite) || rules.forbidden.includes(suite.standardName)) return 'forbidden';
  if (!reaches(suite, rules.minimum)) {
    const onlyKeyExchange =
      !suite.forwardSecrecy && reaches(suite, { ...rules.minimum, forwardSecrecy: false });
    return onlyKeyExchange ? 'no-forward-secrecy' : 'below-minimum';
  }
  return rules.recommended !== null && !reaches(suite, rules.recommended) ? 'below-recommended' : 'ok';
}

/** Suites to offer under rules, best first: forward secret AEAD, then what else is allowed (CV-7, CV-22). */
export function offeredSuites(rules: SuiteRules): readonly Suite[] {
  const rank = (suite: Suite): number =>
    suite.keyExchange === 'any' ? 0 : suite.forwardSecrecy ? (suite.aead ? 1 : 2) : suite.aead ? 3 : 4;
  return suites
    .filter((suite) => ['ok', 'below-recommended'].includes(gradeSuite(suite, rules)))
    .map((suite, index) => ({ suite, index }))
    .sort((a, b) => rank(a.suite) - rank(b.suite) || a.index - b.index)
    .map(({ suite }) => suite);
}
