import { isIP, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInNetwork, parseIp, parseNetwork } from './ip.js';

describe('addresses', () => {
  it('RFC 4291 §2.2: the three text forms of IPv6 are read', () => {
    const value = 0x2001_0db8_0000_0000_0008_0800_200c_417an;
    for (const text of [
      '2001:db8:0:0:8:800:200c:417a',
      '2001:DB8::8:800:200C:417A',
      '2001:db8::8:800:32.12.65.122',
    ]) {
      expect(parseIp(text)).toEqual({ family: 6, value });
    }
    expect(parseIp('::')).toEqual({ family: 6, value: 0n });
    expect(parseIp('1::')).toEqual({ family: 6, value: 1n << 112n });
    expect(parseIp('192.0.2.1')).toEqual({ family: 4, value: 0xc000_0201n });
  });

  it('RFC 4291 §2.2: what Node takes for an address, and nothing else, is one', () => {
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string({ unit: fc.constantFrom('0', '1', 'f', ':', '::', '.', '255', '256', '00'), maxLength: 12 }),
    );
    fc.assert(
      fc.property(text, (candidate) => {
        expect(parseIp(candidate)?.family ?? 0).toBe(candidate.length > 45 ? 0 : isIP(candidate));
      }),
      { numRuns: 2000 },
    );
  });

  it('AT-36: zone ids, ports and brackets are no part of an address', () => {
    expect(isIPv6('fe80::1%1')).toBe(true);
    for (const text of ['fe80::1%1', '[::1]', '127.0.0.1:25', '1.2.3', '1.2.3.4.5', '01.2.3.4', ' 1.2.3.4']) {
      expect(parseIp(text)).toBeNull();
    }
  });
});

describe('networks', () => {
  it('RFC 4632 §3.1: the first bits decide', () => {
    const network = parseNetwork('10.32.0.0/11');
    const contains = (text: string): boolean => {
      const ip = parseIp(text);
      return ip !== null && isInNetwork(ip, network);
    };
    expect(['10.32.0.0', '10.63.255.255', '10.31.255.255', '10.64.0.0', '::a20:0'].map(contains)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    const all = parseNetwork('::/0');
    expect(isInNetwork({ family: 6, value: 7n }, all)).toBe(true);
    expect(isInNetwork({ family: 4, value: 7n }, all)).toBe(false);
  });

  it.each([
    '',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    'fd00::/129',
    'a.test/8',
    '10/8',
    '1.2.3.4/8/8',
  ])('RFC 4632 §3.1: %j is refused by a ConfigError that quotes it', (text) => {
    expect(() => parseNetwork(text, 'where')).toThrow(
      expect.objectContaining({ code: 'network-invalid', message: expect.stringContaining(`"${text}"`) }),
    );
  });
});
