/**
 * A job as text for a durable queue, and back. What stands here was parsed and checked before it was put; reading it back
 * checks that it is a job at all, so that a damaged or foreign row is told and not sent (AT-55).
 */
import { QueueError } from '../core/errors.js';
import type { Job, JobRecipient } from '../deliver/job.js';
import type { Envelope, Recipient } from '../message/envelope.js';
import type { Message, MessageFacts } from '../message/source.js';
import type { NewJob } from './driver.js';
import { contentGone, startRecipients } from './job-record.js';
import { reviveMessage } from './stored-message.js';

/** What is kept of a job as text; the rest of it are columns of their own. */
interface Kept {
  readonly envelope: Omit<Envelope, 'recipients'>;
  readonly ask: Job['ask'];
  readonly kind: Job['kind'];
}

/** The columns of a job that are text or numbers by themselves. */
export interface StoredJob {
  readonly id: string;
  readonly submissionId: string;
  readonly domain: string;
  readonly kept: string;
  readonly recipients: string;
  readonly floor: string;
  readonly attempts: number;
  readonly interruptions: number;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** The text columns of a job that has just been put. */
export function packNewJob(job: NewJob): Pick<StoredJob, 'kept' | 'recipients' | 'floor'> {
  const { recipients: _, ...envelope } = job.envelope;
  const kept: Kept = { envelope, ask: job.ask, kind: job.kind };
  return {
    kept: JSON.stringify(kept),
    recipients: packRecipients(startRecipients(job)),
    floor: JSON.stringify(job.floor),
  };
}

/** The recipients of a job as text. */
export function packRecipients(recipients: readonly JobRecipient[]): string {
  return JSON.stringify(recipients);
}

/** A job together with what its submission says. */
export interface StoredRow extends StoredJob {
  readonly facts: string;
  readonly endedAt: number | null;
}

/** Reads the octets of a message, by its digest: the header section, and the parts after it. */
export interface StoredOctets {
  header(sha256: string): Promise<Uint8Array>;
  body(sha256: string): AsyncIterable<Uint8Array>;
}

/**
 * Jobs that were leased together, read: one that cannot be read keeps no other back, it comes again when its lease runs
 * out.
 * @throws what the first one threw, when none can be read
 */
export async function readAll<T>(reading: readonly Promise<T>[]): Promise<T[]> {
  const answers = await Promise.allSettled(reading);
  const read = answers.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = answers.find((each) => each.status === 'rejected');
  if (failed !== undefined && read.length === 0) throw failed.reason;
  return read;
}

/**
 * The job and its message again; of a job that has ended the octets are gone.
 * @throws QueueError `job-damaged`
 */
export async function reviveRow(row: StoredRow, octets: StoredOctets): Promise<Job> {
  const facts = JSON.parse(row.facts) as MessageFacts;
  if (row.endedAt !== null) {
    return reviveJob(row, { ...facts, header: new Uint8Array(0), open: contentGone(row.id) });
  }
  const header = await octets.header(facts.sha256);
  return reviveJob(
    row,
    reviveMessage(facts, header, () => octets.body(facts.sha256)),
  );
}

/**
 * The job again.
 * @throws QueueError `job-damaged`
 */
function reviveJob(row: StoredJob, message: Message): Job {
  const damaged = (what: string): QueueError =>
    new QueueError(
      'job-damaged',
      `job ${row.id}: its ${what} in the store cannot be read; it comes again when its lease runs out; restore it from a backup, or suspend it`,
    );
  const read = <T>(text: string, what: string, fits: (value: T) => boolean): T => {
    let value: T | null = null;
    try {
      value = JSON.parse(text) as T;
    } catch {
      throw damaged(what);
    }
    if (value === null || !fits(value)) throw damaged(what);
    return value;
  };
  const { envelope, ask, kind } = read<Kept>(row.kept, 'envelope', (kept) => kept.envelope !== undefined);
  const recipients = read<JobRecipient[]>(row.recipients, 'recipients', isRecipients);
  const floor = read<Job['floor']>(row.floor, 'floor', (given) => typeof given.fingerprint === 'string');
  const { id, submissionId, domain, attempts, interruptions, createdAt, expiresAt } = row;
  return {
    id,
    submissionId,
    domain,
    attempts,
    interruptions,
    createdAt,
    expiresAt,
    envelope: { ...envelope, recipients: recipients.map(recipientOf) },
    recipients,
    message,
    ask,
    floor,
    kind,
  };
}

function isRecipients(value: unknown): boolean {
  return (
    Array.isArray(value) && value.length > 0 && value.every((each) => typeof each?.address?.path === 'string')
  );
}

function recipientOf({ address, notify, originalRecipient }: JobRecipient): Recipient {
  return { address, notify, originalRecipient };
}
