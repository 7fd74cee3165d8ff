/**
 * Send mail only over TLS that was proven right.
 * @module
 */
export { type EventName, type Events, onEvent } from './core/channels.js';
export { type Clock, systemClock } from './core/clock.js';
export { type Context, createContext } from './core/context.js';
export type { Duration } from './core/duration.js';
export type { OnceStore } from './core/once.js';
export { fileOnce } from './core/once-file.js';
export {
  ConfigError,
  ConnectionError,
  isConfigError,
  isConnectionError,
  isProtocolError,
  isQueueError,
  type Phase,
  ProtocolError,
  QueueError,
  type SessionFailure,
} from './core/errors.js';
export {
  describeReason,
  type Effect,
  type Fixer,
  isReason,
  type Reason,
  reasonKeys,
  type ReasonRecord,
  type TlsReportType,
} from './core/reasons.js';
export type { DryHost, DryRun } from './deliver/dry-run.js';
export type { Floor, Job, JobRecipient } from './deliver/job.js';
export type { AttemptRecord } from './deliver/attempt.js';
export type { HostHealth, Opened } from './deliver/open.js';
export type { Outcome, State } from './deliver/outcome.js';
export type { ExamineOptions, OwnServer } from './examine.js';
export { createEngine, type Engine, type Preparing } from './engine.js';
export type { Mail } from './mail.js';
export type { Address } from './message/address.js';
export {
  type Envelope,
  type EnvelopeInput,
  type Notify,
  parseEnvelope,
  type Recipient,
  type RecipientInput,
} from './message/envelope.js';
export type { LineEndings } from './message/line-scan.js';
export {
  type Message,
  type MessageInput,
  type MessageOptions,
  prepareMessage,
  type SignHook,
} from './message/source.js';
export type { Language } from './dsn/texts.js';
export type { Level, Plan } from './policy/plan.js';
export { type CertificateSummary, type DeliveryReceipt, summarise } from './receipt.js';
export { explainOutcome, type ExplainOptions } from './report/explain.js';
export type { Cancellation, CancelRequest } from './queue/cancel.js';
export { bullmqQueue, type BullmqQueueOptions } from './queue/bullmq.js';
export type { RateOptions, RateWords } from './queue/rate.js';
export { sqliteQueue, type SqliteQueueOptions } from './queue/sqlite.js';
export { postgresQueue, type PostgresQueueOptions } from './queue/postgres.js';
export { memoryQueue, type MemoryQueueOptions } from './queue/memory.js';
export { writePreflight } from './preflight/text.js';
export { judgeReturned, type ReturnedMail, type TestMail } from './preflight/test-mail.js';
export type { CertificateExpiry } from './preflight/expiry.js';
export type { Preflight, PreflightCheck, PreflightHost, PreflightResult } from './preflight/report.js';
export { createSender, type Sender, type SentTest, type TestMailInput } from './sender.js';
export type { PolicyRule } from './policy/rules.js';
export type { EngineOptions, Report, ReportOptions, SenderOptions } from './sender-options.js';
export type { Receipt } from './tracker.js';
