/**
 * For hosts that receive mail: a guard that accepts or refuses by TLS, by the policies of the sender's domain, by SPF and
 * Sender ID; hooks for smtp-server; and the checks alone.
 * @module
 */
export { createInboundGuard, type InboundGuard } from './guard.js';
export type { InboundOptions, InboundProfile } from './options.js';
export { composeReceived, type ReceivedFacts } from './received.js';
export { createLineEndCheck, type LineEndCheck } from './line-ends.js';
export type {
  Acceptance,
  InboundSession,
  InboundTls,
  InboundVerdict,
  Refusal,
  RefusalReason,
} from './session.js';
export {
  inboundSessionOf,
  type SmtpServerCallback,
  smtpServerGuard,
  type SmtpServerHost,
  type SmtpServerSession,
} from './smtp-server.js';
export { auditOwnRecords, type RecordAudit, type RecordFinding } from '../spf/audit.js';
export { checkSpf, type SpfOutcome, type SpfSession } from '../spf/check.js';
export type { SpfCheck, SpfIdentity } from '../spf/check-host.js';
export type { SpfResult } from '../spf/evaluate.js';
export type { SpfResolver } from '../spf/lookups.js';
export {
  composeSenderIdRecord,
  composeSpfRecord,
  formatTxtLine,
  type OwnRecordOptions,
} from '../spf/own-record.js';
export { findPra, type PraField } from '../spf/pra.js';
export { composeReceivedSpf } from '../spf/received-spf.js';
export { checkSenderId, type SenderIdMode, type SenderIdOutcome } from '../spf/sender-id.js';
