import { describe, expect, it } from 'vitest';
import { parseRouteOptions, type RouteOptions } from './options.js';

describe('options of the route', () => {
  it('MX-16: the defaults are five hosts, ten addresses, port 25 and both families', () => {
    expect(parseRouteOptions({})).toMatchObject({
      families: ['ipv6', 'ipv4'],
      port: 25,
      maxHosts: 5,
      maxAddresses: 10,
      allowed: false,
      confirmation: null,
    });
  });

  it.each([
    [{ familys: ['ipv4'] }, 'option-unknown', 'did you mean "families"'],
    [{ families: [] }, 'route-invalid', 'each once'],
    [{ families: ['ipv4', 'ipv4'] }, 'route-invalid', 'each once'],
    [{ families: ['ipv5'] }, 'route-invalid', 'each once'],
    [{ port: 70_000 }, 'route-invalid', 'a port from 1 to 65535'],
    [{ maxHosts: 0 }, 'route-invalid', 'maxHosts'],
    [{ maxAddresses: 101 }, 'route-invalid', 'from 1 to 100'],
    [{ ownNames: ['192.0.2.1'] }, 'route-invalid', 'ownAddresses'],
    [{ ownAddresses: ['us.test'] }, 'route-invalid', 'IP addresses'],
    [{ ownAddresses: ['10.0.0.0/8'] }, 'route-invalid', 'IP addresses'],
    [{ allowPrivateAddresses: ['10.0.0.0/33'] }, 'network-invalid', 'allowPrivateAddresses'],
  ])('MX-16: %j is refused: %s, %s', (options, code, says) => {
    expect(() => parseRouteOptions(options as RouteOptions)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(says) }),
    );
  });
});
