/**
 * SPF against mailauth, an independent implementation, on small internets made at random: the same records, the same
 * client, the same result.
 */
import fc from 'fast-check';
import { spf } from 'mailauth/lib/spf/index.js';
import { expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import type { DnsAnswer } from '../../src/dns/resolver.js';
import { checkSpf } from '../../src/spf/check.js';
import { createZoneResolver, type Zone, type ZoneResolver, type Zones } from '../../src/testing/zones.js';

const DOMAINS = ['a.test', 'b.test', 'c.test', 'mail.a.test', 'none.test'];
const FOURS = ['192.0.2.1', '192.0.2.2', '192.0.3.1', '198.51.100.1'];
const SIXES = ['2001:db8::1', '2001:db8::2', '2001:db9::1'];
const REVERSE = ['1.2.0.192.in-addr.arpa', '1.100.51.198.in-addr.arpa'];

const domain = fc.constantFrom(...DOMAINS);
const four = fc.constantFrom(...FOURS);
const six = fc.constantFrom(...SIXES);
/** Mostly what is right, so that more than the first error is compared. */
const mostly = <T>(right: fc.Arbitrary<T>, ...wrong: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 30, arbitrary: right }, fc.constantFrom(...wrong));
const target = mostly(
  fc.oneof(
    { weight: 5, arbitrary: domain },
    fc.constantFrom(
      '%{d}',
      '%{o}',
      '%{h}',
      '%{l}.a.test',
      'mail.%{d2}',
      '%{ir}.a.test',
      '%{p}',
      '%{v}.a.test',
    ),
  ),
  'x..test',
  'test',
  '%{q}',
);
const bits = mostly(fc.constantFrom('', '', '/24', '/32', '/0', '//64', '/24//32'), '/33', '//129', '/024');
const hosts = fc
  .tuple(fc.constantFrom('a', 'mx', 'A'), fc.option(target), bits)
  .map(([kind, name, length]) => `${kind}${name === null ? '' : `:${name}`}${length}`);
const mechanism = mostly(
  fc.oneof(
    target.map((name) => `include:${name}`),
    target.map((name) => `exists:${name}`),
    hosts,
    fc.option(target).map((name) => (name === null ? 'ptr' : `ptr:${name}`)),
    fc
      .tuple(four, mostly(fc.constantFrom('', '/24', '/16'), '/33', '/08'))
      .map((each) => `ip4:${each.join('')}`),
    fc.tuple(six, mostly(fc.constantFrom('', '/32', '/64'), '/129')).map((each) => `ip6:${each.join('')}`),
  ),
  'all',
  'foo',
  'all:x',
  'include',
);
const directive = fc.tuple(fc.constantFrom('', '+', '-', '~', '?'), mechanism).map((each) => each.join(''));
const modifier = mostly(fc.constantFrom('exp=why.test', 'x=%{c}', 'Z.1=a/b'), 'y=%', '1=x');
const end = fc.oneof(
  fc.constantFrom('-all', '~all', '?all', ''),
  target.map((name) => `redirect=${name}`),
);
const record = fc
  .tuple(
    mostly(fc.constantFrom('v=spf1', 'V=SPF1'), 'v=spf10', 'v=spf2'),
    fc.array(fc.oneof({ weight: 8, arbitrary: directive }, modifier), { maxLength: 6 }),
    end,
  )
  .map(([version, terms, last]) => [version, ...terms, last].join(' '));
const records = fc.oneof(
  { weight: 12, arbitrary: record.map((one) => [one]) },
  fc.array(record, { maxLength: 2 }),
);

const zone: fc.Arbitrary<Zone> = fc.record({
  txt: records,
  a: fc.array(four, { maxLength: 2 }),
  aaaa: fc.array(six, { maxLength: 2 }),
  mx: fc.array(domain, { maxLength: 2 }),
});
const zones: fc.Arbitrary<Zones> = fc
  .tuple(
    fc.array(zone, { minLength: 4, maxLength: 4 }),
    fc.array(fc.array(domain, { maxLength: 3 }), { minLength: 2, maxLength: 2 }),
  )
  .map(([all, names]) => ({
    ...Object.fromEntries(all.map((each, index) => [DOMAINS[index] ?? '', each])),
    ...Object.fromEntries(names.map((ptr, index) => [REVERSE[index] ?? '', { ptr }])),
  }));
const session = fc.record({
  ip: fc.oneof(four, six, fc.constant('::ffff:192.0.2.1')),
  mailFrom: domain.map((name) => `user@${name}`),
});

/** The same zones as mailauth wants them: arrays, and errors with the codes of node:dns. */
function asNodeDns(dns: ZoneResolver): (name: string, type: string) => Promise<unknown> {
  const ctx = createContext();
  const values = <T>(answer: DnsAnswer<T>): readonly T[] => {
    if (answer.kind === 'found') return answer.records;
    const code = { nodata: 'ENODATA', nxdomain: 'ENOTFOUND', failed: 'ESERVFAIL' }[answer.kind];
    throw Object.assign(new Error(code), { code });
  };
  return async (name, type) => {
    if (type === 'TXT') return values(await dns.txt(name, ctx)).map((text) => [text]);
    if (type === 'PTR') return values(await dns.ptr(name, ctx));
    if (type === 'MX') {
      return values(await dns.mx(name, ctx)).map(({ preference, exchange }) => ({
        priority: preference,
        exchange,
      }));
    }
    return values(await dns.addresses(name, type === 'A' ? 4 : 6, ctx));
  };
}

it('SPF-2, SPF-4, SPF-5, SPF-6, SPF-7, SPF-8, SPF-9, SPF-10: says what mailauth says', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(zones, session, async (internet, { ip, mailFrom }) => {
      const helo = 'mail.a.test';
      const dns = createZoneResolver(internet);
      const ours = await checkSpf({ ip, mailFrom, ehlo: helo }, dns, createContext());
      const theirs = await spf({
        ip,
        sender: mailFrom,
        helo,
        mta: 'mx.test',
        resolver: asNodeDns(dns),
        strict: true,
      } as never);
      // The name of the client failed: the reverse-path was not asked for.
      if (ours.mailFrom === null) return;
      const { result } = ours.mailFrom;
      seen.set(result, (seen.get(result) ?? 0) + 1);
      expect(result).toBe(theirs.status.result);
    }),
    { numRuns: 1500 },
  );
  expect([...seen.keys()].toSorted()).toEqual(['fail', 'neutral', 'none', 'pass', 'permerror', 'softfail']);
});
