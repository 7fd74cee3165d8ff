import { describe, expect, it } from 'vitest';
import { createContext } from '../core/context.js';
import { createBase } from '../policy/base.js';
import { decide } from '../policy/decide.js';
import { parseTable, type TableRule } from '../policy/from-table.js';
import { asksOfMessage, refuseLowering } from '../policy/from-message.js';
import type { Ask, Level, Plan } from '../policy/plan.js';
import type { PolicySource } from '../policy/source.js';
import { findSuite, gradeSuite } from '../tls/suites.js';
import {
  bits,
  finansinspektionen,
  isSecureMailDomain,
  policyClasses,
  securemail,
  secureMailRule,
} from './index.js';

const NOW = Date.parse('2026-06-01T00:00:00Z');

function planOf(
  domain: string,
  from: { rules?: TableRule[]; sources?: PolicySource[]; default?: Level; ask?: Ask | null; now?: number },
): Promise<Plan> {
  const ctx = { ...createContext(), clock: { now: () => from.now ?? NOW, after: () => () => undefined } };
  const base = createBase({ default: from.default ?? 'opportunistic' });
  return decide(
    domain,
    { table: parseTable(from.rules ?? []), sources: from.sources ?? [], base },
    from.ask ?? null,
    ctx,
  );
}

const grade = (name: string, plan: Plan): string => gradeSuite(findSuite(name), plan.ciphers);

describe('Finansinspektionen', () => {
  it('FI-2, FI-3, FI-5, FI-6, FI-20, FI-21: pinned gateways, issuer, CN, verified, five days', async () => {
    expect(await planOf('fi.se', { sources: [finansinspektionen()] })).toMatchObject({
      level: 'verified',
      mxAllowed: ['post.fi.se', 'post2.fi.se'],
      name: { mode: 'san-and-cn', reference: 'mx' },
      trust: { issuer: ['DigiCert'] },
      holdForMs: 5 * 86_400_000,
      onPolicyFailure: 'hold',
    });
  });

  it.each([
    ['FI-11: AES128-SHA is the minimum', 'AES128-SHA', 'below-recommended'],
    ['FI-12: AES256-SHA256 reaches the recommendation', 'AES256-SHA256', 'ok'],
    ['FI-11: 3DES is below the minimum', 'DES-CBC3-SHA', 'below-minimum'],
    ['FI-13: NULL-SHA', 'TLS_RSA_WITH_NULL_SHA', 'forbidden'],
    ['FI-13: NULL-MD5', 'TLS_RSA_WITH_NULL_MD5', 'forbidden'],
    ['FI-13: export RC4', 'TLS_RSA_EXPORT_WITH_RC4_40_MD5', 'forbidden'],
  ])('%s', async (_title, suite, expected) => {
    expect(grade(suite, await planOf('fi.se', { sources: [finansinspektionen()] }))).toBe(expected);
  });

  it('FI-7: a message cannot lower the class', async () => {
    const plan = await planOf('fi.se', { sources: [finansinspektionen()], ask: { level: 'plain' } });
    expect(plan.level).toBe('verified');
    expect(() => refuseLowering({ level: 'plain' }, [plan])).toThrowError(
      expect.objectContaining({ code: 'policy-lowered' }),
    );
  });

  it('FI-23: a rule says nothing before its date and holds from it on', async () => {
    const rules = [{ match: 'new.test', level: 'verified' as const, effectiveFrom: '2026-06-02' }];
    expect((await planOf('new.test', { rules })).level).toBe('opportunistic');
    expect((await planOf('new.test', { rules, now: NOW + 86_400_000 })).level).toBe('verified');
  });
});

describe('Bits', () => {
  const source = bits({ domains: ['bank.example', 'bücher.example'] });

  it.each(['bank.example', 'xn--bcher-kva.example'])(
    'BITS-5.2.2, BITS-5.2.7: %s is verified and locked',
    async (domain) => {
      expect(await planOf(domain, { sources: [source], default: 'plain' })).toMatchObject({
        level: 'verified',
        minProtocol: 'TLSv1.2',
        locked: true,
      });
    },
  );

  it('BITS-5.2.3: no waiver, report-only, rule or message lowers a listed domain', async () => {
    const waive = [{ check: 'chain' as const, reason: 'x', approvedBy: 'y', until: '2999-01-01' }];
    const rules: TableRule[] = [{ match: 'bank.example', level: 'plain', waive, reportOnly: true }];
    const plan = await planOf('bank.example', {
      sources: [source],
      rules,
      ask: asksOfMessage({ minLevel: 'plain' }),
    });
    expect(plan).toMatchObject({ level: 'verified', waivers: [], reportOnly: null });
  });
});

describe('SecureMail', () => {
  it('SM-13: the left-most label decides', () => {
    expect(isSecureMailDomain('securemail.example.test')).toBe(true);
    expect(isSecureMailDomain('securemailx.example.test')).toBe(false);
    expect(isSecureMailDomain('mail.securemail.test')).toBe(false);
  });

  it('SM-7, SM-15: ephemeral Diffie-Hellman and AES-256', async () => {
    const plan = await planOf('securemail.example.test', { sources: [securemail()] });
    expect(plan.name.reference).toBe('nexthop');
    const grades = [
      'ECDHE-RSA-AES256-SHA',
      'AES256-SHA256',
      'ECDHE-RSA-AES128-GCM-SHA256',
      'TLS_CHACHA20_POLY1305_SHA256',
    ];
    expect(grades.map((suite) => grade(suite, plan))).toEqual([
      'ok',
      'no-forward-secrecy',
      'below-minimum',
      'below-minimum',
    ]);
  });

  it('SM-14, SM-16: returned to the sender, straight to the host of the domain', async () => {
    const rule = secureMailRule('securemail.example.test');
    expect(rule.route).toEqual({ type: 'direct' });
    expect(await planOf('securemail.example.test', { rules: [rule] })).toMatchObject({
      onPolicyFailure: 'bounce',
    });
  });
});

describe('policies of the host', () => {
  it('FAQ-18, FAQ-19, FAQ-20, FAQ-21, FAQ-22: the four classes', () => {
    expect(policyClasses.map((each) => [each.letter, each.level, each.clearText])).toEqual([
      ['a', 'plain', 'always'],
      ['b', 'opportunistic', 'if TLS cannot be had'],
      ['c', 'mandatory', 'never'],
      ['d', 'verified', 'never'],
    ]);
  });

  it('FAQ-8, AT-39: the most specific rule wins, in every form of the name', async () => {
    const rules: TableRule[] = [
      { match: '*.Example.TEST', level: 'mandatory' },
      { match: '*.deep.example.test.', level: 'verified' },
      { match: 'plain.deep.example.test', level: 'plain' },
    ];
    const levels = ['example.test', 'a.example.test', 'a.deep.example.test', 'plain.deep.example.test'].map(
      async (domain) => (await planOf(domain, { rules, default: 'plain' })).level,
    );
    expect(await Promise.all(levels)).toEqual(['plain', 'mandatory', 'verified', 'plain']);
  });

  it('FAQ-7: a message can raise the class', async () => {
    const ask = asksOfMessage({ minLevel: 'verified' });
    expect((await planOf('any.test', { ask })).level).toBe('verified');
  });

  it('AT-54: a source that fails or does not know lets nothing out', async () => {
    const broken: PolicySource = { name: 'list', find: () => Promise.reject(new Error('gone')) };
    expect((await planOf('any.test', { sources: [broken] })).unknown).toEqual([
      { source: 'list', cause: 'gone' },
    ]);
  });

  it('AT-54: the default class has to be chosen', () => {
    expect(() => createBase({} as never)).toThrowError(expect.objectContaining({ code: 'default-missing' }));
  });

  it.each([
    ['an unknown key', { match: 'a.test', levle: 'verified' }, /did you mean "level"/],
    [
      'a name under class b',
      { match: 'a.test', level: 'opportunistic', verifyAs: 'mx.a.test' },
      /only looked at/,
    ],
    [
      'a locked rule with a waiver',
      { match: 'a.test', locked: true, waive: [{ check: 'name' }] },
      /cannot be waived/,
    ],
    [
      'a waiver without a reason',
      { match: 'a.test', waive: [{ check: 'name', until: '2027-01-01' }] },
      /required/,
    ],
    ['a bad date', { match: 'a.test', effectiveFrom: 'soon' }, /ISO date/],
    ['a bad pin', { match: 'a.test', pins: ['sha256/x'] }, /spki-sha256/],
  ])('refuses %s when it is written', (_title, rule, text) => {
    expect(() => parseTable([rule as unknown as TableRule])).toThrow(text);
  });

  it('FI-21: a hold outside five to seven days is warned about', async () => {
    expect((await planOf('a.test', { rules: [{ match: 'a.test', holdFor: '2d' }] })).warnings).toHaveLength(
      1,
    );
    expect((await planOf('a.test', { rules: [{ match: 'a.test', holdFor: '6d' }] })).warnings).toEqual([]);
  });
});
