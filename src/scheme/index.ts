/**
 * Ready profiles of real schemes.
 * @module
 */
export { bits, type BitsOptions } from './bits.js';
export { type PolicyClass, policyClasses } from './classes.js';
export { finansinspektionen, type FinansinspektionenOptions } from './finansinspektionen.js';
export { isSecureMailDomain, securemail, type SecureMailOptions, secureMailRule } from './securemail.js';
