import { beforeAll, describe, expect, it } from 'vitest';
import { bits } from '../../src/scheme/bits.js';
import { bitsChecklist, type BitsStanding, writeBitsChecklist } from '../../src/scheme/bits-checklist.js';
import { type PolicyReport, verifyPolicies } from '../../src/scheme/verify-policies.js';
import { createFakeClock } from '../../src/testing/clock.js';

const DAY = 86_400_000;
const AT = Date.UTC(2026, 8, 1);
const ENTRIES = [{ domain: 'a.example' }, { domain: 'b.example' }];
const clock = createFakeClock(AT);

let standing: BitsStanding;
let weak: PolicyReport;
beforeAll(async () => {
  const listed = ENTRIES;
  const policies = [bits({ domains: ['a.example', 'b.example'] })];
  const outgoing = await verifyPolicies({ listed, host: { default: 'opportunistic', policies }, clock });
  weak = await verifyPolicies({ listed, host: { default: 'opportunistic' }, clock });
  standing = {
    at: AT,
    enrolled: '2026-03-15',
    rejectsPlaintext: true,
    list: { asOf: AT - 10 * DAY, list: { entries: ENTRIES } },
    outgoing,
    incoming: outgoing,
    ownDomains: [
      { domain: 'own.example', at: AT - DAY, reason: null, hosts: [{ verdict: { encrypted: true } }] },
    ],
    selfTest: { at: AT - DAY, passed: true, digest: outgoing.digest },
    people: { sent: '2026-03-01', confirmed: '2026-03-15', routine: '2026-03-20' },
    schemeContact: 'tls@bits.no',
  };
});

const stateOf = (step: string, changes: Partial<BitsStanding>): string =>
  bitsChecklist({ ...standing, ...changes }).items.find((item) => item.step === step)?.state ?? 'none';
const listOf = (days: number): Partial<BitsStanding> => ({
  list: { asOf: AT - days * DAY, list: { entries: ENTRIES } },
});
/** The report, made that many days ago. */
const old = (days: number): PolicyReport => ({ ...(standing.outgoing as PolicyReport), at: AT - days * DAY });

describe('the checklist of appendix 3', () => {
  it('BITS-A3.1, BITS-A3.2, BITS-A3.3, BITS-A3.4, BITS-A3.8, BITS-A3.9, BITS-A3.10: all done', () => {
    const { items, ready, passed, contact } = bitsChecklist(standing);
    expect(items.map(({ step, state }) => [step, state])).toEqual(
      ['A3.1', 'A3.2', 'A3.3', 'A3.4', '5.2.6', 'A3.5', 'A3.6', 'A3.7', 'A3.8', 'A3.9', 'A3.10'].map(
        (step) => [step, 'done'],
      ),
    );
    expect({ ready, passed, contact }).toEqual({ ready: true, passed: true, contact: 'tls@bits.no' });
  });

  it('BITS-A3.1, BITS-A3.4: the own domains are tried, each host of them, within the quarter', () => {
    const own = (reason: string | null, encrypted: boolean | null, days = 1) => ({
      ownDomains: [
        ...standing.ownDomains,
        {
          domain: 'x.example',
          at: AT - days * DAY,
          reason,
          hosts: [{ verdict: encrypted === null ? null : { encrypted } }],
        },
      ],
    });
    expect(stateOf('A3.1', { ownDomains: [] })).toBe('open');
    expect(stateOf('A3.1', own('certificate-expired', true))).toBe('failed');
    expect(stateOf('A3.4', own('certificate-expired', true))).toBe('done');
    expect(stateOf('A3.4', own(null, false))).toBe('failed');
    expect(stateOf('A3.4', own('starttls-not-supported', null))).toBe('failed');
    expect(stateOf('A3.1', own(null, true, 91))).toBe('done');
    expect(stateOf('A3.1', own(null, true, 92))).toBe('open');
    const unreachable = { ownDomains: [{ domain: 'x.example', at: AT, reason: null, hosts: [] }] };
    expect(stateOf('A3.1', unreachable)).toBe('failed');
    expect(stateOf('A3.4', unreachable)).toBe('failed');
  });

  it('BITS-A3.2, BITS-5.3.1, BITS-A3.10: the list is fresh for 74 days, asks to be looked at until the 91st, is overdue then', () => {
    expect(stateOf('A3.2', { list: null })).toBe('open');
    for (const [days, state] of [
      [74, 'done'],
      [75, 'soon'],
      [91, 'soon'],
      [92, 'overdue'],
    ] as const) {
      expect(stateOf('A3.2', listOf(days))).toBe(state);
      expect(stateOf('A3.10', listOf(days))).toBe(state);
    }
    expect(bitsChecklist({ ...standing, ...listOf(92) }).passed).toBe(false);
  });

  it('BITS-A3.3, BITS-5.2.6: policies that do not cover somebody fail; a report on another list does not count', () => {
    expect(stateOf('A3.3', { outgoing: null })).toBe('open');
    expect(stateOf('A3.3', { outgoing: weak })).toBe('failed');
    expect(bitsChecklist({ ...standing, outgoing: weak })).toMatchObject({ ready: false, passed: false });
    const entries = [...ENTRIES, { domain: 'new.example' }];
    expect(stateOf('A3.3', { list: { asOf: AT, list: { entries } } })).toBe('open');
    const [row, ...rows] = standing.outgoing?.rows ?? [];
    const due = AT + 5 * DAY;
    const outgoing = { ...old(0), rows: [{ ...row, state: 'pending', due }, ...rows] } as PolicyReport;
    const found = bitsChecklist({ ...standing, outgoing }).items.find(({ step }) => step === 'A3.3');
    expect(found).toMatchObject({ state: 'soon', due });
    const late = bitsChecklist({ ...standing, at: due, outgoing }).items.find(({ step }) => step === 'A3.3');
    expect(late?.state).toBe('overdue');
  });

  it('BITS-5.2.6: the self-test is that of this configuration, and passed', () => {
    const done = standing.selfTest as NonNullable<BitsStanding['selfTest']>;
    expect(stateOf('5.2.6', { selfTest: null })).toBe('open');
    expect(stateOf('5.2.6', { selfTest: { ...done, passed: false } })).toBe('failed');
    expect(stateOf('5.2.6', { selfTest: { ...done, digest: weak.digest } })).toBe('open');
    expect(stateOf('5.2.6', { outgoing: null })).toBe('open');
  });

  it('BITS-P3, BITS-A3.8: three months after enrolment the list is fetched again', () => {
    expect(stateOf('A3.8', { enrolled: null })).toBe('later');
    // Enrolled on 2026-06-02: due on 2026-09-02.
    expect(stateOf('A3.8', { enrolled: '2026-06-02' })).toBe('later');
    expect(stateOf('A3.8', { enrolled: '2026-06-01' })).toBe('overdue');
    expect(stateOf('A3.8', { enrolled: '2026-06-01', ...listOf(0) })).toBe('done');
  });

  it('BITS-A3.9, BITS-5.2.4: from then on incoming mail of everybody is forced, where 5.2.4 is supported', () => {
    const none = { incoming: null } as const;
    expect(stateOf('A3.9', { ...none, rejectsPlaintext: false })).toBe('not-asked');
    expect(stateOf('A3.9', { ...none, enrolled: null })).toBe('later');
    expect(stateOf('A3.9', { ...none, enrolled: '2026-06-02' })).toBe('later');
    expect(stateOf('A3.9', { ...none, enrolled: '2026-06-01' })).toBe('overdue');
    expect(stateOf('A3.9', { incoming: weak })).toBe('failed');
  });

  it('BITS-A3.10: each quarter the configuration is verified as well', () => {
    expect(stateOf('A3.10', { enrolled: null })).toBe('later');
    expect(stateOf('A3.10', { outgoing: old(91) })).toBe('done');
    expect(stateOf('A3.10', { outgoing: old(92) })).toBe('overdue');
    expect(stateOf('A3.10', { outgoing: null })).toBe('overdue');
    const found = bitsChecklist({ ...standing, outgoing: old(20) }).items.find(
      ({ step }) => step === 'A3.10',
    );
    expect(found?.due).toBe(AT + 72 * DAY);
  });

  it('what only people can do is said to be theirs until they say that it is done', () => {
    const { items } = bitsChecklist({ ...standing, enrolled: null, people: {} });
    const theirs = items.filter(({ state }) => state === 'people').map(({ step }) => step);
    expect(theirs).toEqual(['A3.5', 'A3.6', 'A3.7']);
  });
});

describe('the checklist on paper', () => {
  it('BITS-A3.E: text says what is in order, what is not, and whom to write to', () => {
    const text = writeBitsChecklist(bitsChecklist({ ...standing, selfTest: null, incoming: weak }), 'text');
    expect(text).toMatch(/^Forced TLS, 2026-09-01: not in order\n\nBefore enrolment:\n {2}A3\.1 /);
    expect(text).toContain(
      '  5.2.6 the configuration was tested after its last change: open (no self-test was made)\n',
    );
    expect(text).toContain(
      'A3.9 incoming mail of everybody on the list is forced: failed (a.example: its class is',
    );
    expect(text).toMatch(/When mail to a participant fails:\n {2}Write to tls@bits\.no\n$/);
  });

  it('BITS-A3.10: Markdown, HTML and JSON', () => {
    const checklist = bitsChecklist(standing);
    expect(writeBitsChecklist(checklist, 'markdown')).toContain(
      '| A3.10 list and configuration are checked | done ',
    );
    expect(writeBitsChecklist(checklist, 'html')).toMatch(
      /^<section>\n<h1>Forced TLS, 2026-09-01: in order</,
    );
    expect(JSON.parse(writeBitsChecklist(checklist, 'json'))).toEqual(checklist);
    expect(() => writeBitsChecklist(checklist, 'pdf' as never)).toThrowError(
      expect.objectContaining({ code: 'option-unknown' }),
    );
  });
});
