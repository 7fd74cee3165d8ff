/**
 * Suite rules of the profiles, as data (CV-20). FI-11 and FI-12 name suites as strengths: AES128-SHA is 128 bits and
 * SHA-1, AES256-SHA256 is 256 bits and SHA-256, any key exchange.
 */
import type { SuiteFloor, SuiteRules } from './suites.js';

/** FI-13: never, under any profile. */
export const FI_FORBIDDEN = [
  'TLS_RSA_WITH_NULL_SHA',
  'TLS_RSA_WITH_NULL_MD5',
  'TLS_RSA_EXPORT_WITH_RC4_40_MD5',
] as const;

const fiMinimum: SuiteFloor = { keyExchange: 'any', aead: false, bits: 128, hash: 'sha1', encryption: 'any' };
const fiRecommended: SuiteFloor = { ...fiMinimum, bits: 256, hash: 'sha256' };
const secureMail: SuiteFloor = {
  keyExchange: 'ephemeral',
  aead: false,
  bits: 256,
  hash: 'sha1',
  encryption: 'aes',
};
const secureMailNext: SuiteFloor = { ...secureMail, keyExchange: 'ecdhe', hash: 'sha256' };

/** RFC 9325 §4.2: ECDHE and AEAD. The default, and what the Bits scheme asks (BITS-5.2.7). */
export const bcp195Suites: SuiteRules = {
  minimum: { keyExchange: 'ecdhe', aead: true, bits: 128, hash: 'sha256', encryption: 'any' },
  recommended: null,
  forbidden: [],
};

/** FI-11 as minimum, FI-12 as recommendation: below it a warning. */
export const finansinspektionenSuites: SuiteRules = {
  minimum: fiMinimum,
  recommended: fiRecommended,
  forbidden: FI_FORBIDDEN,
};

/** FI-12 as minimum, for hosts that want no less. */
export const finansinspektionenStrictSuites: SuiteRules = {
  minimum: fiRecommended,
  recommended: null,
  forbidden: FI_FORBIDDEN,
};

/** SM-7: (EC)DHE, AES-256, SHA-1 or better. */
export const secureMailSuites: SuiteRules = { minimum: secureMail, recommended: null, forbidden: [] };

/** SM-7, what the scheme has announced: ECDHE, AES-256, SHA-256. */
export const secureMailNextSuites: SuiteRules = { minimum: secureMailNext, recommended: null, forbidden: [] };

/**
 * RFC 9325 §5.2, CV-4: what a class that would otherwise go on in clear may take from old servers, when its host says so.
 * TLS 1.0 and 1.1 have no AEAD suites.
 */
export const legacySuites: SuiteRules = { minimum: fiMinimum, recommended: null, forbidden: [] };
