import { describe, expect, it } from 'vitest';
import { createContext } from '../core/context.js';
import { createFakeClock } from '../testing/clock.js';
import { legacySuites } from '../tls/suite-profiles.js';
import { createBase } from './base.js';
import { weakerThan, floorOf } from './compare.js';
import { decide } from './decide.js';
import { parseTable, type TableRule } from './from-table.js';
import type { Ask, Plan } from './plan.js';
import type { PolicySource, SourceAnswer } from './source.js';

const NOW = Date.UTC(2026, 5, 1);
interface Given {
  readonly rule?: Omit<TableRule, 'match'>;
  readonly asks?: Ask;
  readonly now?: number;
  readonly base?: Parameters<typeof createBase>[0];
}

function planOf({ rule, asks, now = NOW, base = { default: 'opportunistic' } }: Given): Promise<Plan> {
  const list: PolicySource = {
    name: 'list',
    find: () => (asks === undefined ? { kind: 'none' } : { kind: 'asks', ask: asks, ref: 'row 1' }),
  };
  const from = {
    table: parseTable(rule === undefined ? [] : [{ match: 'a.test', ...rule }]),
    sources: [list],
    base: createBase(base),
  };
  return decide('a.test', from, null, createContext({ clock: createFakeClock(now) }));
}

const waive = [{ check: 'validity', reason: 'r', approvedBy: 'a', until: '2026-06-02' }] as const;

describe('waivers', () => {
  it('hold until their date and never under a lock', async () => {
    const rule = { level: 'verified', waive } as const;
    expect((await planOf({ rule })).waivers).toMatchObject([{ check: 'validity' }]);
    const end = Date.UTC(2026, 5, 2);
    expect((await planOf({ rule, now: end - 1 })).waivers).toHaveLength(1);
    expect((await planOf({ rule, now: end })).waivers).toEqual([]);
    expect((await planOf({ rule, asks: { locked: true } })).waivers).toEqual([]);
  });

  it('SC-51: change the fingerprint, so no session is shared across them', async () => {
    const without = await planOf({ rule: { level: 'verified' } });
    const waived = await planOf({ rule: { level: 'verified', waive } });
    expect(waived.fingerprint).not.toBe(without.fingerprint);
  });
});

describe('effectiveFrom', () => {
  const rule = {
    level: 'verified',
    effectiveFrom: '2026-06-02T06:00:00Z',
    onPolicyFailure: 'bounce',
  } as const;
  const begin = Date.UTC(2026, 5, 2, 6);

  it('FI-23: before it the rule says nothing at all, from it on it holds', async () => {
    expect(await planOf({ rule, now: begin - 1 })).toMatchObject({
      level: 'opportunistic',
      onPolicyFailure: 'hold',
      because: [],
    });
    expect(await planOf({ rule, now: begin })).toMatchObject({
      level: 'verified',
      onPolicyFailure: 'bounce',
    });
  });

  it('FI-23: other sources hold before it', async () => {
    expect(await planOf({ rule, now: begin - 1, asks: { level: 'mandatory' } })).toMatchObject({
      level: 'mandatory',
    });
  });
});

describe('report-only', () => {
  const rule = { level: 'verified', reportOnly: true } as const;

  it('FAQ-14: the others decide, and what the rule asks is beside it', async () => {
    expect(await planOf({ rule, asks: { level: 'mandatory' } })).toMatchObject({
      level: 'mandatory',
      reportOnly: { level: 'verified' },
    });
  });

  it('BITS-5.2.3: a locked domain has no report-only', async () => {
    expect(await planOf({ rule, asks: { level: 'mandatory', locked: true } })).toMatchObject({
      level: 'verified',
      reportOnly: null,
    });
  });

  it('Q-12: switching a rule to report-only while mail waits is a weakening', async () => {
    const before = floorOf(await planOf({ rule: { level: 'verified' } }));
    expect(weakerThan(await planOf({ rule }), before)).toBe('level verified -> opportunistic');
  });
});

describe('old versions', () => {
  const base = { default: 'opportunistic', allowLegacyTls: true } as const;

  it('CV-4: class b alone, where nobody names versions or suites', async () => {
    expect(await planOf({ base })).toMatchObject({ minProtocol: 'TLSv1', ciphers: legacySuites });
    const others: Given[] = [
      { base, asks: { level: 'mandatory' } },
      { base, asks: { level: 'verified' } },
      { base, asks: { minProtocol: 'TLSv1.2' } },
      { base, rule: { level: 'verified' } },
    ];
    for (const given of others) {
      expect(await planOf(given)).toMatchObject({
        minProtocol: 'TLSv1.2',
        ciphers: { minimum: { aead: true } },
      });
    }
  });

  it('CV-4, Q-12: mail that was accepted under newer versions is not sent under old ones', async () => {
    const before = floorOf(await planOf({}));
    expect(weakerThan(await planOf({ base }), before)).toMatch(
      /lowest protocol TLSv1.2 -> TLSv1, weaker suites/,
    );
  });
});

describe('the class of a domain', () => {
  const verified = { default: 'verified' } as const;

  it.each(['plain', 'opportunistic', 'mandatory', 'verified'] as const)(
    'FAQ-8, FAQ-18, FAQ-19: a rule that names the domain decides it, above the default or below: %s',
    async (level) => {
      expect((await planOf({ rule: { level }, base: verified })).level).toBe(level);
      expect((await planOf({ rule: { level }, base: { default: 'plain' } })).level).toBe(level);
    },
  );

  it('FAQ-8: a rule that names no class leaves the default', async () => {
    expect((await planOf({ rule: { minProtocol: 'TLSv1.3' }, base: verified })).level).toBe('verified');
  });

  it('BITS-5.2.3: a scheme raises what the rule says, and does not lower the default', async () => {
    const base = { default: 'opportunistic' } as const;
    expect((await planOf({ rule: { level: 'plain' }, asks: { level: 'verified' }, base })).level).toBe(
      'verified',
    );
    expect((await planOf({ asks: { level: 'plain' }, base: verified })).level).toBe('verified');
  });
});

describe('a plan that was decided before', () => {
  const end = Date.UTC(2026, 5, 2);
  const setUp = () => {
    let answer: SourceAnswer = { kind: 'none' };
    const from = {
      table: parseTable([{ match: 'a.test', level: 'verified', waive }]),
      sources: [{ name: 'list', find: () => answer }],
      base: createBase({ default: 'opportunistic' }),
    };
    const planAt = (now: number, ask: Ask | null = null): Promise<Plan> =>
      decide('a.test', from, ask, createContext({ clock: createFakeClock(now) }));
    return { planAt, say: (next: SourceAnswer) => (answer = next) };
  };

  it('SC-51: is given again while nothing changes', async () => {
    const { planAt } = setUp();
    expect(await planAt(NOW)).toBe(await planAt(NOW + 1000));
  });

  it('Q-12, FI-7: is never given again after a source, the message or the time has changed what holds', async () => {
    const { planAt, say } = setUp();
    const first = await planAt(NOW);
    expect(first).toMatchObject({ minProtocol: 'TLSv1.2', waivers: [{ check: 'validity' }] });
    expect(await planAt(NOW, { minProtocol: 'TLSv1.3' })).toMatchObject({ minProtocol: 'TLSv1.3' });
    say({ kind: 'asks', ask: { locked: true }, ref: 'row 1' });
    expect(await planAt(NOW)).toMatchObject({ minProtocol: 'TLSv1.2', locked: true, waivers: [] });
    say({ kind: 'unknown', cause: 'unreadable' });
    expect((await planAt(NOW)).unknown).toEqual([{ source: 'list', cause: 'unreadable' }]);
    say({ kind: 'none' });
    expect((await planAt(end)).waivers).toEqual([]);
    expect(await planAt(NOW)).toEqual(first);
  });
});
