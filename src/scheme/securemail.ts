/**
 * SecureMail: domains whose left-most label is `securemail` are sent to over TLS with ephemeral Diffie-Hellman and AES-256
 * only (SM-7, SM-13, SM-15). Their hosts publish no MX (SM-16) and mail that cannot be sent is returned (SM-14): write
 * `{ match, route: { type: 'direct' }, onPolicyFailure: 'bounce' }` with `secureMailRule` for each.
 */
import { refuseUnknownOptions } from '../core/options.js';
import type { TableRule } from '../policy/from-table.js';
import type { PolicySource } from '../policy/source.js';
import { secureMailNextSuites, secureMailSuites } from '../tls/suite-profiles.js';
import type { SuiteRules } from '../tls/suites.js';

/** Which suites count. */
export interface SecureMailOptions {
  /** True: what the scheme has announced for later, ECDHE and SHA-256 (SM-7). Default false. */
  readonly next?: boolean;
  /** ChaCha20 has keys of 256 bits but is not AES; true: it counts as well (CV-23). Default false. */
  readonly acceptChaCha?: boolean;
}

/** SM-13: the left-most label is exactly `securemail`. */
export function isSecureMailDomain(domain: string): boolean {
  return domain.split('.')[0]?.toLowerCase() === 'securemail';
}

/** The profile for all domains that follow the naming convention. @throws ConfigError for unknown options */
export function securemail(options: SecureMailOptions = {}): PolicySource {
  const ciphers = suitesOf(options);
  return {
    name: 'securemail',
    find: (domain) =>
      isSecureMailDomain(domain)
        ? {
            kind: 'asks',
            ask: { level: 'verified', nameReference: 'nexthop', ciphers },
            ref: 'label "securemail"',
          }
        : { kind: 'none' },
  };
}

/**
 * The host's rule for one SecureMail domain: direct to its own addresses, returned when it cannot be sent (SM-14, SM-16).
 * @throws ConfigError for unknown options
 */
export function secureMailRule(domain: string, options: SecureMailOptions = {}): TableRule {
  return {
    match: domain,
    level: 'verified',
    ciphers: suitesOf(options),
    route: { type: 'direct' },
    onPolicyFailure: 'bounce',
  };
}

function suitesOf(options: SecureMailOptions): SuiteRules {
  refuseUnknownOptions(options, ['next', 'acceptChaCha'], 'securemail');
  const rules = options.next === true ? secureMailNextSuites : secureMailSuites;
  return options.acceptChaCha === true
    ? { ...rules, minimum: { ...rules.minimum, encryption: 'aes-or-chacha20' } }
    : rules;
}
