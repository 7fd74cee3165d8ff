/**
 * Material for the conformance suite of queues: submissions, leases and settlements as a sender and a worker make them.
 */
import { strict as assert } from 'node:assert';
import { createContext } from '../core/context.js';
import type { JobRecipient } from '../deliver/job.js';
import { parseEnvelope } from '../message/envelope.js';
import { prepareMessage } from '../message/source.js';
import type { Lease, NewJob, Next, QueueDriver, Settlement, Submission, Supports } from '../queue/driver.js';

/** What a case does with an empty queue. */
export type CaseBody = (queue: QueueDriver) => Promise<void>;
/** Cases by name; one that not every driver can pass says what it needs. */
export type Cases = Readonly<
  Record<string, CaseBody | { readonly requires: readonly (keyof Supports)[]; readonly body: CaseBody }>
>;

/** A case that moves time. */
export function movesTime(
  body: CaseBody,
  ...others: (keyof Supports)[]
): { readonly requires: readonly (keyof Supports)[]; readonly body: CaseBody } {
  return { requires: ['toldTime', ...others], body };
}

/** The moment at which every case begins: 2026-01-15 12:00 UTC. */
export const START = Date.UTC(2026, 0, 15, 12);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const LEASE_MS = 5 * MINUTE;

const CONTENT =
  'From: a@sender.example\r\nDate: Thu, 15 Jan 2026 12:00:00 +0000\r\nMessage-ID: <1@sender.example>\r\n\r\nHello.\r\n';

/** What a case says about a submission; the rest is ordinary. */
export interface Wish {
  readonly id: string;
  /** One job for each. Default `['b.example']`. */
  readonly domains?: readonly string[];
  readonly recipients?: readonly string[];
  readonly key?: string | null;
  readonly notBefore?: number;
  readonly latestAt?: number;
  readonly createdAt?: number;
  readonly priority?: number;
  readonly kind?: NewJob['kind'];
}

/** A submission with one job for each domain, `<id>.1`, `<id>.2`, and so on. */
export async function makeSubmission(wish: Wish): Promise<Submission> {
  const { id, domains = ['b.example'], recipients = ['anna'] } = wish;
  const createdAt = wish.createdAt ?? START;
  const message = await prepareMessage(
    Buffer.from(CONTENT),
    { messageIdDomain: 'sender.example' },
    createContext(),
  );
  const jobs = domains.map((domain, i): NewJob => ({
    id: `${id}.${i + 1}`,
    domain,
    envelope: parseEnvelope({
      from: wish.kind === 'report' ? null : 'a@sender.example',
      recipients: recipients.map((name) => `${name}@${domain}`),
    }),
    ask: null,
    floor: { level: 'verified', fingerprint: 'f1' },
    kind: wish.kind ?? 'mail',
    createdAt,
    notBefore: wish.notBefore ?? START,
    latestAt: wish.latestAt ?? createdAt + 5 * DAY,
    expiresAt: createdAt + 5 * DAY,
    priority: wish.priority ?? 0,
  }));
  return { id, idempotencyKey: wish.key ?? null, message, jobs };
}

/** Puts one submission. */
export async function put(queue: QueueDriver, wish: Wish): Promise<{ id: string; existing: boolean }> {
  return queue.put(await makeSubmission(wish));
}

/** Leases as a worker would. */
export function lease(
  queue: QueueDriver,
  now: number,
  wish: { readonly owner?: string; readonly limit?: number; readonly perDomain?: number } = {},
): Promise<readonly Lease[]> {
  const { owner = 'w1', limit = 100, perDomain = 100 } = wish;
  return queue.lease({ owner, now, leaseMs: LEASE_MS, limit, perDomain });
}

/** Leases and expects exactly one. */
export async function leaseOne(queue: QueueDriver, now: number): Promise<Lease> {
  const leases = await lease(queue, now, { limit: 1 });
  assert.equal(leases.length, 1, 'expected one job to be due');
  return leases[0] as Lease;
}

/** Ids of the jobs that are due. */
export async function leaseIds(queue: QueueDriver, now: number): Promise<string[]> {
  return (await lease(queue, now)).map(({ job }) => job.id);
}

/** A settlement that gives all recipients one state. */
export function settlement(
  { job }: Lease,
  next: Next,
  wish: {
    readonly at?: number;
    readonly change?: Partial<JobRecipient>;
    readonly reports?: readonly Submission[];
    readonly putOff?: number | null;
  } = {},
): Settlement {
  return {
    recipients: job.recipients.map((recipient) => ({ ...recipient, ...wish.change })),
    next,
    reports: wish.reports ?? [],
    at: wish.at ?? START,
    ...(wish.putOff === undefined ? {} : { putOff: wish.putOff }),
  };
}

/** The whole content of a message, as text. */
export async function readContent({ job }: Lease): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of job.message.open(createContext())) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** What `readContent` must give. */
export const content = CONTENT;
