/**
 * Step 9, pure: what servers, routes and refusals mean for a recipient. Codes decide, texts never do (SC-10). A policy
 * refusal holds the mail whatever code the peer sent; a loss after the final dot is `unknown`, before it temporary.
 * Standards: RFC 5321 §4.2, §4.5.3.1.10; RFC 1870 §6.4; RFC 3463 §2. Q "Classification", DSN "Status selection".
 */
import type { Phase } from '../core/errors.js';
import { describeReason, type Reason } from '../core/reasons.js';
import type { Recipient } from '../message/envelope.js';
import type { Plan } from '../policy/plan.js';
import type { UnusableHost } from '../route/route.js';
import type { Admitted } from '../smtp/admitted.js';
import type { Reply } from '../smtp/reply.js';
import type { RecipientReply } from '../smtp/transaction-result.js';
import type { Verdict } from '../verdict/verdict.js';
import type { Opened } from './open.js';
import { type Outcome, outcomeWithoutSession, type State } from './outcome.js';

/** What a reply is judged with. */
export interface ReplyContext {
  readonly plan: Plan;
  readonly session: Admitted<Verdict>;
  readonly dsnOffered: boolean;
  readonly now: number;
}

const REPLY_REASONS: Readonly<Partial<Record<Phase, readonly [refused: Reason, deferred: Reason]>>> = {
  mail: ['sender-rejected', 'sender-deferred'],
  rcpt: ['recipient-rejected', 'recipient-deferred'],
  data: ['message-rejected', 'message-deferred'],
  final: ['message-rejected', 'message-deferred'],
};

/** The outcome of one recipient of a transaction. */
export function classifyReply(result: RecipientReply, at: ReplyContext): Outcome {
  const { verdict, endpoint } = { verdict: at.session.proof, endpoint: at.session.connection.endpoint };
  const reason = result.result === 'accepted' ? null : reasonOfReply(result);
  const reply = result.reply;
  return {
    recipient: result.recipient.address.text,
    state: reason === null ? 'delivered' : stateOf(reason, at.plan),
    reason,
    detail: '',
    reply: reply === null ? null : { ...reply, secure: verdict.encrypted },
    host: endpoint.host,
    address: endpoint.address,
    verdict,
    status: reply === null ? statusOf(reason, at.plan) : statusOfReply(reply, reason, at.plan),
    at: at.now,
    dsnOffered: at.dsnOffered,
  };
}

function reasonOfReply(result: RecipientReply): Reason {
  if (result.result === 'unknown') return 'delivery-unknown';
  const { reply, phase } = result;
  if (reply === null) return result.reason ?? 'connection-closed';
  const [refused, deferred] = REPLY_REASONS[phase] ?? ['message-rejected', 'message-deferred'];
  if (reply.code === 421) return 'peer-busy';
  if (isTemporary(reply, phase)) return deferred;
  return isTooBig(reply) ? 'message-too-big' : refused;
}

/** RFC 1870 §6.4, SC-24: the enhanced code says "too big". */
function isTooBig(reply: Reply): boolean {
  return (
    reply.enhanced === '5.3.4' ||
    reply.enhanced === '5.2.3' ||
    (reply.code === 552 && reply.enhanced === null)
  );
}

/**
 * SC-10, SC-24: the first digit decides, except for 552 to RCPT with `x.5.3`, "too many recipients". A transaction never
 * has more than the 100 that every server must take, so 552 without that code speaks of the recipient.
 */
function isTemporary(reply: Reply, phase: Phase): boolean {
  if (reply.code >= 400 && reply.code < 500) return true;
  return phase === 'rcpt' && reply.code === 552 && reply.enhanced === '5.5.3';
}

/**
 * True for what a host says about the mail itself: it stays with this attempt, no other host is asked. False for what it
 * says about itself before it took the sender, and for what another host may offer (SC-49).
 */
export function staysHere(result: RecipientReply): boolean {
  switch (result.result) {
    case 'accepted':
    case 'unknown':
      return true;
    case 'not-offered':
      return result.reason === 'message-too-big';
    case 'lost':
      return result.phase !== 'mail';
    case 'refused': {
      const code = result.reply?.code ?? 0;
      return code !== 421 && !(result.phase === 'mail' && code < 500);
    }
  }
}

/** What a recipient has come to when no host took a transaction. */
export interface Refusals {
  readonly refused: readonly Extract<Opened, { kind: 'refused' }>[];
  readonly unusable: readonly UnusableHost[];
  readonly plan: Plan;
  readonly now: number;
}

/**
 * The outcome of a recipient whom no host would hear of. The reason is that of the best host; it is final only
 * where every host said a final no (SC-2), so where it would be, the first host that may yet take the mail speaks.
 */
export function classifyRefusals(recipient: Recipient, from: Refusals): Outcome {
  const { plan } = from;
  const tried = from.refused.map((each) => ({
    ...each,
    host: each.target.host,
    address: each.target.address,
  }));
  const untried = from.unusable.map((each) => ({ ...each, address: null, reply: null, verdict: null }));
  const all = [...tried, ...untried];
  const isFinal = ({ reason }: { readonly reason: Reason }): boolean => stateOf(reason, plan) === 'failed';
  const best = all[0];
  const deciding = best !== undefined && isFinal(best) ? (all.find((each) => !isFinal(each)) ?? best) : best;
  const reason: Reason = deciding?.reason ?? 'host-unresolved';
  const reply = deciding?.reply ?? null;
  return {
    recipient: recipient.address.text,
    state: stateOf(reason, plan),
    reason,
    detail: deciding?.detail ?? '',
    reply: reply === null ? null : { ...reply, enhanced: null },
    host: deciding?.host ?? null,
    address: deciding?.address ?? null,
    verdict: deciding?.verdict ?? null,
    status: statusOf(reason, plan),
    at: from.now,
    dsnOffered: false,
  };
}

/** The same outcome for all: nothing was connected to. */
export function classifyReason(
  recipients: readonly Recipient[],
  why: { readonly reason: Reason; readonly detail: string; readonly plan: Plan; readonly now: number },
): Outcome[] {
  const { reason, detail, plan, now: at } = why;
  const said = { state: stateOf(reason, plan), reason, detail, at };
  return recipients.map(({ address }) => ({
    ...outcomeWithoutSession({ recipient: address.text, ...said }),
    status: statusOf(reason, plan),
  }));
}

/** Doubts about the policy itself: nothing that a server could mend, and never a reason to give mail up at once. */
const ALWAYS_HELD: readonly Reason[] = ['policy-lowered', 'policy-contradiction', 'policy-source-unknown'];

type Choice = Pick<Plan, 'onPolicyFailure'>;

function isBounced(reason: Reason, plan: Choice): boolean {
  return plan.onPolicyFailure === 'bounce' && !ALWAYS_HELD.includes(reason);
}

/** What a reason does to the mail under this plan (Q-20, SM-14). */
export function stateOf(reason: Reason, plan: Choice): State {
  switch (describeReason(reason).effect) {
    case 'hold':
      return isBounced(reason, plan) ? 'failed' : 'held';
    case 'retry':
      return 'deferred';
    case 'fail':
      return 'failed';
    case 'unknown':
      return 'unknown';
  }
}

/** The enhanced status that an NDR would carry. */
export function statusOf(reason: Reason | null, plan: Choice): string {
  if (reason === null) return '2.0.0';
  const { effect, status } = describeReason(reason);
  return effect === 'hold' && isBounced(reason, plan) ? status.replace(/^4/, '5') : status;
}

/** SC-13: the peer's own code where its class fits, else x.0.0 of the class. */
function statusOfReply(reply: Reply, reason: Reason | null, plan: Plan): string {
  if (reason === 'delivery-unknown') return statusOf(reason, plan);
  // SC-24: read as temporary, so it is told as temporary.
  if (reason !== null && stateOf(reason, plan) === 'deferred' && reply.code >= 500) return '4.5.3';
  return reply.enhanced ?? `${Math.floor(reply.code / 100)}.0.0`;
}
