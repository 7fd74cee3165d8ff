/**
 * Submissions, settlements and jobs as the scripts of the BullMQ queue take and give them: lists of text. Pure.
 */
import type { BullNewJob } from './bullmq-library.js';
import type { JobState, NewJob, Settlement, Submission, Suspension } from './driver.js';
import { packNewJob, packRecipients, type StoredRow } from './stored-job.js';
import { factsOf } from './stored-message.js';

/** BullMQ knows no colon and no bare number as a custom id. */
export function bullId(id: string): string {
  return `mail-${encodeURIComponent(id)}`;
}

function ownId(id: string): string {
  return decodeURIComponent(id.slice('mail-'.length));
}

/** BullMQ counts from 1 and takes the lowest first; ours is 0 in the middle and takes the highest first. */
function bullPriority(priority: number): number {
  const middle = 2 ** 20;
  return middle - Math.max(1 - middle, Math.min(middle - 1, Math.round(priority)));
}

/** A submission as the script `keep` takes it. */
export function packSubmission(
  { id, idempotencyKey, message, jobs }: Submission,
  { content, parts }: { readonly content: string; readonly parts: number },
): object {
  return {
    id,
    ...(idempotencyKey === null ? {} : { key: idempotencyKey }),
    content,
    parts,
    facts: JSON.stringify(factsOf(message)),
    jobs: jobs.map((job) => ({
      id: bullId(job.id),
      domain: job.domain,
      priority: bullPriority(job.priority),
      fields: Object.entries(fieldsOf(job)).flat(),
    })),
  };
}

function fieldsOf(job: NewJob): Record<string, string> {
  return {
    ...packNewJob(job),
    domain: job.domain,
    kind: job.kind,
    due: String(job.notBefore),
    latest: String(job.latestAt),
    created: String(job.createdAt),
    expires: String(job.expiresAt),
    priority: String(job.priority),
    attempts: '0',
    reasons: ',',
  };
}

/** A settlement as the script `settle` takes it; `reports` are packed. */
export function packSettlement(
  { recipients, next, at, putOff }: Settlement,
  attempts: number,
  reports: readonly object[],
): object {
  const reasons = new Set(next.kind === 'done' ? [] : recipients.flatMap(({ reason }) => reason ?? []));
  const fields = {
    recipients: packRecipients(recipients),
    attempts: String(attempts),
    reasons: [',', ...[...reasons].map((reason) => `${reason},`)].join(''),
    due: String(next.kind === 'again' ? next.at : at),
    ...(next.kind === 'again'
      ? { latest: String(next.latestAt) }
      : { ended: next.kind, endedAt: String(at) }),
    ...(next.kind === 'buried' ? { reason: next.reason } : {}),
  };
  return {
    fields: Object.entries(fields).flat(),
    reports,
    ...(next.kind === 'again' ? {} : { endedAt: String(at) }),
    ...(putOff === undefined ? {} : { putOff: putOff === null ? 'end' : String(putOff) }),
  };
}

/** A job as BullMQ holds it: nothing in it but what an operator needs to recognise it. */
export function packBullJob(
  id: string,
  about: { readonly submission: string; readonly domain: string; readonly kind: string },
  when: { readonly due: number; readonly priority: number; readonly now: number },
): BullNewJob {
  return {
    name: about.kind,
    data: about,
    opts: {
      jobId: id,
      // From here BullMQ counts the delay.
      timestamp: when.now,
      delay: Math.max(0, when.due - when.now),
      priority: bullPriority(when.priority),
    },
  };
}

/** A job as the scripts give it. */
export interface Row extends StoredRow {
  readonly content: string;
  readonly state: JobState;
  readonly suspended: Suspension | null;
  readonly dueAt: number;
  readonly priority: number;
  readonly floorAcceptedBy: string | null;
}

type Answer = readonly [
  id: string,
  side: readonly string[],
  content: string,
  facts: string,
  stalls: string,
  state: JobState,
  suspension: string,
];

/** A job from the answer of a script. */
export function readRow(answer: unknown): Row {
  const [id, list, content, facts, stalls, state, suspension] = answer as Answer;
  const side: Record<string, string> = {};
  for (let i = 0; i < list.length; i += 2) side[list[i] as string] = list[i + 1] as string;
  const text = (name: string): string => side[name] ?? '';
  return {
    id: ownId(id),
    submissionId: text('submission'),
    domain: text('domain'),
    kept: text('kept'),
    recipients: text('recipients'),
    floor: text('floor'),
    attempts: Number(text('attempts')),
    interruptions: Number(stalls),
    createdAt: Number(text('created')),
    expiresAt: Number(text('expires')),
    content,
    facts,
    state,
    suspended: suspension === '' ? null : (JSON.parse(suspension) as Suspension),
    dueAt: Number(text('due')),
    priority: Number(text('priority')),
    floorAcceptedBy: side['floorBy'] ?? null,
    endedAt: side['endedAt'] === undefined ? null : Number(side['endedAt']),
  };
}
