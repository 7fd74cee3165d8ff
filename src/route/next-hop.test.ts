import { describe, expect, it } from 'vitest';
import { describeReason } from '../core/reasons.js';
import type { ConfiguredRoute } from './route.js';
import { addressesOf, reasonOf, resolve, zones } from './zones.fixture.js';

const relay = (more: Partial<Extract<ConfiguredRoute, { type: 'relay' }>> = {}): ConfiguredRoute => ({
  type: 'relay',
  host: 'relay.test',
  ...more,
});

describe('direct', () => {
  it('MX-5, SM-16: the own addresses of the domain, without an MX question', async () => {
    const dns = zones({ 'p.test': { mx: ['10 a.test'], a: ['8.8.1.1'] }, 'a.test': { a: ['8.8.2.2'] } });
    const route = await resolve('p.test', dns, { configured: { type: 'direct' } });
    expect(dns.asked).toEqual(['AAAA p.test', 'A p.test']);
    expect(route).toMatchObject({
      via: 'direct',
      targets: [{ host: 'p.test', port: 25, mxAuth: 'configured' }],
    });
    expect(addressesOf(route)).toEqual(['p.test 8.8.1.1']);
  });

  it('MX-5: the port can be chosen for the route', async () => {
    const dns = zones({ 'p.test': { a: ['8.8.1.1'] } });
    const route = await resolve('p.test', dns, { configured: { type: 'direct', port: 2525 } });
    expect(route).toMatchObject({ targets: [{ port: 2525, tls: 'starttls' }] });
  });

  it('MX-5, MX-7: a domain that does not exist is permanent there too', async () => {
    expect(reasonOf(await resolve('p.test', zones({}), { configured: { type: 'direct' } }))).toBe(
      'dns-nxdomain',
    );
  });

  it('MX-5, AT-36: the address guard leaves routes alone that the host wrote down', async () => {
    const dns = zones({ 'p.test': { a: ['10.0.0.1'] } });
    expect(addressesOf(await resolve('p.test', dns, { configured: { type: 'direct' } }))).toEqual([
      'p.test 10.0.0.1',
    ]);
    expect(reasonOf(await resolve('p.test', dns))).toBe('address-not-allowed');
  });
});

describe('relay', () => {
  const dns = (): ReturnType<typeof zones> =>
    zones({ 'p.test': { mx: ['10 a.test'] }, 'relay.test': { mx: ['10 b.test'], a: ['10.0.0.9'] } });

  it('MX-4: the relay replaces the domain; only its addresses are asked for', async () => {
    const resolver = dns();
    const route = await resolve('p.test', resolver, { configured: relay() });
    expect(resolver.asked).toEqual(['AAAA relay.test', 'A relay.test']);
    expect(route).toMatchObject({
      domain: 'p.test',
      via: 'relay',
      published: ['relay.test'],
      targets: [
        {
          host: 'relay.test',
          address: '10.0.0.9',
          port: 25,
          tls: 'starttls',
          mxAuth: 'configured',
          auth: null,
        },
      ],
    });
  });

  it.each([
    [{}, 25, 'starttls'],
    [{ port: 465 }, 465, 'implicit'],
    [{ tls: 'implicit' }, 465, 'implicit'],
    [{ port: 465, tls: 'starttls' }, 465, 'starttls'],
    [{ port: 2525, tls: 'implicit' }, 2525, 'implicit'],
    [{ auth: { user: 'u', pass: 'p' } }, 587, 'starttls'],
  ] as const)('MX-4: of %j follows port %d with %s', async (more, port, tls) => {
    expect(await resolve('p.test', dns(), { configured: relay(more) })).toMatchObject({
      targets: [{ port, tls }],
    });
  });

  it('MX-4: login and the name of the certificate come from the route', async () => {
    const auth = { user: 'u', pass: 'p' };
    const named = await resolve('p.test', dns(), { configured: relay({ auth, verifyAs: 'Cert.test' }) });
    expect(named).toMatchObject({ targets: [{ host: 'cert.test', address: '10.0.0.9', auth }] });
    const resolver = dns();
    const configured = relay({ host: '10.0.0.7', verifyAs: 'cert.test' });
    expect(addressesOf(await resolve('p.test', resolver, { configured }))).toEqual(['cert.test 10.0.0.7']);
    expect(resolver.asked).toEqual([]);
  });

  it('MX-3, MX-4: a relay takes mail for address literals too', async () => {
    const route = await resolve('[8.8.1.1]', dns(), { configured: relay() });
    expect(route).toMatchObject({ via: 'relay', targets: [{ host: 'relay.test' }] });
  });

  it('MX-4: an address without the name to verify is refused by a ConfigError', async () => {
    await expect(resolve('p.test', dns(), { configured: relay({ host: '10.0.0.7' }) })).rejects.toMatchObject(
      {
        code: 'route-needs-verify-as',
        message: expect.stringContaining('verifyAs'),
      },
    );
  });

  it('MX-4: a relay that cannot be resolved is temporary: the recipient can do nothing about it', async () => {
    const gone = await resolve('p.test', zones({}), { configured: relay() });
    expect(reasonOf(gone)).toBe('host-unresolved');
    const timeout = await resolve('p.test', zones({ 'relay.test': { a: 'timeout' } }), {
      configured: relay(),
    });
    expect(reasonOf(timeout)).toBe('dns-timeout');
    expect(describeReason('host-unresolved').effect).toBe('retry');
  });
});
