import { describe, expect, it } from 'vitest';
import { describeReason } from '../core/reasons.js';
import type { Route } from './route.js';
import { addressesOf, type Asking, FAILURES, reasonOf, resolve, type Zone, zones } from './zones.fixture.js';

describe('hosts without addresses', () => {
  it('MX-10: permanent, 5.4.4, only where every host failed for good', async () => {
    const dns = zones({
      'p.test': { mx: ['10 gone.test', '20 bare.test', '30 192.0.2.1', '40 x..y'] },
      'bare.test': {},
    });
    const route = await resolve('p.test', dns);
    expect(reasonOf(route)).toBe('no-usable-host');
    expect(describeReason('no-usable-host')).toMatchObject({ effect: 'fail', status: '5.4.4' });
    expect(route.unusable.map(({ host, reason }) => `${host} ${reason}`).toSorted()).toEqual([
      '192.0.2.1 no-usable-host',
      'bare.test no-usable-host',
      'gone.test dns-nxdomain',
      'x..y no-usable-host',
    ]);
  });

  it.each(FAILURES)('MX-10: %s of one address question makes all of it temporary, 4.4.4', async (failure) => {
    const dns = zones({ 'p.test': { mx: ['10 gone.test', '20 b.test'] }, 'b.test': { a: failure } });
    expect(reasonOf(await resolve('p.test', dns))).toBe('host-unresolved');
    expect(describeReason('host-unresolved')).toMatchObject({ effect: 'retry', status: '4.4.4' });
  });

  it('MX-10: a host that fails does not keep the next one from being tried', async () => {
    const dns = zones({
      'p.test': { mx: ['10 a.test', '20 b.test'] },
      'a.test': { a: 'timeout' },
      'b.test': { a: ['8.8.1.1'] },
    });
    const route = await resolve('p.test', dns);
    expect(addressesOf(route)).toEqual(['b.test 8.8.1.1']);
    expect(route.unusable).toMatchObject([{ host: 'a.test', reason: 'dns-timeout' }]);
  });

  it('MX-13: an MX that is an address is never connected to', async () => {
    const dns = zones({ 'p.test': { mx: ['10 8.8.1.1'] }, '8.8.1.1': { a: ['8.8.1.1'] } });
    expect(reasonOf(await resolve('p.test', dns))).toBe('no-usable-host');
    expect(dns.asked).toEqual(['MX p.test']);
  });

  it('AT-36: private addresses are refused, and public ones of the same host are used', async () => {
    const dns = zones({
      'p.test': { mx: ['10 a.test'] },
      'q.test': { mx: ['10 b.test', '20 gone.test'] },
      'a.test': { a: ['10.0.0.1', '8.8.1.1', '127.0.0.1'], aaaa: ['::1'] },
      'b.test': { a: ['169.254.169.254'] },
    });
    expect(addressesOf(await resolve('p.test', dns))).toEqual(['a.test 8.8.1.1']);
    expect(reasonOf(await resolve('q.test', dns))).toBe('address-not-allowed');
  });

  it('AT-36: a failed question beside a private address is temporary, not a refusal', async () => {
    const dns = zones({ 'p.test': { mx: ['10 a.test'] }, 'a.test': { a: ['10.0.0.1'], aaaa: 'timeout' } });
    expect(reasonOf(await resolve('p.test', dns))).toBe('host-unresolved');
  });

  it('AT-36: networks that the host names are excepted, and no others', async () => {
    const dns = zones({ 'p.test': { mx: ['10 a.test'] }, 'a.test': { a: ['10.1.0.1', '10.2.0.1'] } });
    const route = await resolve('p.test', dns, {}, { allowPrivateAddresses: ['10.1.0.0/16'] });
    expect(addressesOf(route)).toEqual(['a.test 10.1.0.1']);
  });
});

describe('the order of the targets', () => {
  const two = {
    'p.test': { mx: ['20 b.test', '10 a.test'] },
    'a.test': { a: ['8.8.1.2', '8.8.1.1'], aaaa: ['2600::2', '2600::1', '2600::3'] },
    'b.test': { a: ['8.8.2.1'] },
  };

  it('MX-16: all addresses of a host come before the next host, as the resolver gave them, the families in turn', async () => {
    expect(addressesOf(await resolve('p.test', zones(two)))).toEqual([
      'a.test 2600::2',
      'a.test 8.8.1.2',
      'a.test 2600::1',
      'a.test 8.8.1.1',
      'a.test 2600::3',
      'b.test 8.8.2.1',
    ]);
  });

  it('MX-16: one family alone is asked for where only one is chosen', async () => {
    const dns = zones(two);
    const route = await resolve('p.test', dns, {}, { families: ['ipv6'] });
    expect(addressesOf(route)).toEqual(['a.test 2600::2', 'a.test 2600::1', 'a.test 2600::3']);
    expect(dns.asked.filter((question) => question.startsWith('A '))).toEqual([]);
  });

  it('MX-16: at most five hosts and ten addresses are tried, and each host gets its share', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 8 }, (_, i) => [`h${i}.test`, { a: [1, 2, 3, 4].map((n) => `8.8.${i}.${n}`) }]),
    );
    const dns = zones({ ...many, 'p.test': { mx: Object.keys(many).map((host, i) => `${i} ${host}`) } });
    const hosts = (route: Route): string[] => addressesOf(route).map((line) => line.split(' ')[0] ?? '');
    const standard = hosts(await resolve('p.test', dns));
    expect(standard).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4].map((i) => `h${i}.test`));
    const chosen = hosts(await resolve('p.test', dns, {}, { maxHosts: 2, maxAddresses: 5 }));
    expect(chosen).toEqual([0, 0, 0, 1, 1].map((i) => `h${i}.test`));
  });

  it('MX-16: dead hosts in front do not use up the hosts that are tried', async () => {
    const dns = zones({
      'p.test': { mx: ['1 a.test', '2 b.test', '3 c.test'] },
      'c.test': { a: ['8.8.1.1'] },
    });
    expect(addressesOf(await resolve('p.test', dns, {}, { maxHosts: 1 }))).toEqual(['c.test 8.8.1.1']);
  });

  it('AT-13: thousands of MX records and addresses lead to a bounded number of questions and targets', async () => {
    const flood = Array.from({ length: 3000 }, (_, i) => `8.8.${i >> 8}.${i & 255}`);
    const hosts = Array.from({ length: 3000 }, (_, i) => `h${i}.test`);
    const dns = zones({
      ...Object.fromEntries(hosts.map((host) => [host, { a: flood }])),
      'p.test': { mx: hosts.map((host) => `10 ${host}`) },
    });
    const route = await resolve('p.test', dns);
    expect(addressesOf(route)).toHaveLength(10);
    expect(dns.asked.length).toBeLessThanOrEqual(41);
    expect(route.kind === 'targets' ? route.published.length : 0).toBeLessThanOrEqual(100);
  });

  it('MX-17: hosts at an own address, and all that are not better, are cut off', async () => {
    const dns = zones({
      'p.test': { mx: ['10 a.test', '20 us.test', '20 b.test', '30 c.test'] },
      'a.test': { a: ['8.8.1.1'] },
      'us.test': { a: ['8.8.9.9'] },
      'b.test': { a: ['8.8.2.2'] },
      'c.test': { a: ['8.8.3.3'] },
    });
    const route = await resolve('p.test', dns, {}, { ownAddresses: ['8.8.9.9'] });
    expect(addressesOf(route)).toEqual(['a.test 8.8.1.1']);
    expect(route.unusable.map(({ reason }) => reason)).toEqual(['mail-loop', 'mail-loop', 'mail-loop']);
  });

  it('MX-17: nothing left is undeliverable, 5.4.6, by name and by address', async () => {
    const dns = zones({
      'p.test': { mx: ['10 us.test', '20 b.test'] },
      'us.test': { a: ['8.8.9.9'] },
      'b.test': { a: ['8.8.2.2'] },
    });
    expect(reasonOf(await resolve('p.test', dns, {}, { ownNames: ['US.test.'] }))).toBe('mail-loop');
    expect(reasonOf(await resolve('p.test', dns, {}, { ownAddresses: ['8.8.9.9'] }))).toBe('mail-loop');
    expect(describeReason('mail-loop')).toMatchObject({ effect: 'fail', status: '5.4.6' });
  });

  it('MX-17: an own private address cuts the loop though it may not be tried anyway', async () => {
    const dns = zones({
      'p.test': { mx: ['10 us.test', '20 b.test'] },
      'us.test': { a: ['10.0.0.5'] },
      'b.test': { a: ['8.8.2.2'] },
    });
    expect(reasonOf(await resolve('p.test', dns, {}, { ownAddresses: ['10.0.0.5'] }))).toBe('mail-loop');
  });

  it('MX-17: where the better hosts cannot be resolved at present, the loop is not the reason', async () => {
    const dns = zones({ 'p.test': { mx: ['10 a.test', '20 us.test'] }, 'a.test': { a: 'servfail' } });
    expect(reasonOf(await resolve('p.test', dns, {}, { ownNames: ['us.test'] }))).toBe('host-unresolved');
  });

  it('MX-18: a pinned host of worse preference does not overtake, and hosts that are not pinned stay', async () => {
    const dns = zones({
      'p.test': { mx: ['10 evil.test', '20 good.test'] },
      'evil.test': { a: ['8.8.6.6'] },
      'good.test': { a: ['8.8.1.1'], dnssec: 'secure' },
    });
    const route = await resolve('p.test', dns, { mxAllowed: ['good.test'] });
    expect(addressesOf(route)).toEqual(['evil.test 8.8.6.6', 'good.test 8.8.1.1']);
  });
});

describe('how far the names can be believed', () => {
  const hosts = { 'a.test': { a: ['8.8.1.1'] } };
  const authOf = async (zone: Zone, asking: Asking = {}): Promise<string> => {
    const route = await resolve('p.test', zones({ ...hosts, 'p.test': zone }), asking);
    return route.kind === 'targets' ? (route.targets[0]?.mxAuth ?? '') : route.reason;
  };

  it('MX-20, AT-30: a name from unsigned DNS carries `none`', async () => {
    expect(await authOf({ mx: ['0 a.test'], dnssec: 'insecure' })).toBe('none');
    expect(await authOf({ mx: ['0 a.test'], dnssec: 'unknown' })).toBe('none');
    expect(await authOf({ mx: ['0 a.test'] }, { mxAllowed: ['other.test'] })).toBe('none');
  });

  it('MX-20: names are vouched for by the pins of the host, by DNSSEC, or by being the domain itself', async () => {
    expect(await authOf({ mx: ['0 A.test.'] }, { mxAllowed: ['a.test'] })).toBe('pinned');
    expect(await authOf({ mx: ['0 a.test'], dnssec: 'secure' })).toBe('dnssec');
    expect(await authOf({ a: ['8.8.1.1'] })).toBe('implicit');
    expect(await authOf({ a: ['8.8.1.1'] }, { configured: { type: 'direct' } })).toBe('configured');
  });

  it('MX-21: the route keeps the names as published, and says that the answer was not signed', async () => {
    const dns = zones({ ...hosts, 'p.test': { mx: ['10 A.Test.', '20 gone.test'], dnssec: 'insecure' } });
    expect(await resolve('p.test', dns)).toMatchObject({
      published: ['A.Test.', 'gone.test'],
      dnssec: 'insecure',
      targets: [{ host: 'a.test', mxAuth: 'none' }],
    });
  });

  it('MX-22: a pinned name stays pinned when its address changes', async () => {
    for (const address of ['8.8.1.1', '8.8.4.4']) {
      const dns = zones({ 'p.test': { mx: ['10 a.test'] }, 'a.test': { a: [address] } });
      const route = await resolve('p.test', dns, { mxAllowed: ['a.test'] });
      expect(route).toMatchObject({ targets: [{ host: 'a.test', address, mxAuth: 'pinned' }] });
    }
  });
});
