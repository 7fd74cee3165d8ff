/**
 * Reports of a sender: composed when a settlement causes them, kept as jobs of the queue, handed to the host's callback
 * and then mailed if the host wants. A callback that rejects is called again later with the same id.
 */
import { publish } from './core/channels.js';
import { type Context, createContext } from './core/context.js';
import { type Attempted, attempted } from './deliver/attempt.js';
import type { Job } from './deliver/job.js';
import { type Outcome, outcomeWithoutSession } from './deliver/outcome.js';
import type { Settled } from './deliver/settle.js';
import type { Engine } from './engine.js';
import { domainOf } from './message/address.js';
import { prepareMessage } from './message/source.js';
import { floorOf } from './policy/compare.js';
import type { Submission } from './queue/driver.js';
import { composeNdr, isWorthTelling, type Ndr, type NdrSettings } from './report/ndr.js';
import type { Report, SenderOptions } from './sender-options.js';

/** a report lives two days. */
const REPORT_LIFE_MS = 2 * 86_400_000;

/** Composes and delivers reports. */
export interface Reporter {
  compose(job: Job, settled: Settled, ctx: Context): Promise<readonly Submission[]>;
  deliver(job: Job, signal: AbortSignal): Promise<Attempted>;
}

/** Makes the reporter of a sender. */
export function createReporter(options: SenderOptions, engine: Engine): Reporter {
  const reports = options.reports ?? {};
  const settingsOf = async (job: Job, occasion: NdrSettings['occasion']): Promise<NdrSettings> => ({
    reportingMta: options.ehloName,
    occasion,
    // DSN-19: how much goes back depends on how well it is protected on its way.
    returnLevel:
      job.envelope.from === null || reports.mail !== true
        ? 'verified'
        : (await engine.plan(job.envelope.from.text)).level,
    ...(reports.from === undefined ? {} : { from: reports.from }),
    ...(reports.language === undefined ? {} : { language: reports.language }),
  });
  return {
    async compose(job, settled, ctx) {
      const made: Submission[] = [];
      for (const [occasion, outcomes] of [
        ['ended', settled.ended],
        ['delayed', settled.delayed],
      ] as const) {
        if (!isWorthTelling(job, outcomes, occasion)) continue;
        const ndr = await composeNdr(job, outcomes, await settingsOf(job, occasion), ctx);
        if (ndr.kind === 'suppressed') publish('ndr.suppressed', { job: job.id, why: ndr.why });
        if (ndr.kind === 'report') made.push(await submissionOf(ndr, job, options, engine, ctx));
      }
      if (job.kind === 'report' && settled.buriedFor !== null) {
        publish('ndr.undeliverable', { job: job.id, reason: settled.buriedFor });
      }
      return made;
    },
    async deliver(job, signal) {
      await reports.onReport?.(await reportOf(job, createContext({ clock: engine.clock, signal })));
      if (reports.mail === true) return attempted(await engine.attempt(job, { signal }));
      return job.recipients.map((recipient) => handedOver(recipient.address.text, engine.clock.now()));
    },
  };
}

async function submissionOf(
  ndr: Extract<Ndr, { kind: 'report' }>,
  job: Job,
  options: SenderOptions,
  engine: Engine,
  ctx: Context,
): Promise<Submission> {
  const now = ctx.clock.now();
  const id = `${ndr.action}.${ndr.id}`;
  const sign = options.sign === undefined ? {} : { sign: options.sign };
  const message = await prepareMessage(ndr.message, { messageIdDomain: options.ehloName, ...sign }, ctx);
  const floor = floorOf(await engine.plan(ndr.to.text));
  return {
    id,
    idempotencyKey: id,
    message,
    jobs: [
      {
        id: `${id}.1`,
        domain: domainOf(ndr.to),
        envelope: ndr.envelope,
        ask: null,
        floor,
        kind: 'report',
        createdAt: now,
        notBefore: now,
        latestAt: now + REPORT_LIFE_MS,
        expiresAt: now + REPORT_LIFE_MS,
        priority: job.envelope.recipients.length === 0 ? 0 : 1,
      },
    ],
  };
}

async function reportOf(job: Job, ctx: Context): Promise<Report> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of job.message.open(ctx)) chunks.push(chunk);
  const kind = (['failed', 'delayed', 'relayed'] as const).find((each) =>
    job.submissionId.startsWith(`${each}.`),
  );
  return {
    id: job.submissionId,
    kind: kind ?? 'failed',
    to: job.recipients[0]?.address.text ?? '',
    message: Buffer.concat(chunks),
  };
}

/** The outcome of a report that only the callback gets. */
function handedOver(recipient: string, at: number): Outcome {
  const detail = 'handed to the callback';
  return outcomeWithoutSession({ recipient, state: 'delivered', reason: null, detail, at });
}
