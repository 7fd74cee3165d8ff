import { describe, expect, it } from 'vitest';
import { describeReason, reasonKeys } from '../core/reasons.js';
import type { Outcome } from '../deliver/outcome.js';
import type { Plan } from '../policy/plan.js';
import { explainOutcome } from './explain.js';

const NOW = Date.UTC(2026, 10, 22, 9, 12);
const base: Outcome = {
  recipient: 'bo@bank.test',
  state: 'held',
  reason: 'certificate-expired',
  detail: 'CN=mx1.bank.test expired 2026-11-19 23:59 UTC.',
  reply: null,
  host: 'mx1.bank.test',
  address: '192.0.2.10',
  verdict: null,
  status: '4.7.5',
  at: NOW,
  dsnOffered: false,
};
const plan = { level: 'verified', because: [{ source: 'bits', ref: 'row 7', asked: {} }] } as unknown as Plan;

describe('explainOutcome', () => {
  it('FI-10: says what, where, who mends it, what becomes of the mail, and under which policy', () => {
    const text = explainOutcome(base, {
      now: NOW,
      plan,
      id: 's-1.1',
      nextAttempt: NOW + 300_000,
      expiresAt: NOW + 5 * 86_400_000,
    });
    expect(text).toBe(
      [
        'certificate-expired   bo@bank.test via mx1.bank.test [192.0.2.10]   policy: verified, bits (row 7)',
        '  The certificate has expired. CN=mx1.bank.test expired 2026-11-19 23:59 UTC.',
        '  To fix (recipient): Renew the certificate and reload the mail server. The message was not sent, neither encrypted nor in clear.',
        '  Message s-1.1 is held: a policy forbids to send it. Next try 2026-11-22 09:17 UTC. Gives up 2026-11-27 09:12 UTC, then a non-delivery report goes to the sender.',
      ].join('\n'),
    );
  });

  it.each(reasonKeys)('FI-10: %s is explained with its remedy', (reason) => {
    const text = explainOutcome({ ...base, reason, detail: '' }, { now: NOW });
    expect(text).toContain(describeReason(reason).says);
    expect(text).toContain(describeReason(reason).remedy);
  });

  it('AT-50: terminal codes, line ends and direction marks of servers do not reach the screen', () => {
    const evil = '\x1b[2Jok\r\ndelivered \u202egnp';
    const text = explainOutcome(
      {
        ...base,
        recipient: evil,
        detail: evil,
        host: evil,
        address: evil,
        reply: {
          code: 550,
          enhanced: null,
          lines: [evil, ...Array.from({ length: 99 }, () => evil)],
          secure: true,
        },
        verdict: { checks: [{ name: 'name', result: 'fail', want: evil, got: evil }] } as never,
      },
      { now: NOW, id: evil, plan: { level: 'plain', because: [{ source: evil, ref: evil }] } as never },
    );
    // oxlint-disable-next-line no-control-regex
    expect(text.replaceAll('\n  ', '')).not.toMatch(/[\x00-\x1f\x7f\u202e]/);
    expect(text.split('\n')).toHaveLength(6);
    expect(text.length).toBeLessThan(5000);
  });

  it("AT-5: what was read before TLS is marked as nobody's word", () => {
    const reply = { code: 554, enhanced: null, lines: ['go away'], secure: false };
    expect(explainOutcome({ ...base, reply }, { now: NOW })).toMatch(/before encryption began.*554 go away/);
    expect(explainOutcome({ ...base, reply: { ...reply, secure: true } }, { now: NOW })).toMatch(
      /The server said: 554 go away/,
    );
  });

  it.each([
    ['delivered', 'was delivered at 2026-11-22 09:12 UTC'],
    ['failed', 'is not tried again (status 4.7.5)'],
    ['deferred', 'waits: the trouble is temporary'],
    ['unknown', 'may have arrived'],
  ] as const)('Q-15: the fate of a message that is %s', (state, words) => {
    expect(explainOutcome({ ...base, state, reason: null }, { now: NOW })).toContain(words);
  });
});
