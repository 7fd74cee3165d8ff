/**
 * SecureMail: domains whose left-most label is `securemail` are sent to over TLS with ephemeral Diffie-Hellman and AES-256
 * only (SM-7, SM-13, SM-15). Their hosts publish no MX (SM-16) and mail that cannot be sent is returned (SM-14): write
 * `{ match, route: { type: 'direct' }, onPolicyFailure: 'bounce' }` with `secureMailRule` for each.
 */
import type { TableRule } from '../policy/from-table.js';
import type { PolicySource } from '../policy/source.js';
import { secureMailSuites } from '../tls/suite-profiles.js';

/** SM-13: the left-most label is exactly `securemail`. */
export function isSecureMailDomain(domain: string): boolean {
  return domain.split('.')[0]?.toLowerCase() === 'securemail';
}

/** The profile for all domains that follow the naming convention. */
export function securemail(): PolicySource {
  return {
    name: 'securemail',
    find: (domain) =>
      isSecureMailDomain(domain)
        ? {
            kind: 'asks',
            ask: { level: 'verified', nameReference: 'nexthop', ciphers: secureMailSuites },
            ref: 'label "securemail"',
          }
        : { kind: 'none' },
  };
}

/** The host's rule for one SecureMail domain: direct to its own addresses, returned when it cannot be sent (SM-14, SM-16). */
export function secureMailRule(domain: string): TableRule {
  return {
    match: domain,
    level: 'verified',
    ciphers: secureMailSuites,
    route: { type: 'direct' },
    onPolicyFailure: 'bounce',
  };
}
