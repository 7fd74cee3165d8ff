import { describe, expect, it } from 'vitest';
import { createContext } from '../core/context.js';
import type { DnsAnswer, Resolver } from '../dns/resolver.js';
import { createBase } from '../policy/base.js';
import { decide } from '../policy/decide.js';
import type { Ask } from '../policy/plan.js';
import { parseRouteOptions } from '../route/options.js';
import { createFakeClock } from '../testing/clock.js';
import { createKeptRoutes, findWay, type WayFinder } from './way.js';

const START = Date.UTC(2026, 0, 15, 12);

function setUp(
  given: { mxTtl?: number | undefined; ttl?: number; mx?: readonly string[]; random?: () => number } = {},
) {
  const clock = createFakeClock(START);
  const asked: string[] = [];
  const found = <T>(records: readonly T[], ttl: number | undefined): Promise<DnsAnswer<T>> =>
    Promise.resolve({ kind: 'found', records, dnssec: 'unknown', ...(ttl === undefined ? {} : { ttl }) });
  const resolver: Resolver = {
    name: 'test',
    mx: (domain) => {
      asked.push(domain);
      const records = (given.mx ?? ['10 mx.a.test']).map((row) => {
        const [preference, exchange = ''] = row.split(' ');
        return { preference: Number(preference), exchange };
      });
      return found(records, 'mxTtl' in given ? given.mxTtl : 300);
    },
    addresses: () => found(['192.0.2.1'], given.ttl ?? 60),
    cname: () => Promise.resolve({ kind: 'nodata', dnssec: 'unknown' }),
  };
  const sources = { table: [], sources: [], base: createBase({ default: 'opportunistic' }) };
  const route = parseRouteOptions({
    families: ['ipv4'],
    allowPrivateAddresses: true,
    ...(given.random === undefined ? {} : { random: given.random }),
  });
  const finder: WayFinder = {
    decide: (domain, ask, ctx, alsoNamed) => decide(domain, sources, ask, ctx, alsoNamed),
    mayLock: false,
    configuredRoute: () => null,
    resolver,
    route,
    routes: createKeptRoutes(route.random),
  };
  const ctx = createContext({ clock });
  const find = async (ask: Ask | null = null) => {
    const way = await findWay('a.test', ask, finder, ctx);
    if (way.kind !== 'way') throw new Error(way.detail);
    return way.route.targets.map(({ host }) => host);
  };
  return { clock, asked, find };
}

describe('a route that was found before', () => {
  it('MX-14: serves until the first answer that it rests on has run out', async () => {
    const { clock, asked, find } = setUp();
    await find();
    await clock.advance(59_999);
    await find();
    expect(asked).toHaveLength(1);
    await clock.advance(1);
    await find();
    expect(asked).toHaveLength(2);
  });

  it.each([
    ['the MX answer', { mxTtl: undefined }],
    ['the addresses', { ttl: 0 }],
  ])('MX-14: is found anew each time where the TTL of %s is not known or 0', async (_, given) => {
    const { asked, find } = setUp(given);
    await find();
    await find();
    expect(asked).toHaveLength(2);
  });

  it('Q-27: is not believed before the time at which it was found', async () => {
    const { clock, asked, find } = setUp();
    await find();
    clock.set(START - 1);
    await find();
    expect(asked).toHaveLength(2);
  });

  it('SC-51: is found anew under another plan, which may name other servers', async () => {
    const { asked, find } = setUp();
    await find();
    await expect(find({ mxAllowed: ['mx.a.test'] })).resolves.toEqual(['mx.a.test']);
    expect(asked).toHaveLength(2);
  });

  it('MX-15: draws hosts of equal preference anew for each mail, and the better one stays first', async () => {
    const throws = [0.9, 0, 0.9, 0, 0, 0.9];
    const { asked, find } = setUp({
      mx: ['5 best.a.test', '10 one.a.test', '10 other.a.test'],
      random: () => throws.shift() ?? 0,
    });
    const orders = [await find(), await find(), await find()];
    expect(asked).toHaveLength(1);
    expect(orders.map(([first]) => first)).toEqual(['best.a.test', 'best.a.test', 'best.a.test']);
    expect(new Set(orders.map(String)).size).toBeGreaterThan(1);
  });
});
