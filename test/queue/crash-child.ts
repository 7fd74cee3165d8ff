/**
 * A process that puts mail into a queue and works it off, as fast as it can, until it is killed. It tells its parent what
 * it does, line by line and without buffering: where it is (the points of crash-report.ts, and `ended`), `accepted` only
 * after the queue has promised, `sent` as the peer would see it, before anything is settled.
 *
 *   node crash-child.mjs <driver> <place> <generation> <puts>
 */
import { writeSync } from 'node:fs';
import { createContext } from '../../src/core/context.js';
import type { Job } from '../../src/deliver/job.js';
import type { Outcome } from '../../src/deliver/outcome.js';
import type { Settled } from '../../src/deliver/settle.js';
import { parseEnvelope } from '../../src/message/envelope.js';
import { prepareMessage } from '../../src/message/source.js';
import type { NewJob, QueueDriver, Submission } from '../../src/queue/driver.js';
import { createWorker } from '../../src/queue/worker.js';
import { openQueue } from './crash-drivers.js';
import { timeOf } from './crash-time.js';

const [, , driver = '', place = '', generation = '0', puts = '0'] = process.argv;
const HOUR = 3_600_000;
const queue = await openQueue(driver, place);
const { clock, leaseMs, retryMs, standsStill } = timeOf(queue, Number(generation));
const tell = (...words: string[]): void => void writeSync(1, `${words.join(' ')}\n`);
/** What a peer needs for one message. */
const exchange = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 4));
let steps = 0;

/** The queue, telling what is asked of it. */
const told: QueueDriver = {
  ...queue,
  async lease(request) {
    const step = `lease-${(steps += 1)}`;
    tell('lease', step);
    const leases = await queue.lease(request);
    tell('ended', step);
    return leases;
  },
  async settle(lease, settlement) {
    tell(settlement.reports.length > 0 ? 'ndr' : 'settle', lease.job.id);
    const kept = await queue.settle(lease, settlement);
    tell('ended', lease.job.id);
    return kept;
  },
};

/** One submission to two domains; what its recipients come to stands in their names. */
async function submission(
  id: string,
  recipients: readonly string[],
  kind: NewJob['kind'],
): Promise<Submission> {
  const text = `Date: Thu, 15 Jan 2026 12:00:00 +0000\r\nFrom: a@sender.test\r\nMessage-ID: <${id}@sender.test>\r\n\r\n${'x'.repeat(500)}\r\n`;
  const message = await prepareMessage(
    Buffer.from(text),
    { messageIdDomain: 'sender.test' },
    createContext(),
  );
  const now = clock.now();
  const domains = [...new Set(recipients.map((recipient) => recipient.split('@')[1] as string))];
  const jobs = domains.map((domain, i): NewJob => ({
    id: `${id}.${i}`,
    domain,
    envelope: parseEnvelope({
      from: kind === 'report' ? null : 'a@sender.test',
      recipients: recipients.filter((recipient) => recipient.endsWith(`@${domain}`)),
    }),
    ask: null,
    floor: { level: 'verified', fingerprint: 'f' },
    kind,
    createdAt: now,
    notBefore: now,
    latestAt: now + 1000 * HOUR,
    expiresAt: now + 1000 * HOUR,
    priority: 0,
  }));
  return { id, idempotencyKey: kind === 'report' && queue.supports.atomicSettle ? null : id, message, jobs };
}

/** The peer: takes it, refuses it, or wants it later. */
function outcomeOf(job: Job, recipient: string): Outcome {
  const refuses = recipient.startsWith('refused');
  const waits = recipient.startsWith('later') && job.attempts === 0;
  if (!refuses && !waits) tell('sent', job.kind, job.submissionId, recipient, String(job.interruptions));
  return {
    recipient,
    state: refuses ? 'failed' : waits ? 'deferred' : 'delivered',
    reason: refuses ? 'recipient-rejected' : waits ? 'recipient-deferred' : null,
    detail: '',
    reply: null,
    host: 'mx.test',
    address: null,
    verdict: null,
    status: '2.0.0',
    at: clock.now(),
    dsnOffered: false,
  };
}

async function reportsOf(job: Job, settled: Settled): Promise<readonly Submission[]> {
  const failed = settled.ended.filter(({ state }) => state === 'failed').map(({ recipient }) => recipient);
  if (failed.length === 0) return [];
  // Where outcome and report are one step, nothing but that keeps a recipient from being reported twice.
  const once = queue.supports.atomicSettle ? `.${generation}.${(steps += 1)}` : '';
  const id = `ndr.${job.id}${once}`;
  tell('reporting', id, ...failed);
  return [await submission(id, [`ndr-${job.id}@sender.test`], 'report')];
}

async function putAll(): Promise<void> {
  for (let i = 0; i < Number(puts); i += 1) {
    const id = `${generation}-${i}`;
    const recipients = [`ok${id}@a.test`, `later${id}@a.test`, `refused${id}@b.test`, `ok${id}@b.test`];
    const put = await submission(id, recipients, 'mail');
    tell('put', id);
    await queue.put(put);
    tell('accepted', id, ...recipients);
    tell('ended', id);
  }
}

/** Jobs that have not ended. */
async function unfinished(): Promise<number> {
  return (await queue.count({ state: 'ready' })) + (await queue.count({ state: 'leased' }));
}

const worker = createWorker({
  driver: told,
  owner: generation,
  clock,
  leaseMs,
  concurrency: 20,
  perDomain: 5,
  schedule: { gapsMs: [retryMs], jitter: 0, fastFirstMs: null },
  attempt: async (job) => {
    tell('delivery', job.id);
    await exchange();
    const outcomes = job.recipients
      .filter(({ state }) => state !== 'delivered' && state !== 'failed')
      .map(({ address }) => outcomeOf(job, address.text));
    tell('dot', job.id);
    await exchange();
    return outcomes;
  },
  reports: reportsOf,
  onError: (error) => tell('error', String(error).replaceAll('\n', ' ')),
});
tell('ready');
worker.start();
await putAll();
if (Number(puts) === 0) {
  // The last generation: no more mail, to the end.
  while ((await unfinished()) > 0) {
    const waits = await queue.nextDue();
    if (standsStill && waits !== null && waits > clock.now()) break;
    await new Promise((resolve) => setTimeout(resolve, standsStill ? 5 : 50));
  }
  await worker.drain();
  tell('left', String(await unfinished()));
  await queue.close();
}
