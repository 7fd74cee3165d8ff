/**
 * The promise of the merge, on random asks: one more ask, one more source that does not know, never lowers a field.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bcp195Suites, finansinspektionenSuites, secureMailSuites } from '../tls/suite-profiles.js';
import { createBase } from './base.js';
import { isAtLeast, loweredFields } from './compare.js';
import { mergePlan } from './merge.js';
import type { Ask, Because } from './plan.js';

const names = fc.uniqueArray(fc.constantFrom('a.test', 'b.test', 'c.test'), { minLength: 1 });
const ask: fc.Arbitrary<Ask> = fc.record(
  {
    level: fc.constantFrom('plain', 'opportunistic', 'mandatory', 'verified'),
    minProtocol: fc.constantFrom('TLSv1.2', 'TLSv1.3'),
    mxAllowed: names,
    nameMode: fc.constantFrom('san', 'san-and-cn'),
    nameReference: fc.constantFrom('mx', 'nexthop'),
    issuer: names,
    pins: names,
    includeAnchors: names,
    excludeAnchors: names,
    ciphers: fc.constantFrom(bcp195Suites, finansinspektionenSuites, secureMailSuites),
    minRsaBits: fc.constantFrom(2048, 3072),
    minEcBits: fc.constantFrom(256, 384),
    requireMxAuth: fc.boolean(),
    locked: fc.boolean(),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Ask>;
const base = createBase({ default: 'opportunistic' });
const because = (asked: Ask, source: string): Because => ({ source, asked, ref: '' });
const merge = (asks: readonly Ask[], unknown: { source: string; cause: string }[] = []) =>
  mergePlan({ domain: 'd.test', because: asks.map((each, i) => because(each, `s${i}`)), unknown, base });

describe('the merge', () => {
  it('ARCHITECTURE "The merge": one more ask never lowers a field', () => {
    fc.assert(
      fc.property(fc.array(ask, { maxLength: 4 }), ask, (asks, more) => {
        // Suites: where nobody names any, BCP 195 holds; a first ask replaces it and may be lower by design (FI-11).
        const named = asks.some((each) => each.ciphers !== undefined);
        const before = merge(asks);
        const lowered = loweredFields(merge([...asks, more]), before).filter(
          (field) => named || field !== 'ciphers',
        );
        expect(lowered).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('AT-54: a source that does not know never lowers a field', () => {
    fc.assert(
      fc.property(fc.array(ask, { maxLength: 4 }), (asks) => {
        expect(isAtLeast(merge(asks, [{ source: 'x', cause: 'y' }]), merge(asks))).toBe(true);
      }),
    );
  });

  it('ARCHITECTURE "The merge": an empty intersection names both sources', () => {
    expect(merge([{ mxAllowed: ['a.test'] }, { mxAllowed: ['b.test'] }]).contradictions).toEqual([
      { field: 'mxAllowed', sources: ['s0', 's1'] },
    ]);
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
