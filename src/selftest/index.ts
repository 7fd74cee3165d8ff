/**
 * The configuration of a host, tried against mail servers that go wrong, without a mail leaving this machine. Needs the
 * optional peers `pkijs` and `asn1js`.
 * @module
 */
export { runSelfTest, type SelfTestFinding, type SelfTestOptions, type SelfTestResult } from './run.js';
export { writeSelfTest } from './write.js';
export type { FormFormat } from '../scheme/form.js';
export type { ListedDomain } from '../scheme/verify-policies.js';
