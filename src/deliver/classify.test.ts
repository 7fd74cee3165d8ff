import { describe, expect, it } from 'vitest';
import type { Reason } from '../core/reasons.js';
import { parseEnvelope, type Recipient } from '../message/envelope.js';
import type { Plan } from '../policy/plan.js';
import type { Target } from '../route/route.js';
import type { Reply } from '../smtp/reply.js';
import type { RecipientReply } from '../smtp/transaction-result.js';
import { classifyReason, classifyRefusals, classifyReply, stateOf, staysHere, statusOf } from './classify.js';
import type { Opened } from './open.js';

const NOW = Date.UTC(2026, 0, 15, 12);
const [recipient] = parseEnvelope({ from: 'a@sender.example', recipients: 'anna@b.example' }).recipients as [
  Recipient,
];
const hold = { onPolicyFailure: 'hold' } as Plan;
const bounce = { onPolicyFailure: 'bounce' } as Plan;
const session = {
  proof: { encrypted: true, passed: true },
  connection: { endpoint: { host: 'mx1.b.example', address: '192.0.2.1' } },
} as never;

function answer(phase: RecipientReply['phase'], code: number, text = ''): RecipientReply {
  const enhanced = /^\d\.\d+\.\d+/.exec(text)?.[0] ?? null;
  const reply: Reply = { code, enhanced, lines: [text] };
  const result = phase === 'final' && code < 300 ? 'accepted' : 'refused';
  return { recipient, result, phase, reply, reason: null };
}
function broken(
  result: 'lost' | 'unknown' | 'not-offered',
  phase: RecipientReply['phase'],
  reason: Reason,
): RecipientReply {
  return { recipient, result, phase, reply: null, reason };
}
const classify = (reply: RecipientReply, plan = hold) =>
  classifyReply(reply, { plan, session, dsnOffered: true, now: NOW });

describe('classifyReply', () => {
  it('SC-28: one 2yz after the final dot is delivery, with the receipt and the host', () => {
    expect(classify(answer('final', 250, '2.0.0 queued'))).toMatchObject({
      recipient: 'anna@b.example',
      state: 'delivered',
      reason: null,
      status: '2.0.0',
      host: 'mx1.b.example',
      reply: { code: 250, secure: true },
      dsnOffered: true,
      at: NOW,
    });
  });

  it.each([
    ['mail', 450, 'deferred', 'sender-deferred'],
    ['mail', 550, 'failed', 'sender-rejected'],
    ['rcpt', 450, 'deferred', 'recipient-deferred'],
    ['rcpt', 550, 'failed', 'recipient-rejected'],
    ['data', 451, 'deferred', 'message-deferred'],
    ['data', 554, 'failed', 'message-rejected'],
    ['final', 451, 'deferred', 'message-deferred'],
    ['final', 554, 'failed', 'message-rejected'],
    ['rcpt', 421, 'deferred', 'peer-busy'],
  ] as const)('SC-14, SC-23, SC-28: %s answered with %i is %s, %s', (phase, code, state, reason) => {
    expect(classify(answer(phase, code))).toMatchObject({
      state,
      reason,
      status: `${state === 'failed' ? 5 : 4}.0.0`,
    });
  });

  it('SC-24: 452 to RCPT is temporary whatever it says', () => {
    expect(classify(answer('rcpt', 452, '4.5.3 too many'))).toMatchObject({
      state: 'deferred',
      status: '4.5.3',
    });
    expect(classify(answer('rcpt', 452))).toMatchObject({ state: 'deferred' });
  });

  it('SC-24: 552 to RCPT with x.5.3 is temporary and told so; with 5.2.3 or 5.3.4, or bare, it is too big', () => {
    const tooMany = classify(answer('rcpt', 552, '5.5.3 too many recipients'));
    expect(tooMany).toMatchObject({ state: 'deferred', reason: 'recipient-deferred', status: '4.5.3' });
    for (const text of ['5.2.3 too big', '5.3.4 too big', 'too big']) {
      expect(classify(answer('rcpt', 552, text))).toMatchObject({
        state: 'failed',
        reason: 'message-too-big',
      });
    }
    expect(classify(answer('rcpt', 552, '5.2.2 full'))).toMatchObject({
      state: 'failed',
      reason: 'recipient-rejected',
    });
    expect(classify(answer('final', 552, '5.5.3 late'))).toMatchObject({ state: 'failed' });
  });

  it('SC-13: the code of the peer is the status of the outcome', () => {
    expect(classify(answer('rcpt', 550, '5.1.1 no such user')).status).toBe('5.1.1');
  });

  it('SC-15: a session lost before the message was complete is temporary', () => {
    expect(classify(broken('lost', 'data', 'connection-closed'))).toMatchObject({
      state: 'deferred',
      reason: 'connection-closed',
      status: '4.4.2',
      reply: null,
    });
  });

  it('Q-15: a session lost after the final dot is unknown, which is neither delivered nor failed', () => {
    expect(classify(broken('unknown', 'final', 'delivery-unknown'))).toMatchObject({
      state: 'unknown',
      reason: 'delivery-unknown',
      status: '4.4.2',
    });
  });

  it('SC-46: what the server does not offer and the message needs fails before MAIL', () => {
    expect(classify(broken('not-offered', 'mail', 'message-too-big'))).toMatchObject({
      state: 'failed',
      status: '5.3.4',
    });
  });
});

describe('staysHere', () => {
  it.each([
    ['accepted', answer('final', 250), true],
    ['4yz to RCPT', answer('rcpt', 450), true],
    ['5yz to RCPT', answer('rcpt', 550), true],
    ['5yz to MAIL', answer('mail', 550), true],
    ['5yz to DATA', answer('data', 554), true],
    ['unknown', broken('unknown', 'final', 'delivery-unknown'), true],
    ['lost after MAIL', broken('lost', 'data', 'connection-closed'), true],
    ['4yz to MAIL', answer('mail', 450), false],
    ['421 to RCPT', answer('rcpt', 421), false],
    ['lost at MAIL', broken('lost', 'mail', 'connection-closed'), false],
  ] as const)('SC-28, SC-29: %s: stays with this attempt: %s', (_, reply, stays) => {
    expect(staysHere(reply)).toBe(stays);
  });
});

function refusal(host: string, reason: Reason): Extract<Opened, { kind: 'refused' }> {
  const target = { host, address: '192.0.2.1' } as Target;
  return {
    kind: 'refused',
    target,
    reason,
    detail: `about ${host}`,
    phase: 'connect',
    reply: null,
    verdict: null,
  };
}
function refused(reasons: readonly Reason[], plan = hold, unusable: readonly Reason[] = []) {
  return classifyRefusals(recipient, {
    refused: reasons.map((reason, i) => refusal(`mx${i + 1}.b.example`, reason)),
    unusable: unusable.map((reason) => ({ host: 'mx9.b.example', reason, detail: '' })),
    plan,
    now: NOW,
  });
}

describe('classifyRefusals', () => {
  it('Q-26: the reason is that of the best host', () => {
    expect(refused(['certificate-expired', 'connect-timeout'])).toMatchObject({
      state: 'held',
      reason: 'certificate-expired',
      host: 'mx1.b.example',
      status: '4.7.5',
    });
  });

  it('SC-2: a final no is final only when every host says it', () => {
    expect(refused(['smtp-refused', 'smtp-refused'])).toMatchObject({
      state: 'failed',
      reason: 'smtp-refused',
    });
    expect(refused(['smtp-refused', 'connect-timeout'])).toMatchObject({
      state: 'deferred',
      reason: 'connect-timeout',
      host: 'mx2.b.example',
    });
    expect(refused(['smtp-refused'], hold, ['host-unresolved'])).toMatchObject({
      state: 'deferred',
      host: 'mx9.b.example',
    });
  });

  it('FI-16, FI-21: a policy refusal holds', () => {
    expect(refused(['starttls-not-supported'])).toMatchObject({ state: 'held', status: '4.7.4' });
  });

  it('SM-14: with bounce it fails at once with a permanent status, once no host is left that may yet pass', () => {
    expect(refused(['starttls-not-supported'], bounce)).toMatchObject({ state: 'failed', status: '5.7.4' });
    expect(refused(['certificate-expired', 'connect-timeout'], bounce)).toMatchObject({
      state: 'deferred',
      reason: 'connect-timeout',
    });
  });
});

describe('stateOf and statusOf', () => {
  it.each(['policy-lowered', 'policy-contradiction', 'policy-source-unknown'] as const)(
    'Q-12: %s holds mail even where policy failures bounce',
    (reason) => {
      expect(stateOf(reason, bounce)).toBe('held');
      expect(statusOf(reason, bounce)).toBe('4.7.0');
    },
  );

  it('MX-7: nobody is asked and nothing is sent: one outcome for each recipient', () => {
    const outcomes = classifyReason([recipient], {
      reason: 'dns-nxdomain',
      detail: 'd',
      plan: hold,
      now: NOW,
    });
    expect(outcomes).toMatchObject([{ state: 'failed', status: '5.1.2', host: null, detail: 'd' }]);
  });
});
