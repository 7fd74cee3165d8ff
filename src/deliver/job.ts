/**
 * The unit of delivery: one message to all its recipients at one domain.
 */
import type { Reason } from '../core/reasons.js';
import type { Envelope, Recipient } from '../message/envelope.js';
import type { Message } from '../message/source.js';
import type { PlanFloor } from '../policy/compare.js';
import type { Ask } from '../policy/plan.js';
import type { State } from './outcome.js';

/** A recipient of a job and how it stands. */
export interface JobRecipient extends Recipient {
  readonly state: State | 'waiting';
  readonly reason: Reason | null;
  readonly detail: string;
  /** Since when a policy has refused without a pass in between, or null (DSN-12 counts from here). */
  readonly heldSince: number | null;
  /** For when the delay warning was issued, or null (DSN-12: once). */
  readonly warnedAt: number | null;
}

/** True for a recipient about whom nothing is left to be done. */
export function hasEnded({ state }: Pick<JobRecipient, 'state'>): boolean {
  return state === 'delivered' || state === 'failed';
}

/** The floor under which the message was accepted. */
export type Floor = PlanFloor;

/** One message for one domain. */
export interface Job {
  readonly id: string;
  /** Shared by all jobs of one `send`. */
  readonly submissionId: string;
  readonly domain: string;
  /** `recipients` of the envelope are those of this job. */
  readonly envelope: Envelope;
  readonly recipients: readonly JobRecipient[];
  readonly message: Message;
  /** What the message itself asks, on top of every policy (FAQ-7). */
  readonly ask: Ask | null;
  readonly floor: Floor;
  /** An NDR: shorter life, never an NDR about it. */
  readonly kind: 'mail' | 'report';
  readonly attempts: number;
  /** Leases that ran out: whoever held them ended in mid-attempt, and the peer may have the message already. */
  readonly interruptions: number;
  readonly createdAt: number;
  /** Absolute end of its life. */
  readonly expiresAt: number;
}
