/**
 * The promise of the merge, on random asks: one more ask, one more source that does not know, never lowers a field.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bcp195Suites,
  finansinspektionenSuites,
  secureMailNextSuites,
  secureMailSuites,
} from '../tls/suite-profiles.js';
import { gradeSuite, type SuiteRules, suites } from '../tls/suites.js';
import { bundledRoots } from '../x509/roots.js';
import { createTrustStore } from '../x509/trust-store.js';
import { createBase, type PlanBase } from './base.js';
import { isAtLeast, loweredFields } from './compare.js';
import { fingerprintPlan } from './fingerprint.js';
import { mergePlan } from './merge.js';
import type { Ask, Because, Plan } from './plan.js';
import { mergeSuiteRules, suiteRulesAtLeast } from './suite-rules.js';

const stores = [0, 1, 2].map((first) =>
  createTrustStore(`roots ${first}`, bundledRoots().anchors.slice(first, first + 2)),
);
const names = fc.uniqueArray(fc.constantFrom('a.test', 'b.test', 'c.test'), { minLength: 1 });
const suiteProfiles = [bcp195Suites, finansinspektionenSuites, secureMailSuites, secureMailNextSuites];
const ask: fc.Arbitrary<Ask> = fc.record(
  {
    level: fc.constantFrom('plain', 'opportunistic', 'mandatory', 'verified'),
    minProtocol: fc.constantFrom('TLSv1.2', 'TLSv1.3'),
    mxAllowed: names,
    nameMode: fc.constantFrom('san-or-cn', 'san', 'san-and-cn'),
    nameReference: fc.constantFrom('mx', 'nexthop', 'names'),
    acceptedNames: names,
    store: fc.constantFrom(...stores),
    issuer: names,
    pins: names,
    includeAnchors: names,
    excludeAnchors: names,
    ciphers: fc.constantFrom(...suiteProfiles),
    minRsaBits: fc.constantFrom(2048, 3072),
    minEcBits: fc.constantFrom(256, 384),
    requireMxAuth: fc.boolean(),
    mustStaple: fc.boolean(),
    locked: fc.boolean(),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Ask>;
const base = createBase({ default: 'opportunistic' });
const because = (asked: Ask, source: string): Because => ({ source, asked, ref: '' });
const merge = (asks: readonly Ask[], unknown: { source: string; cause: string }[] = [], from = base) =>
  mergePlan({
    domain: 'd.test',
    because: asks.map((each, i) => because(each, `s${i}`)),
    unknown,
    base: from,
  });

describe('the merge', () => {
  // What nobody asks for is as the host's base says; a first ask replaces it and may be lower by design (FI-11, CI-13).
  const replaceable = new Set<string>(['ciphers', 'nameMode', 'store']);

  it('ARCHITECTURE "The merge": one more ask never lowers a field', () => {
    fc.assert(
      fc.property(fc.array(ask, { maxLength: 4 }), ask, fc.boolean(), (asks, more, old) => {
        const from = old ? createBase({ default: 'opportunistic', allowLegacyTls: true }) : base;
        const asked = (field: string): boolean =>
          !replaceable.has(field) || asks.some((each) => each[field as keyof Ask] !== undefined);
        const lowered = loweredFields(merge([...asks, more], [], from), merge(asks, [], from));
        expect(lowered.filter(asked)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it('ARCHITECTURE "The merge": the order of the sources changes nothing that decides', () => {
    fc.assert(
      fc.property(fc.array(ask, { maxLength: 4 }), (asks) => {
        const there = merge(asks);
        const back = merge(asks.toReversed());
        expect(isAtLeast(there, back) && isAtLeast(back, there)).toBe(true);
      }),
    );
  });

  it('ARCHITECTURE "The merge": every field that several ask for is the strictest of them', () => {
    const one: Ask = {
      level: 'verified',
      minProtocol: 'TLSv1.3',
      mxAllowed: ['a.test', 'b.test'],
      nameMode: 'san-and-cn',
      nameReference: 'names',
      acceptedNames: ['a.test', 'b.test'],
      includeAnchors: ['1', '2'],
      excludeAnchors: ['8'],
      issuer: ['1', '2'],
      pins: ['1', '2'],
      minRsaBits: 4096,
      minEcBits: 384,
      mustStaple: true,
      locked: true,
      ciphers: bcp195Suites,
      ...(stores[0] === undefined ? {} : { store: stores[0] }),
    };
    const other: Ask = {
      level: 'mandatory',
      minProtocol: 'TLSv1.2',
      mxAllowed: ['b.test', 'c.test'],
      nameMode: 'san',
      nameReference: 'mx',
      acceptedNames: ['b.test'],
      includeAnchors: ['2'],
      excludeAnchors: ['9'],
      issuer: ['2', '3'],
      pins: ['2'],
      minRsaBits: 2048,
      minEcBits: 256,
      locked: false,
      ciphers: secureMailSuites,
      ...(stores[1] === undefined ? {} : { store: stores[1] }),
    };
    for (const plan of [merge([one, other]), merge([other, one])]) {
      expect(plan).toMatchObject({
        level: 'verified',
        minProtocol: 'TLSv1.3',
        mxAllowed: ['b.test'],
        requireMxAuth: true,
        name: { mode: 'san-and-cn', reference: 'names', accepted: ['b.test'] },
        trust: { include: ['2'], exclude: ['8', '9'], issuer: ['2'], pins: ['2'], mustStaple: true },
        keys: { minRsaBits: 4096, minEcBits: 384 },
        locked: true,
        contradictions: [],
      });
      expect(plan.ciphers.minimum).toEqual({
        keyExchange: 'ecdhe',
        aead: true,
        bits: 256,
        hash: 'sha256',
        encryption: 'aes',
      });
      expect(plan.trust.store?.anchors).toEqual([bundledRoots().anchors[1]]);
    }
  });

  it('MX-20: proof of the mail server’s name is asked for when one asks for it', () => {
    expect(merge([{}, { requireMxAuth: true }]).requireMxAuth).toBe(true);
    expect(merge([{ requireMxAuth: false }]).requireMxAuth).toBe(false);
  });

  it('CV-20, CV-21: suites of several profiles: what one refuses, both refuse', () => {
    const pair = fc.tuple(fc.constantFrom(...suiteProfiles), fc.constantFrom(...suiteProfiles));
    fc.assert(
      fc.property(
        pair,
        fc.constantFrom(...suites),
        fc.constantFrom(...suites),
        ([first, b], suite, named) => {
          const a = { ...first, forbidden: [...first.forbidden, named.standardName] };
          const both = mergeSuiteRules(a, b);
          expect(suiteRulesAtLeast(both, a) && suiteRulesAtLeast(both, b)).toBe(true);
          const goes = (rules: SuiteRules): boolean =>
            ['ok', 'below-recommended'].includes(gradeSuite(suite, rules));
          expect(goes(both)).toBe(goes(a) && goes(b));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('AT-54: a source that does not know never lowers a field', () => {
    fc.assert(
      fc.property(fc.array(ask, { maxLength: 4 }), (asks) => {
        const unknown = [{ source: 'x', cause: 'y' }];
        const plan = merge(asks, unknown);
        expect(plan.unknown).toEqual(unknown);
        expect(isAtLeast(plan, merge(asks))).toBe(true);
      }),
    );
  });

  it('ARCHITECTURE "The merge": an empty intersection names both sources', () => {
    expect(merge([{ mxAllowed: ['a.test'] }, { mxAllowed: ['b.test'] }]).contradictions).toEqual([
      { field: 'mxAllowed', sources: ['s0', 's1'] },
    ]);
    const [a, , c] = stores;
    expect(merge([{ store: a }, {}, { store: c }] as Ask[]).contradictions).toEqual([
      { field: 'store', sources: ['s0', 's2'] },
    ]);
  });

  it('SC-51: domains of which nobody asks anything differ by name alone, and in the hash where the name is verified', () => {
    const plain = createBase({ default: 'verified', trust: bundledRoots() });
    const nextHop = { ...plain, nameReference: 'nexthop' } as const;
    const planOf = (domain: string, base: PlanBase): Plan =>
      mergePlan({ domain, because: [], unknown: [], base });
    const [a, b] = [planOf('a.test', plain), planOf('b.test', plain)];
    expect(b).toEqual({ ...a, domain: 'b.test' });
    const [c, d] = [planOf('a.test', nextHop), planOf('b.test', nextHop)];
    expect(new Set([a, c, d].map(({ fingerprint }) => fingerprint)).size).toBe(3);
    expect(planOf('a.test', nextHop)).toEqual(c);
    expect(c.fingerprint).toBe(fingerprintPlan(c));
  });

  it('SC-51: the fingerprint changes with every field that decides, and with nothing else', () => {
    const of = (asked: Ask): string => merge([asked]).fingerprint;
    expect(of({})).toBe(merge([]).fingerprint);
    const changed: Ask[] = [
      { level: 'verified' },
      { minProtocol: 'TLSv1.3' },
      { mxAllowed: ['a.test'] },
      { nameMode: 'san-and-cn' },
      { issuer: ['x'] },
      { pins: ['x'] },
      { excludeAnchors: ['x'] },
      { minRsaBits: 4096 },
      { requireMxAuth: true },
      { locked: true },
      { ciphers: finansinspektionenSuites },
    ];
    expect(new Set(changed.map(of)).size).toBe(changed.length);
  });
});
