import { describe, expect, it } from 'vitest';
import { createContext } from '../core/context.js';
import { describeReason } from '../core/reasons.js';
import type { Resolver } from '../dns/resolver.js';
import { resolveRoute } from './resolve.js';
import { addressesOf, FAILURES, reasonOf, resolve, zones } from './zones.fixture.js';

describe('what is looked up', () => {
  it('FI-17: the first step is the MX question, and the addresses follow', async () => {
    const dns = zones({ 'p.test': { mx: ['10 a.p.test'] }, 'a.p.test': { a: ['8.8.1.1'] } });
    const route = await resolve('p.test', dns);
    expect(dns.asked).toEqual(['MX p.test', 'AAAA a.p.test', 'A a.p.test']);
    expect(route).toMatchObject({ kind: 'targets', domain: 'p.test', via: 'mx' });
    expect(addressesOf(route)).toEqual(['a.p.test 8.8.1.1']);
    expect(route).toMatchObject({ targets: [{ port: 25, tls: 'starttls', preference: 10, auth: null }] });
  });

  it('MX-1: a single label is asked for as it is, once, with nothing appended', async () => {
    const dns = zones({});
    expect(reasonOf(await resolve('mail', dns))).toBe('dns-nxdomain');
    expect(dns.asked).toEqual(['MX mail']);
  });

  it.each([
    '',
    '.',
    'a..test',
    'a b.test',
    '192.0.2.1',
    '[192.0.2.300]',
    '[2001:db8::1]',
    '[IPv6:192.0.2.1]',
    '[]',
  ])('MX-1: %j is no domain: refused without a question', async (domain) => {
    const dns = zones({});
    expect(reasonOf(await resolve(domain, dns))).toBe('recipient-invalid');
    expect(dns.asked).toEqual([]);
  });

  it.each(['bücher.test', 'BÜCHER.test.', 'xn--bcher-kva.test', 'XN--BCHER-KVA.TEST.'])(
    'MX-2, AT-39: %s is asked for, and known ever after, in one form',
    async (domain) => {
      const dns = zones({ 'xn--bcher-kva.test': { mx: ['10 m.test'] }, 'm.test': { a: ['8.8.1.1'] } });
      const route = await resolve(domain, dns);
      expect(dns.asked[0]).toBe('MX xn--bcher-kva.test');
      expect(route).toMatchObject({ kind: 'targets', domain: 'xn--bcher-kva.test' });
    },
  );
});

describe('no MX record', () => {
  it('MX-7, MX-9: NXDOMAIN is permanent, 5.1.2, and no address is asked for', async () => {
    const dns = zones({ 'gone.test': { mx: 'nxdomain', a: ['8.8.1.1'] } });
    expect(reasonOf(await resolve('gone.test', dns))).toBe('dns-nxdomain');
    expect(dns.asked).toEqual(['MX gone.test']);
    expect(describeReason('dns-nxdomain')).toMatchObject({ effect: 'fail', status: '5.1.2' });
  });

  it.each(FAILURES)(
    'MX-8: %s is retried with 4.4.3, and no address of the domain is asked for',
    async (failure) => {
      const dns = zones({ 'p.test': { mx: failure, a: ['8.8.1.1'] } });
      const route = await resolve('p.test', dns);
      expect(route.kind).toBe('unroutable');
      if (route.kind === 'unroutable') {
        expect(describeReason(route.reason)).toMatchObject({ effect: 'retry', status: '4.4.3' });
      }
      expect(dns.asked).toEqual(['MX p.test']);
    },
  );

  it('MX-8: records whose signatures do not verify are not used', async () => {
    const dns = zones({ 'p.test': { mx: ['10 a.test'], dnssec: 'bogus' }, 'a.test': { a: ['8.8.1.1'] } });
    expect(reasonOf(await resolve('p.test', dns))).toBe('dnssec-invalid');
    expect(reasonOf(await resolve('n.test', zones({ 'n.test': { dnssec: 'bogus', a: ['8.8.1.1'] } })))).toBe(
      'dnssec-invalid',
    );
  });

  it('MX-8, MX-9: an answer "found" without records is a fault, not an implicit MX', async () => {
    const dns = zones({ 'p.test': { mx: [], a: ['8.8.1.1'] } });
    expect(reasonOf(await resolve('p.test', dns))).toBe('dns-malformed');
  });

  it('MX-9: a name without MX records is its own mail server at preference 0', async () => {
    const dns = zones({ 'p.test': { a: ['8.8.1.1'], aaaa: ['2600::1'] } });
    const route = await resolve('p.test', dns);
    expect(route).toMatchObject({ via: 'implicit', targets: [{ preference: 0, mxAuth: 'implicit' }, {}] });
    expect(addressesOf(route)).toEqual(['p.test 2600::1', 'p.test 8.8.1.1']);
  });

  it('MX-9: an implicit mail server without addresses is permanent, with a failed question temporary', async () => {
    expect(reasonOf(await resolve('p.test', zones({ 'p.test': {} })))).toBe('no-usable-host');
    expect(reasonOf(await resolve('p.test', zones({ 'p.test': { aaaa: 'servfail' } })))).toBe('dns-servfail');
  });

  it('MX-5, MX-10: where MX records exist, the addresses of the domain are never asked for', async () => {
    const dns = zones({ 'p.test': { mx: ['10 a.test'], a: ['8.8.1.1'] }, 'a.test': {} });
    expect(reasonOf(await resolve('p.test', dns))).toBe('no-usable-host');
    expect(dns.asked).toEqual(['MX p.test', 'AAAA a.test', 'A a.test']);
  });

  it('MX-10: a domain that is its own MX is used like any other host', async () => {
    const dns = zones({ 'p.test': { mx: ['10 p.test'], a: ['8.8.1.1'] } });
    const route = await resolve('p.test', dns);
    expect(route).toMatchObject({ via: 'mx' });
    expect(addressesOf(route)).toEqual(['p.test 8.8.1.1']);
  });

  it('MX-11: a null MX is permanent, 5.1.10, without any further question', async () => {
    const dns = zones({ 'p.test': { mx: ['0 '], a: ['8.8.1.1'] } });
    expect(reasonOf(await resolve('p.test', dns))).toBe('null-mx');
    expect(describeReason('null-mx')).toMatchObject({ effect: 'fail', status: '5.1.10' });
    expect(dns.asked).toEqual(['MX p.test']);
  });

  it('MX-11: next to other records the root is dropped and the rest is used', async () => {
    const dns = zones({ 'p.test': { mx: ['0 ', '10 a.test'] }, 'a.test': { a: ['8.8.1.1'] } });
    const route = await resolve('p.test', dns);
    expect(addressesOf(route)).toEqual(['a.test 8.8.1.1']);
    expect(route.unusable).toMatchObject([{ host: '.', reason: 'null-mx' }]);
  });
});

describe('address literals', () => {
  it.each([
    ['[8.8.1.1]', '8.8.1.1'],
    ['[IPv6:2600::1]', '2600::1'],
    ['[ipv6:2600::A]', '2600::a'],
  ])('MX-3: %s is the address itself, without any question', async (domain, address) => {
    const dns = zones({});
    const route = await resolve(domain, dns, { level: 'mandatory' });
    expect(route).toMatchObject({
      kind: 'targets',
      domain,
      via: 'literal',
      targets: [{ host: address, address, port: 25 }],
    });
    expect(dns.asked).toEqual([]);
  });

  it('MX-3: under `verified` it is refused, unless the host pinned the address or the certificate', async () => {
    expect(reasonOf(await resolve('[8.8.1.1]', zones({})))).toBe('address-literal-unverifiable');
    expect(reasonOf(await resolve('[8.8.1.1]', zones({}), { configured: { type: 'direct' } }))).toBe(
      'address-literal-unverifiable',
    );
    const byName = await resolve('[8.8.1.1]', zones({}), { mxAllowed: ['8.8.1.1'] });
    expect(byName).toMatchObject({ targets: [{ mxAuth: 'pinned' }] });
    const byKey = await resolve('[8.8.1.1]', zones({}), { pins: ['spki-sha256/AAAA'] });
    expect(byKey).toMatchObject({ targets: [{ mxAuth: 'implicit' }] });
  });

  it.each(['[127.0.0.1]', '[IPv6:::1]', '[IPv6:::ffff:10.0.0.1]', '[169.254.169.254]'])(
    'MX-3, AT-36: %s leads to no private address',
    async (domain) => {
      expect(reasonOf(await resolve(domain, zones({}), { level: 'opportunistic' }))).toBe(
        'address-not-allowed',
      );
    },
  );
});

it('MX-8: a call-off rejects, it is not read as an answer', async () => {
  const controller = new AbortController();
  const dns: Resolver = {
    ...zones({}),
    mx: (_, ctx) => {
      ctx.signal.throwIfAborted();
      return Promise.resolve({ kind: 'nxdomain', dnssec: 'insecure' });
    },
  };
  controller.abort(new Error('called off'));
  const request = {
    domain: 'p.test',
    plan: { level: 'verified', mxAllowed: null },
    configured: null,
  } as const;
  await expect(resolveRoute(request, {}, dns, createContext({ signal: controller.signal }))).rejects.toThrow(
    'called off',
  );
});
