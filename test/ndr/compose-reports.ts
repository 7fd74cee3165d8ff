/**
 * From what happened to a recipient to the report about it, through the steps that a sender goes: classify, settle when the
 * time is over, compose.
 */
import { createContext } from '../../src/core/context.js';
import type { Reason } from '../../src/core/reasons.js';
import { classifyReason, classifyReply } from '../../src/deliver/classify.js';
import type { Job } from '../../src/deliver/job.js';
import type { Outcome } from '../../src/deliver/outcome.js';
import { settleAttempt } from '../../src/deliver/settle.js';
import { type EnvelopeInput, parseEnvelope } from '../../src/message/envelope.js';
import { prepareMessage } from '../../src/message/source.js';
import { createBase } from '../../src/policy/base.js';
import { decide } from '../../src/policy/decide.js';
import { parseTable } from '../../src/policy/from-table.js';
import type { Plan } from '../../src/policy/plan.js';
import { composeNdr, type NdrSettings } from '../../src/report/ndr.js';
import { createTrustStore } from '../../src/x509/trust-store.js';

const PUT = Date.UTC(2024, 2, 1, 8);
const NOW = Date.UTC(2024, 2, 6, 8);
const ctx = createContext({ clock: { now: () => NOW, after: () => () => undefined } });
export const HOST = 'mx1.example.test';
export const MAIL =
  'Date: Fri, 01 Mar 2024 08:59:58 +0100\r\nFrom: anna@sender.test\r\nMessage-ID: <q1@sender.test>\r\nSubject: Plan\r\n\r\nbody\r\n';

/** What may differ from a plain failure of one recipient. */
export interface Circumstances {
  readonly settings?: Partial<NdrSettings>;
  readonly envelope?: Partial<EnvelopeInput>;
  readonly mail?: string;
  readonly onPolicyFailure?: Plan['onPolicyFailure'];
}

/** A reply of the server, as `transact` gives it. */
export interface Answer {
  readonly code: number;
  readonly enhanced?: string;
  readonly lines: readonly string[];
  readonly phase?: 'mail' | 'rcpt' | 'final';
}

/** The report about a recipient who failed for `why`, a reason decided here or an answer of the server. */
export async function reportOn(
  why: { readonly reason: Reason; readonly detail?: string } | Answer,
  about: Circumstances = {},
): Promise<Uint8Array> {
  const plan = await planOf(about.onPolicyFailure ?? 'hold');
  const job = await jobOf(about);
  const outcomes = 'code' in why ? answered(job, why, plan) : decided(job, why, plan);
  const occasion = about.settings?.occasion ?? 'ended';
  const { ended } = settleAttempt(job, outcomes, NOW);
  const told = occasion === 'ended' ? ended : outcomes;
  const settings = { reportingMta: 'out.sender.test', returnLevel: 'verified' as const, ...about.settings };
  const ndr = await composeNdr(job, told, { ...settings, occasion }, ctx);
  if (ndr.kind !== 'report') throw new Error(`expected a report, got ${ndr.kind}`);
  return ndr.message;
}

function decided(job: Job, why: { reason: Reason; detail?: string }, plan: Plan): Outcome[] {
  const { reason, detail = 'seen: "CN=mx1"' } = why;
  const found = classifyReason(job.recipients, { reason, detail, plan, now: NOW });
  return found.map((outcome) => ({ ...outcome, host: HOST, address: '192.0.2.1' }));
}

function answered(job: Job, answer: Answer, plan: Plan): Outcome[] {
  const { code, enhanced = null, lines, phase = 'rcpt' } = answer;
  const session = {
    proof: { encrypted: true },
    connection: { endpoint: { host: HOST, address: '192.0.2.1' } },
  };
  return job.recipients.map((recipient) =>
    classifyReply(
      {
        recipient,
        result: code < 300 ? 'accepted' : 'refused',
        phase,
        reply: { code, enhanced, lines },
        reason: null,
      },
      { plan, session: session as never, dsnOffered: false, now: NOW },
    ),
  );
}

async function planOf(onPolicyFailure: Plan['onPolicyFailure']): Promise<Plan> {
  const table = parseTable([{ match: 'example.test', level: 'verified', onPolicyFailure }]);
  const base = createBase({ default: 'verified', trust: createTrustStore('none', []) });
  return decide('example.test', { table, sources: [], base }, null, ctx);
}

async function jobOf(about: Circumstances): Promise<Job> {
  const envelope = parseEnvelope({
    from: 'anna@sender.test',
    recipients: 'bo@example.test',
    ...about.envelope,
  });
  return {
    id: 'q-18.1',
    submissionId: 'q-18',
    domain: 'example.test',
    envelope,
    recipients: envelope.recipients.map((recipient) => ({
      ...recipient,
      state: 'waiting',
      reason: null,
      detail: '',
      heldSince: PUT,
      warnedAt: null,
    })),
    message: await prepareMessage(about.mail ?? MAIL, { messageIdDomain: 'out.sender.test' }, ctx),
    ask: null,
    floor: { level: 'verified', fingerprint: 'f' },
    kind: 'mail',
    attempts: 7,
    interruptions: 0,
    createdAt: PUT,
    expiresAt: NOW,
  };
}
