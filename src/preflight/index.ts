/**
 * Checks before mail is sent: what a domain's mail servers would say to each check, how long certificates last, test mails.
 * `sender.preflight` and `engine.preflight` make the reports; here is what a host composes its own from.
 * @module
 */
export { composePreflight, type PreflightSettings } from './compose.js';
export { type CertificateExpiry, expiryThresholds, judgePem } from './expiry.js';
export { createExpiryWatch, type ExpiryNotice, type ExpirySight, type ExpiryWatch } from './expiry-watch.js';
export type { Preflight, PreflightCheck, PreflightHost, PreflightResult } from './report.js';
export {
  checkSecureMailSetup,
  type SecureMailSetup,
  type SecureMailSetupLine,
  type SecureMailSetupMeans,
  type SecureMailSetupReport,
  writeSecureMailSetup,
} from './securemail-setup.js';
export { composeTestMail, judgeReturned, type ReturnedMail, type TestMail } from './test-mail.js';
export { writePreflight } from './text.js';
