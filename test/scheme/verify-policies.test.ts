import { describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import type { TableRule } from '../../src/policy/from-table.js';
import type { PolicyRule } from '../../src/policy/rules.js';
import { bits } from '../../src/scheme/bits.js';
import type { ListOrigin } from '../../src/scheme/domain-list-origin.js';
import { type PoliciesToVerify, verifyPolicies } from '../../src/scheme/verify-policies.js';
import { createFakeClock } from '../../src/testing/clock.js';
import { csv } from './lists.js';

const clock = createFakeClock('2026-06-01T00:00:00Z');
const LISTED = ['a.example', 'b.example', 'bücher.example'];

function verify(policies: readonly PolicyRule[], more: Partial<PoliciesToVerify> = {}) {
  return verifyPolicies({
    listed: LISTED,
    host: { default: 'opportunistic', policies },
    clock,
    ...more,
  });
}

const stateOf = (report: Awaited<ReturnType<typeof verify>>): Record<string, string> =>
  Object.fromEntries(
    report.rows.map(({ domain, state, problems }) => [domain, [state, ...problems].join(': ')]),
  );

describe('policies that are verified', () => {
  it('BITS-5.2.6, BITS-A3.3, BITS-5.1.1: every listed domain has class d, locked, TLS 1.2 or later', async () => {
    const report = await verify([bits({ domains: LISTED })]);
    expect(report).toMatchObject({ passed: true, at: clock.now(), changed: null });
    expect(report.rows.map(({ domain, level, state }) => [domain, level, state])).toEqual([
      ['a.example', 'verified', 'covered'],
      ['b.example', 'verified', 'covered'],
      ['xn--bcher-kva.example', 'verified', 'covered'],
    ]);
  });

  it('BITS-5.2.6: one row taken away, and it fails', async () => {
    const report = await verify([bits({ domains: LISTED.slice(1) })]);
    expect(report.passed).toBe(false);
    expect(stateOf(report)).toMatchObject({
      'a.example': 'failed: its class is "opportunistic", expected "verified": it is not locked',
      'b.example': 'covered',
    });
  });

  it('BITS-5.2.6: an empty list proves nothing', async () => {
    expect(await verify([bits({ domains: LISTED })], { listed: [] })).toMatchObject({ passed: false });
  });

  const waive = [{ check: 'name', reason: 'x', approvedBy: 'y', until: '2999-01-01' }] as const;
  const lone = { match: 'a.example', level: 'verified' } as const;
  it.each<[string, TableRule, RegExp]>([
    ['not locked', lone, /^failed: it is not locked$/],
    ['class b', { ...lone, level: 'opportunistic', locked: true }, /its class is "opportunistic"/],
    ['class c', { ...lone, level: 'mandatory', locked: true }, /its class is "mandatory"/],
    ['a waiver', { ...lone, waive }, /waived: name/],
    ['on trial', { ...lone, reportOnly: true }, /on trial/],
    ['a relay', { ...lone, locked: true, route: { type: 'relay', host: 'r.example' } }, /relay/],
  ])('BITS-5.2.6: a rule that does not do: %s', async (_title, rule, problem) => {
    const report = await verify([rule], { listed: ['a.example'] });
    expect(report.passed).toBe(false);
    expect(stateOf(report)['a.example']).toMatch(problem);
  });

  it('BITS-5.2.6: class c does where class c is asked for', async () => {
    const rule = { match: 'a.example', level: 'mandatory', locked: true } as const;
    expect(await verify([rule], { listed: ['a.example'], atLeast: 'mandatory' })).toMatchObject({
      passed: true,
    });
    await expect(verify([rule], { atLeast: 'opportunistic' as never })).rejects.toMatchObject({
      code: 'level-unknown',
    });
  });

  it('BITS-5.2.7: a host that allows old versions to others allows none here', async () => {
    const host = {
      default: 'opportunistic',
      allowLegacyTls: true,
      policies: [bits({ domains: LISTED })],
    } as const;
    expect(await verify([], { host })).toMatchObject({ passed: true });
    const open = await verify([], { host: { ...host, policies: [] }, listed: ['a.example'] });
    expect(stateOf(open)['a.example']).toMatch(/TLSv1 is allowed/);
  });

  it('BITS-5.2.6: two sources that contradict each other let nothing out, and that is told', async () => {
    const policies: readonly PolicyRule[] = [
      bits({ domains: LISTED }),
      { match: 'a.example', level: 'verified', mx: ['mx.a.example'] },
      { name: 'other', find: () => ({ kind: 'asks', ask: { mxAllowed: ['mx.b.example'] }, ref: 'x' }) },
    ];
    expect(stateOf(await verify(policies))['a.example']).toBe(
      'failed: its policies contradict each other in mxAllowed',
    );
  });
});

describe('the digest', () => {
  const whole = [bits({ domains: LISTED })];

  it('BITS-5.2.6: stays while nothing that decides changes, whatever the order of the list', async () => {
    const { digest } = await verify(whole);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    const again = await verify([bits({ domains: LISTED.toReversed() })], {
      listed: LISTED.toReversed(),
      digest,
    });
    expect(again).toMatchObject({ digest, changed: false });
  });

  it.each<[string, Partial<PoliciesToVerify>]>([
    ['a domain more', { listed: [...LISTED, 'c.example'] }],
    ['a domain less', { listed: LISTED.slice(1) }],
    ['another default', { host: { default: 'verified', policies: whole } }],
    [
      'a rule for one of them',
      {
        host: {
          default: 'opportunistic',
          policies: [...whole, { match: 'a.example', mx: ['mx.a.example'] }],
        },
      },
    ],
    [
      'another way',
      {
        host: {
          default: 'opportunistic',
          policies: [...whole, { match: 'a.example', route: { type: 'direct', port: 2525 } }],
        },
      },
    ],
  ])('BITS-5.2.6: changes with %s', async (_title, more) => {
    const { digest } = await verify(whole);
    expect(await verify(whole, { ...more, digest })).toMatchObject({ changed: true });
  });
});

describe('a list that is followed', () => {
  const row = (domain: string, enrolled: string): string => `A;1;${domain};${enrolled};Ja`;
  const origin = (rows: readonly string[], asked: string[]): ListOrigin => ({
    place: 'x',
    fetch(_etag, ctx) {
      asked.push('fetch');
      return Promise.resolve({
        kind: 'content',
        octets: Buffer.from(csv(rows)),
        etag: null,
        asOf: ctx.clock.now(),
      });
    },
  });

  it('BITS-5.2.6: nothing is fetched for it: a list that was not read covers nobody, one that is old still holds', async () => {
    const asked: string[] = [];
    const source = bits({ list: origin([row('a.example', '2024-02-01')], asked) });
    const before = await verify([source], { listed: ['a.example'] });
    expect(stateOf(before)['a.example']).toBe(
      'failed: its class is "opportunistic", expected "verified": it is not locked: bits does not know: no list has been read yet',
    );
    expect(asked).toEqual([]);
    await source.refresh({ ctx: createContext({ clock }) });
    const later = createFakeClock(clock.now() + 30 * 86_400_000);
    expect(await verify([source], { listed: ['a.example'], clock: later })).toMatchObject({ passed: true });
    expect(asked).toEqual(['fetch']);
  });

  it('BITS-P3: a newcomer may wait for three months from its enrolment, and not a day longer', async () => {
    const rows = [row('new.example', '2026-04-01')];
    const source = bits({ list: origin(rows, []), enforceAfterMonths: 3 });
    await source.refresh({ ctx: createContext({ clock }) });
    const entries = (await source.status(createContext({ clock })))?.list.entries ?? [];
    const due = Date.UTC(2026, 6, 1);
    expect(await verify([source], { listed: entries })).toMatchObject({
      passed: true,
      rows: [{ domain: 'new.example', state: 'pending', due }],
    });
    const then = createFakeClock(due);
    expect(await verify([source], { listed: entries, clock: then })).toMatchObject({
      passed: true,
      rows: [{ state: 'covered' }],
    });
    expect(await verify([], { listed: entries, clock: then })).toMatchObject({
      passed: false,
      rows: [{ state: 'failed' }],
    });
  });
});
