/**
 * Suite rules of the profiles, as data (CV-20). FI-11 and FI-12 name suites as strengths: AES128-SHA is 128 bits and
 * SHA-1, AES256-SHA256 is 256 bits and SHA-256, any key exchange.
 */
import type { SuiteRules } from './suites.js';

/** FI-13: never, under any profile. */
export const FI_FORBIDDEN = [
  'TLS_RSA_WITH_NULL_SHA',
  'TLS_RSA_WITH_NULL_MD5',
  'TLS_RSA_EXPORT_WITH_RC4_40_MD5',
] as const;

/** RFC 9325 §4.2: forward secrecy and AEAD. The default. */
export const bcp195Suites: SuiteRules = {
  minimum: { forwardSecrecy: true, aead: true, bits: 128, hash: 'sha256', encryption: 'any' },
  recommended: null,
  forbidden: [],
};

/** FI-11 as minimum, FI-12 as recommendation. */
export const finansinspektionenSuites: SuiteRules = {
  minimum: { forwardSecrecy: false, aead: false, bits: 128, hash: 'sha1', encryption: 'any' },
  recommended: { forwardSecrecy: false, aead: false, bits: 256, hash: 'sha256', encryption: 'any' },
  forbidden: FI_FORBIDDEN,
};

/** SM-7: (EC)DHE, AES-256, SHA-1 or better. */
export const secureMailSuites: SuiteRules = {
  minimum: { forwardSecrecy: true, aead: false, bits: 256, hash: 'sha1', encryption: 'aes' },
  recommended: null,
  forbidden: [],
};
