import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MxRecord } from '../dns/resolver.js';
import { orderHosts } from './order.js';

const mx = (preference: number, exchange: string): MxRecord => ({ preference, exchange });
const names = (
  records: readonly MxRecord[],
  ownNames: readonly string[] = [],
  random = Math.random,
): string[] => orderHosts(records, { ownNames, random }).hosts.map(({ host }) => host);

/** Random numbers that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('preference', () => {
  it('MX-15: lower preferences come first, whatever the order of the answer', () => {
    expect(names([mx(30, 'c.test'), mx(5, 'a.test'), mx(10, 'b.test')])).toEqual([
      'a.test',
      'b.test',
      'c.test',
    ]);
  });

  it('MX-15: equal preferences are shuffled evenly, and never past a worse one', () => {
    const records = [mx(10, 'a.test'), mx(10, 'b.test'), mx(20, 'c.test')];
    const random = seeded(1);
    let first = 0;
    for (let run = 0; run < 10_000; run += 1) {
      const order = names(records, [], random);
      expect(order[2]).toBe('c.test');
      if (order[0] === 'a.test') first += 1;
    }
    expect(first).toBeGreaterThan(4500);
    expect(first).toBeLessThan(5500);
  });

  it('MX-15: each of the six orders of three equal hosts comes up about as often', () => {
    const records = [mx(0, 'a.test'), mx(0, 'b.test'), mx(0, 'c.test')];
    const random = seeded(2);
    const counts = new Map<string, number>();
    for (let run = 0; run < 6000; run += 1) {
      const order = names(records, [], random).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('MX-15: a source of random numbers that breaks its promise loses no host', () => {
    const records = [mx(0, 'a.test'), mx(0, 'b.test'), mx(0, 'c.test')];
    expect(names(records, [], () => 1).toSorted()).toEqual(['a.test', 'b.test', 'c.test']);
  });
});

describe('one entry a host', () => {
  it('MX-19: a host that is listed twice keeps its best preference, whatever the case and the final dot', () => {
    const records = [mx(30, 'A.Example.TEST.'), mx(20, 'b.test'), mx(10, 'a.example.test')];
    expect(orderHosts(records, { ownNames: [], random: () => 0 }).hosts).toEqual([
      { host: 'a.example.test', preference: 10 },
      { host: 'b.test', preference: 20 },
    ]);
  });

  it('MX-2: U-labels in exchanges become A-labels', () => {
    expect(names([mx(10, 'Pósta.example.test')])).toEqual(['xn--psta-qqa.example.test']);
  });
});

describe('the own host', () => {
  const example = [
    mx(20, 'c.example.test'),
    mx(10, 'b.example.test'),
    mx(10, 'A.example.test'),
    mx(30, 'relay.us.test'),
  ];

  it('MX-17: the own host and all worse ones are cut off', () => {
    const records = [...example, mx(40, 'd.example.test')];
    const { hosts, unusable } = orderHosts(records, { ownNames: ['relay.us.test'], random: Math.random });
    expect(hosts.map(({ host }) => host).toSorted()).toEqual([
      'a.example.test',
      'b.example.test',
      'c.example.test',
    ]);
    expect(hosts[2]?.host).toBe('c.example.test');
    expect(unusable.map(({ host, reason }) => [host, reason])).toEqual([
      ['relay.us.test', 'mail-loop'],
      ['d.example.test', 'mail-loop'],
    ]);
  });

  it('MX-17: hosts of the same preference as the own one are cut off too', () => {
    expect(names(example, ['c.example.test']).toSorted()).toEqual(['a.example.test', 'b.example.test']);
    expect(names(example, ['b.example.test'])).toEqual([]);
  });

  it('MX-17: of several own hosts the best one cuts', () => {
    expect(names(example, ['relay.us.test', 'c.example.test']).toSorted()).toEqual([
      'a.example.test',
      'b.example.test',
    ]);
  });
});

describe('records that name no host', () => {
  it('MX-11: a single root exchange is a null MX, whatever its preference', () => {
    for (const record of [mx(0, ''), mx(0, '.'), mx(42, '')]) {
      const order = orderHosts([record], { ownNames: [], random: () => 0 });
      expect(order).toMatchObject({ nullMx: true, hosts: [], published: ['.'] });
    }
  });

  it('MX-11: a root exchange next to others is dropped and reported, and the rest is used', () => {
    const order = orderHosts([mx(0, ''), mx(10, 'a.test')], { ownNames: [], random: () => 0 });
    expect(order.nullMx).toBe(false);
    expect(order.hosts).toEqual([{ host: 'a.test', preference: 10 }]);
    expect(order.unusable).toMatchObject([{ host: '.', reason: 'null-mx' }]);
  });

  it.each(['192.0.2.1', '192.0.2.1.', '2001:db8::1', '::ffff:192.0.2.1'])(
    'MX-13: an exchange that is the address %s is unusable and reported',
    (exchange) => {
      const order = orderHosts([mx(10, exchange)], { ownNames: [], random: () => 0 });
      expect(order.hosts).toEqual([]);
      expect(order.nullMx).toBe(false);
      expect(order.unusable).toMatchObject([
        { reason: 'no-usable-host', detail: expect.stringContaining('address') },
      ]);
    },
  );

  it.each([
    'a..test',
    '-a.test',
    'a b.test',
    `${'a'.repeat(64)}.test`,
    '0x7f.1',
    '127.1',
    'a@b.test',
    'a/b.test',
  ])('MX-10: the exchange %j is no host name: unusable, not guessed at', (exchange) => {
    const order = orderHosts([mx(10, exchange)], { ownNames: [], random: () => 0 });
    expect(order.hosts).toEqual([]);
    expect(order.unusable).toMatchObject([{ host: exchange, reason: 'no-usable-host' }]);
  });

  it('MX-13: a host with an underscore, which DNS carries, is used', () => {
    expect(names([mx(10, '_dc-mx.Example.test.')])).toEqual(['_dc-mx.example.test']);
  });
});

describe('the whole answer', () => {
  it('MX-21: the names are kept as they were published', () => {
    const records = [mx(20, 'B.Example.test.'), mx(10, '192.0.2.1'), mx(30, '')];
    expect(orderHosts(records, { ownNames: [], random: () => 0 }).published).toEqual([
      '192.0.2.1',
      'B.Example.test.',
      '.',
    ]);
  });

  it('AT-13: of thousands of records only the best are looked at', () => {
    const records = Array.from({ length: 5000 }, (_, i) => mx(5000 - i, `h${i}.test`));
    const { hosts, published } = orderHosts(records, { ownNames: [], random: () => 0 });
    expect(hosts).toHaveLength(100);
    expect(published).toHaveLength(100);
    expect(hosts[0]).toEqual({ host: 'h4999.test', preference: 1 });
  });

  it('MX-15, MX-17, MX-19: for any answer hosts are sorted, single, and better than the own host', () => {
    const record = fc.record({
      preference: fc.nat({ max: 4 }),
      exchange: fc.constantFrom('a.test', 'A.TEST.', 'b.test', 'c.test', 'own.test', '', '192.0.2.1', 'x..y'),
    });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), fc.integer(), (records, seed) => {
        const { hosts } = orderHosts(records, { ownNames: ['own.test'], random: seeded(seed) });
        const own = Math.min(...records.filter((r) => r.exchange === 'own.test').map((r) => r.preference));
        const lower = new Set(
          records
            .filter((r) => /^[abc]\.test/i.test(r.exchange) && r.preference < own)
            .map((r) => r.exchange.slice(0, 6).toLowerCase()),
        );
        expect(new Set(hosts.map(({ host }) => host))).toEqual(lower);
        expect(hosts).toHaveLength(lower.size);
        expect(hosts.map(({ preference }) => preference)).toEqual(
          hosts.map(({ preference }) => preference).toSorted((a, b) => a - b),
        );
      }),
    );
  });
});
