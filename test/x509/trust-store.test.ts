/**
 * Lists of roots: where they come from, how two become one, and what is said of an old one or of a clock that is wrong.
 */
import tls from 'node:tls';
import { describe, expect, it } from 'vitest';
import { onEvent } from '../../src/core/channels.js';
import { createEngine } from '../../src/engine.js';
import { explainPlan } from '../../src/policy/explain.js';
import { createAuthority } from '../../src/testing/authority.js';
import { createFakeClock } from '../../src/testing/clock.js';
import {
  bundledRoots,
  createTrustStore,
  intersectStores,
  pemStore,
  type TrustAnchor,
  warnOfList,
} from '../../src/x509/index.js';
import { factsOf } from './certdata-text.js';
import { planOf } from './evidence.js';

const DAY = 86_400_000;
const MADE = Date.UTC(2026, 0, 1);
const authority = await createAuthority({ clock: createFakeClock(MADE) });
const anchor = (distrustAfter: number | null = null): TrustAnchor => ({
  certificate: factsOf(authority.root),
  distrustAfter,
});
const second: TrustAnchor = { certificate: factsOf(authority.distrusted), distrustAfter: null };

describe('where roots come from', () => {
  it('CI-2: those bundled with Node, each once, and nothing that the environment adds', () => {
    process.env['NODE_EXTRA_CA_CERTS'] = '/nowhere.pem';
    const store = bundledRoots();
    delete process.env['NODE_EXTRA_CA_CERTS'];
    expect(store.anchors).toHaveLength(tls.rootCertificates.length);
    expect(store.name).toContain(process.versions.node);
    expect(store.date).toBeNull();
  });

  it('CI-2: PEM, in one text or several, with a date where the host knows it', () => {
    const one = pemStore(authority.trust + authority.distrusted.certificate, 'ours', MADE);
    const two = pemStore([authority.trust, authority.distrusted.certificate]);
    expect(one.id).toBe(two.id);
    expect([one.name, one.date, two.name, two.date]).toEqual(['ours', MADE, 'pem', null]);
    expect(() => pemStore('no certificate')).toThrow(
      expect.objectContaining({ code: 'certificate-unreadable' }),
    );
  });
});

describe('two lists', () => {
  it('CI-2, CI-3: only what is in both counts, what either distrusts is distrusted, the earlier dates hold', () => {
    const a = createTrustStore('a', [anchor(5), second], { date: 9, distrusted: ['x'] });
    const b = createTrustStore('b', [anchor(3)], { date: 7, distrusted: ['y'] });
    for (const both of [intersectStores(a, b), intersectStores(b, a)]) {
      expect(both.anchors.map((each) => each.distrustAfter)).toEqual([3]);
      expect([...both.distrusted].toSorted()).toEqual(['x', 'y']);
      expect(both.date).toBe(7);
    }
    const undated = createTrustStore('c', [anchor()]);
    expect(intersectStores(a, undated).date).toBe(9);
    expect(intersectStores(a, undated).anchors[0]?.distrustAfter).toBe(5);
  });

  it('CI-2: the id is that of what counts: roots, dates of distrust, distrust; not of name, date or order', () => {
    const { id } = createTrustStore('a', [anchor(), second]);
    expect(createTrustStore('b', [second, anchor(), second], { date: MADE }).id).toBe(id);
    expect(createTrustStore('a', [anchor(1), second]).id).not.toBe(id);
    expect(createTrustStore('a', [anchor()]).id).not.toBe(id);
    expect(createTrustStore('a', [anchor(), second], { distrusted: ['x'] }).id).not.toBe(id);
  });
});

describe('the age of a list', () => {
  const dated = createTrustStore('ours', [anchor()], { date: MADE });

  it('AT-53: a list of more than 180 days is called old, one of 180 days is not', () => {
    expect(warnOfList(dated, MADE + 181 * DAY - 1)).toEqual([]);
    expect(warnOfList(dated, MADE + 181 * DAY)).toEqual([expect.stringContaining('ours is 181 days old')]);
    expect(warnOfList(createTrustStore('undated', [anchor()]), MADE + 9999 * DAY)).toEqual([]);
  });

  it('AT-53: a clock before the date of the list, or before one of its roots began, is wrong', () => {
    expect(warnOfList(dated, MADE - 1)).toEqual([expect.stringContaining('check the clock')]);
    const undated = createTrustStore('undated', [anchor()]);
    const { notBefore } = factsOf(authority.root);
    expect(warnOfList(undated, notBefore - 1)).toEqual([expect.stringContaining('check the clock')]);
    expect(warnOfList(undated, notBefore)).toEqual([]);
  });

  it('AT-53: the plan of a domain carries the warning, and so does what is explained of it; the fingerprint does not', async () => {
    const old = await planOf(dated, {}, MADE + 200 * DAY);
    const young = await planOf(dated, {}, MADE + 2 * DAY);
    expect(old.warnings).toEqual([expect.stringContaining('200 days old')]);
    expect(explainPlan(old)).toContain('200 days old');
    expect(young.warnings).toEqual([]);
    expect(old.fingerprint).toBe(young.fingerprint);
  });

  it('AT-53: an engine says it once when it is made', async () => {
    const heard: string[] = [];
    const stop = onEvent('trust.warning', ({ store, warning }) => heard.push(`${store}: ${warning}`));
    const make = async (days: number) => {
      const clock = createFakeClock(MADE + days * DAY);
      await createEngine({ ehloName: 'out.bank.example', default: 'verified', trust: dated, clock }).close();
    };
    await make(3);
    expect(heard).toEqual([]);
    await make(300);
    stop();
    expect(heard).toEqual([expect.stringContaining('ours: the list of roots ours is 300 days old')]);
  });
});
