/**
 * The one interface between the engine and whatever keeps the mail. A driver keeps submissions, hands out leases, and
 * settles an attempt and the NDR that it causes in one atomic step. It knows nothing of SMTP, TLS or policies.
 *
 * Words: a *submission* is one `send`; a *job* is its part for one recipient domain; a *lease* is the right to work on
 * a job until a time; *settle* ends a lease. States of a job: ready, leased, suspended, done, buried.
 */
import type { Reason } from '../core/reasons.js';
import type { Floor, Job, JobRecipient } from '../deliver/job.js';
import type { Envelope } from '../message/envelope.js';
import type { Message } from '../message/source.js';
import type { Ask } from '../policy/plan.js';

/** What a driver can promise; the conformance suite tests what is true here, and the weaker promise where it is false. */
export interface Supports {
  /** A resolved `put` survives a crash of the process and of the machine. */
  readonly durable: boolean;
  /** Several processes may share the queue. */
  readonly shared: boolean;
  /** `settle` stores outcome and NDR in one atomic step. */
  readonly atomicSettle: boolean;
  /** A domain's concurrency limit holds across all workers. */
  readonly domainLimit: boolean;
  /** `priority` is honoured. */
  readonly priorities: boolean;
  /** A domain can be put off (`putOff`), so that its jobs wait together and one of them finds out. */
  readonly putsOff: boolean;
  /** What depends on time goes by the times that it is told; where false, by a clock of its own, which must agree. */
  readonly toldTime: boolean;
}

/** A job as it is handed to `put`. */
export interface NewJob {
  readonly id: string;
  readonly domain: string;
  readonly envelope: Envelope;
  readonly ask: Ask | null;
  readonly floor: Floor;
  readonly kind: Job['kind'];
  readonly createdAt: number;
  readonly notBefore: number;
  /** Handed out by then even where its domain is put off: to warn its sender, or because its life ends. */
  readonly latestAt: number;
  readonly expiresAt: number;
  /** Higher goes first among due jobs; 0 is ordinary. */
  readonly priority: number;
}

/** One message with its jobs, put in one atomic step. */
export interface Submission {
  readonly id: string;
  /** A second put under the same key changes nothing and gives the first id. */
  readonly idempotencyKey: string | null;
  readonly message: Message;
  readonly jobs: readonly NewJob[];
}

/** The right to work on a job until `until`; void as soon as somebody else holds a newer token. */
export interface Lease {
  readonly job: Job;
  readonly token: string;
  readonly until: number;
}

/** What to lease. */
export interface LeaseRequest {
  readonly owner: string;
  readonly now: number;
  /** Milliseconds. */
  readonly leaseMs: number;
  readonly limit: number;
  /** At most this many leased jobs of one domain at the same time, over all workers. */
  readonly perDomain: number;
}

/** How an attempt ends for the job. */
export type Next =
  /** All recipients have ended well. */
  | { readonly kind: 'done' }
  /** Try again at `at`; by `latestAt` even where the domain is put off. */
  | {
      readonly kind: 'again';
      readonly at: number;
      readonly latestAt: number;
      readonly countAttempt: boolean;
    }
  /** All recipients have ended, at least one in failure. */
  | { readonly kind: 'buried'; readonly reason: Reason };

/** The end of one lease. */
export interface Settlement {
  /** All recipients of the job as they stand now. */
  readonly recipients: readonly JobRecipient[];
  readonly next: Next;
  /**
   * Reports that this settlement causes; they become submissions in the same atomic step. One whose idempotency key is
   * known is left out in silence, so that a driver whose step is not atomic can be settled again without doubling it.
   */
  readonly reports: readonly Submission[];
  /** When the attempt ended; retention of finished jobs counts from here. */
  readonly at: number;
  /**
   * Puts the whole domain off: its jobs wait until this time, except those that cannot (`latestAt`); from then on
   * one at a time is handed out, until a settlement says null: that ends it, and all its waiting jobs are due. Absent:
   * as before. Means nothing where `supports.putsOff` is false.
   */
  readonly putOff?: number | null;
}

/** State of a job in the queue. */
export type JobState = 'ready' | 'leased' | 'suspended' | 'done' | 'buried';

/** A job as an operator sees it. */
export interface JobView {
  readonly job: Job;
  readonly state: JobState;
  readonly dueAt: number;
  readonly priority: number;
  readonly suspended: Suspension | null;
  /** Who accepted a weaker floor, or null. */
  readonly floorAcceptedBy: string | null;
  /** When it was done or buried, or null. */
  readonly endedAt: number | null;
}

/** Why and by whom a job or domain is kept back. */
export interface Suspension {
  readonly reason: string;
  readonly by: string;
  /** null: until released. */
  readonly until: number | null;
}

/** Which jobs; every given field must fit. */
export interface JobQuery {
  readonly id?: string;
  readonly submissionId?: string;
  readonly domain?: string;
  readonly state?: JobState;
  /** Some recipient of the job waits or failed for this reason. */
  readonly reason?: Reason;
  /** Put before this time. */
  readonly createdBefore?: number;
  /** `find` only; default 1000. */
  readonly limit?: number;
}

/** Who takes one job by name, and for how long. */
export interface TakeRequest {
  readonly owner: string;
  readonly now: number;
  /** Milliseconds. */
  readonly leaseMs: number;
}

/**
 * A queue. Every method rejects with QueueError when the store fails; nothing is then half done. A driver has
 * no clock of its own (unless `supports.toldTime` is false): what depends on time is told the time, in milliseconds
 * since the epoch.
 */
export interface QueueDriver {
  readonly name: string;
  readonly supports: Supports;
  /**
   * Resolves when the submission and all its jobs are kept, with the promise of `supports.durable`; `existing` for a
   * known key. Rejects with QueueError, and keeps nothing, when an id is taken already or there is no job in it.
   * The driver disposes of the message of a submission that it keeps, and of no other.
   */
  put(submission: Submission): Promise<{ readonly id: string; readonly existing: boolean }>;
  /** Due jobs, highest priority then longest due first; expired leases of others are taken over, without counting an attempt. */
  lease(request: LeaseRequest): Promise<readonly Lease[]>;
  /**
   * Leases one unfinished job by id, due or not, suspended or not, past the domain limit: for an operator who cancels
   * or tries it now. null when it does not exist, has ended, or a lease that has not expired holds it.
   */
  take(id: string, request: TakeRequest): Promise<Lease | null>;
  /** Extends a lease; false when it has been lost. */
  renew(lease: Lease, until: number): Promise<boolean>;
  /** Ends a lease; false, and no change at all, when it has been lost. */
  settle(lease: Lease, settlement: Settlement): Promise<boolean>;
  /** Gives a lease back untried: due as before, no attempt counted. Nothing happens when it has been lost. */
  release(lease: Lease): Promise<void>;
  find(query: JobQuery): Promise<readonly JobView[]>;
  count(query: JobQuery): Promise<number>;
  /**
   * Keeps a job (`id`) or all present and future jobs of a domain back, and gives the number of unfinished jobs that
   * this concerns. A running attempt goes on; its job waits afterwards. While it waits, nothing is sent or reported.
   */
  suspend(
    what: { readonly id: string } | { readonly domain: string },
    suspension: Suspension,
  ): Promise<number>;
  /** Ends a suspension; the number of unfinished jobs that this concerns. */
  resume(what: { readonly id: string } | { readonly domain: string }): Promise<number>;
  /** Makes all waiting jobs of a domain due now; the number of jobs. */
  flush(domain: string, now: number): Promise<number>;
  /** Accepts a weaker floor for a job, by name. */
  acceptFloor(id: string, floor: Floor, by: string): Promise<boolean>;
  /**
   * When there may next be something to lease: a job falls due, a lease or a suspension runs out. null when nothing
   * waits. May lie in the past (due, but its domain is at its limit).
   */
  nextDue(): Promise<number | null>;
  /**
   * Calls `wake` when something new may be due (put, settled, given back, resumed, flushed); returns the function that
   * stops it. A driver without notification never calls it: workers also look by themselves.
   */
  onWork(wake: () => void): () => void;
  /** Forgets finished jobs that ended before `before`; the number of jobs. */
  clean(before: number): Promise<number>;
  /** Lets go of everything; from then on every other method rejects with QueueError `queue-closed`. */
  close(): Promise<void>;
}
