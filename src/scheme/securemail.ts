/**
 * SecureMail. A member chooses one of two profiles (SM-1):
 *
 *   best-efforts   TLS where the other side has it, else clear text (SM-2, SM-6)
 *   securemail     nothing in clear to anybody; ephemeral Diffie-Hellman and AES-256 (SM-7, SM-15); what cannot be sent so is
 *                  returned at once (SM-14); SecureMail hosts, by their name, are verified too
 *
 * A SecureMail host is known by its left-most label (SM-13), publishes no MX (SM-16) and is reached at its own addresses.
 */
import { ConfigError } from '../core/errors.js';
import { nearest, refuseUnknownOptions } from '../core/options.js';
import type { TableRule } from '../policy/from-table.js';
import type { Ask, Level } from '../policy/plan.js';
import type { PolicyRule } from '../policy/rules.js';
import type { PolicySource } from '../policy/source.js';
import { secureMailNextSuites, secureMailSuites } from '../tls/suite-profiles.js';
import type { SuiteRules } from '../tls/suites.js';

/** The two profiles of the scheme; the guard of `enforced-tls/inbound` has them under the same names. */
export type SecureMailMode = 'best-efforts' | 'securemail';

/** Which suites count. */
export interface SecureMailOptions {
  /** True: what the scheme has announced for later, ECDHE and SHA-256 (SM-7). Default false. */
  readonly next?: boolean;
  /** ChaCha20 has keys of 256 bits but is not AES; true: it counts as well (CV-23). Default false. */
  readonly acceptChaCha?: boolean;
}

/** What the profile asks, and of whom. */
export interface SecureMailSourceOptions extends SecureMailOptions {
  /** True: all other domains get class `mandatory` with the same suites (SM-3, SM-14). Default false. */
  readonly everybody?: boolean;
}

/** Options for `createSender`, to be spread into the others. */
export interface SecureMailProfile {
  readonly default: Level;
  readonly onPolicyFailure: 'hold' | 'bounce';
  readonly policies: readonly PolicyRule[];
}

const LABEL = 'securemail';
const SUITE_KEYS: readonly (keyof SecureMailOptions)[] = ['next', 'acceptChaCha'];
const MODES: readonly SecureMailMode[] = ['best-efforts', 'securemail'];

/** SM-13: the left-most label is exactly `securemail`. */
export function isSecureMailDomain(domain: string): boolean {
  const [label, ...rest] = domain.split('.');
  return rest.length > 0 && label?.toLowerCase() === LABEL;
}

/**
 * One of the two profiles as options of a sender: `createSender({ ehloName, queue, ...secureMailProfile('securemail') })`.
 * @throws ConfigError `securemail-mode-unknown`, `option-unknown`
 */
export function secureMailProfile(mode: SecureMailMode, options: SecureMailOptions = {}): SecureMailProfile {
  const ciphers = suitesOf(options);
  switch (parseMode(mode, 'secureMailProfile')) {
    case 'best-efforts':
      return { default: 'opportunistic', onPolicyFailure: 'hold', policies: [] };
    case 'securemail':
      return {
        default: 'mandatory',
        onPolicyFailure: 'bounce',
        policies: [sourceOf(ciphers, true), ruleOf(`${LABEL}.*`, ciphers)],
      };
  }
}

/** A mode, or a refusal that names the nearest one. @throws ConfigError `securemail-mode-unknown` */
export function parseMode(mode: unknown, where: string): SecureMailMode {
  const found = MODES.find((each) => each === mode);
  if (found !== undefined) return found;
  const near = typeof mode === 'string' ? nearest(mode, MODES) : null;
  throw new ConfigError(
    'securemail-mode-unknown',
    `${where}: expected "best-efforts" or "securemail", got ${JSON.stringify(mode) ?? 'nothing'}${near === null ? '' : `; did you mean "${near}"?`}`,
  );
}

/** What is asked of domains that follow the naming convention. @throws ConfigError for unknown options */
export function securemail(options: SecureMailSourceOptions = {}): PolicySource {
  const { everybody = false, ...suites } = options;
  return sourceOf(suitesOf(suites), everybody);
}

/**
 * The host's rule for SecureMail hosts, or for one of them: straight to their own addresses, returned when it cannot be sent
 * (SM-14, SM-16).
 * @throws ConfigError for unknown options
 */
export function secureMailRule(match = `${LABEL}.*`, options: SecureMailOptions = {}): TableRule {
  return ruleOf(match, suitesOf(options));
}

function sourceOf(ciphers: SuiteRules, everybody: boolean): PolicySource {
  const member: Ask = { level: 'verified', nameReference: 'nexthop', ciphers };
  const others: Ask = { level: 'mandatory', ciphers };
  return {
    name: 'securemail',
    find: (domain) => {
      if (isSecureMailDomain(domain)) return { kind: 'asks', ask: member, ref: `label "${LABEL}"` };
      return everybody ? { kind: 'asks', ask: others, ref: 'own profile' } : { kind: 'none' };
    },
  };
}

function ruleOf(match: string, ciphers: SuiteRules): TableRule {
  return { match, level: 'verified', ciphers, route: { type: 'direct' }, onPolicyFailure: 'bounce' };
}

function suitesOf(options: SecureMailOptions): SuiteRules {
  refuseUnknownOptions(options, SUITE_KEYS, 'securemail');
  const rules = options.next === true ? secureMailNextSuites : secureMailSuites;
  return options.acceptChaCha === true
    ? { ...rules, minimum: { ...rules.minimum, encryption: 'aes-or-chacha20' } }
    : rules;
}
