/**
 * The queue: the interface of a driver, the in-memory driver, the worker.
 * @module
 */
export {
  nextAttempt,
  parseSchedule,
  type Retry,
  type Schedule,
  SCHEDULE,
  type ScheduleOptions,
} from './backoff.js';
export type {
  JobQuery,
  JobState,
  JobView,
  Lease,
  LeaseRequest,
  NewJob,
  Next,
  QueueDriver,
  Settlement,
  Submission,
  Supports,
  Suspension,
  TakeRequest,
} from './driver.js';
export type { DomainSays, Settled } from '../deliver/settle.js';
export type { Attempted } from '../deliver/attempt.js';
export { applySettlement, startJob } from './job-record.js';
export { bullmqQueue, type BullmqQueueOptions } from './bullmq.js';
export type { Cancellation, CancelRequest } from './cancel.js';
export { memoryQueue, type MemoryQueueOptions } from './memory.js';
export { postgresQueue, type PostgresQueueOptions } from './postgres.js';
export type { PostgresClient, PostgresPool, PostgresRow } from './postgres-pool.js';
export { parseRate, type RateLimit, type RateLimits, type RateOptions, type RateWords } from './rate.js';
export { sqliteQueue, type SqliteQueueOptions } from './sqlite.js';
export type { SqliteHandle } from './sqlite-database.js';
export type { Sealing } from './stored-message.js';
export { createHostHealth, type HostHealthOptions, type UnreachableHosts } from './unreachable.js';
export { createWorker, type Worker, type WorkerOptions } from './worker.js';
