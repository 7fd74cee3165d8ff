/**
 * What holds where nobody asks: the level that the host chose, BCP 195 for the rest.
 * Failure: a ConfigError when the host has not chosen; there is no level that this library would choose for it.
 */
import { ConfigError } from '../core/errors.js';
import { nearest } from '../core/options.js';
import { bcp195Suites } from '../tls/suite-profiles.js';
import type { TrustStore } from '../x509/trust-store.js';
import { levels } from './compare.js';
import type { Level, MinProtocol, Plan } from './plan.js';

/** Values of the fields that no source asks for. */
export interface PlanBase {
  readonly level: Level;
  readonly minProtocol: MinProtocol;
  readonly ciphers: Plan['ciphers'];
  /** CV-4: class b takes old versions where nobody asks for versions or suites. */
  readonly allowLegacyTls: boolean;
  readonly nameMode: Plan['name']['mode'];
  readonly nameReference: Plan['name']['reference'];
  readonly keys: Plan['keys'];
  /** The sender's default store; null: unknown here, the roots of the TLS context count. */
  readonly store: TrustStore | null;
  readonly onPolicyFailure: Plan['onPolicyFailure'];
  readonly holdForMs: number;
}

/** Five days, the shorter end of FI-21. */
export const DEFAULT_HOLD_MS = 5 * 86_400_000;

/**
 * The base of a host: its default level, its default roots, BCP 195 for suites, versions and keys.
 * @throws ConfigError `default-missing`, `level-unknown`, `legacy-tls-enforced`, `policy-failure-unknown`
 */
export function createBase(options: {
  readonly default: Level;
  readonly trust?: TrustStore | null;
  readonly holdForMs?: number;
  readonly allowLegacyTls?: boolean;
  readonly onPolicyFailure?: Plan['onPolicyFailure'];
}): PlanBase {
  if (options.default === undefined) {
    throw new ConfigError(
      'default-missing',
      `policy: "default" is required: the class of every domain that no rule names, one of ${quote(levels)}`,
    );
  }
  const level = parseLevel(options.default, 'default');
  if (options.allowLegacyTls === true && levels.indexOf(level) > levels.indexOf('opportunistic')) {
    throw new ConfigError(
      'legacy-tls-enforced',
      `allowLegacyTls: old versions are accepted where "opportunistic" is the class of every domain that no rule names, and here that is "${level}"; leave it out`,
    );
  }
  return {
    level,
    minProtocol: 'TLSv1.2',
    ciphers: bcp195Suites,
    allowLegacyTls: options.allowLegacyTls === true,
    nameMode: 'san',
    nameReference: 'mx',
    // RFC 9325 §4.5 asks for RSA of 2048 bits and curves of 224; CI-9 takes P-256 as the least.
    keys: { minRsaBits: 2048, minEcBits: 256 },
    store: options.trust ?? null,
    onPolicyFailure: parseFailure(options.onPolicyFailure ?? 'hold'),
    holdForMs: options.holdForMs ?? DEFAULT_HOLD_MS,
  };
}

/**
 * A level, or a refusal that names the nearest one.
 * @throws ConfigError `level-unknown`
 */
export function parseLevel(value: unknown, where: string): Level {
  const found = levels.find((level) => level === value);
  if (found !== undefined) return found;
  const near = typeof value === 'string' ? nearest(value, levels) : null;
  throw new ConfigError(
    'level-unknown',
    `${where}: expected one of ${quote(levels)}, got ${JSON.stringify(value) ?? String(value)}${near === null ? '' : `; did you mean "${near}"?`}`,
  );
}

function parseFailure(value: Plan['onPolicyFailure']): Plan['onPolicyFailure'] {
  if (value === 'hold' || value === 'bounce') return value;
  throw new ConfigError(
    'policy-failure-unknown',
    `onPolicyFailure: expected "hold" or "bounce", got ${JSON.stringify(value)}`,
  );
}

function quote(words: readonly string[]): string {
  return words.map((word) => `"${word}"`).join(', ');
}
