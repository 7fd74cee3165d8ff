/**
 * When held mail passes half and nine tenths of its life, so that somebody acts before it ends. Pure, and it keeps
 * nothing: no retry of a held job is planned beyond a threshold that lies ahead, so the one attempt that was due at or
 * before a threshold, and ended at or after it, is the one that tells.
 */
import type { Events } from '../core/channels.js';
import type { Job, JobRecipient } from '../deliver/job.js';

type Life = Pick<Job, 'createdAt' | 'expiresAt'>;
type Share = Events['hold.aging']['share'];

const SHARES: readonly Share[] = [0.5, 0.9];

function thresholdAt({ createdAt, expiresAt }: Life, share: Share): number {
  return createdAt + Math.round((expiresAt - createdAt) * share);
}

/** The first recipient that a policy holds. */
export function firstHeld(recipients: readonly JobRecipient[]): JobRecipient | undefined {
  return recipients.find(({ state }) => state === 'held');
}

/** True as soon as half the life has passed: only then can there be anything to tell. */
export function isAging(life: Life, now: number): boolean {
  return now >= thresholdAt(life, 0.5);
}

/** The threshold that lies between `dueAt` and `now`, the later one where both do; null: none. */
export function passedShare(life: Life, dueAt: number, now: number): Share | null {
  return SHARES.findLast((share) => isBetween(thresholdAt(life, share), dueAt, now)) ?? null;
}

/** `at`, or the next threshold after `now` where that comes sooner. */
export function noLaterThanThreshold(life: Life, now: number, at: number): number {
  const ahead = SHARES.map((share) => thresholdAt(life, share)).filter((threshold) => threshold > now);
  return Math.min(at, ...ahead);
}

function isBetween(time: number, from: number, to: number): boolean {
  return from <= time && time <= to;
}
