/**
 * What the Received fields of a message that came back say of TLS.
 * @module
 */
export { analyzeReceived, type ReceivedAnalysis, type ReceivedHop, type ReceivedOptions } from './analyze.js';
export type { HopTls } from './hop.js';
export type { Suite } from '../tls/suites.js';
