import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeAddress } from './address-guard.js';
import { parseNetwork } from './ip.js';

const isAllowed = (address: string): boolean => judgeAddress(address).allowed;

const REFUSED: Readonly<Record<string, readonly string[]>> = {
  unspecified: ['0.0.0.0', '::', '0.1.2.3'],
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  private: [
    '10.0.0.0',
    '10.255.255.255',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    'fc00::1',
    'fdff::1',
  ],
  'link-local': ['169.254.0.1', '169.254.169.254', 'fe80::1', 'febf::1', 'fec0::1'],
  'carrier NAT': ['100.64.0.1', '100.127.255.255'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  reserved: ['240.0.0.1', '255.255.255.255', '192.0.0.1', '192.88.99.1', '4000::1', '::2', '100::1'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
  benchmarking: ['198.18.0.1', '198.19.255.255', '2001:2::1'],
  'IPv4 written as IPv6': ['::ffff:8.8.8.8', '::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1'],
  'NAT64 around what is refused': ['64:ff9b::127.0.0.1', '64:ff9b::a00:1', '64:ff9b:1::8.8.8.8'],
  '6to4 around what is refused': ['2002:7f00:1::', '2002:a00:1::1', '2002:a9fe:a9fe::'],
  Teredo: ['2001::1', '2001:0:808:808::1'],
};

describe('what is refused', () => {
  for (const [kind, addresses] of Object.entries(REFUSED)) {
    it.each(addresses)(`AT-36: ${kind}: %s`, (address) => {
      expect(judgeAddress(address)).toEqual({ allowed: false, why: expect.stringMatching(/.{5}/) });
    });
  }

  it.each([
    '',
    'a.test',
    '127.1',
    '0x7f.0.0.1',
    '010.0.0.1',
    '2130706433',
    '8.8.8.8/32',
    'fe80::1%eth0',
    '1::2::3',
  ])('AT-36: %j, which is no address in its one strict form', (text) => {
    expect(judgeAddress(text, true)).toEqual({ allowed: false, why: 'not an IP address' });
  });
});

describe('what is allowed', () => {
  const addresses =
    '8.8.8.8 1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 172.15.255.255 172.32.0.0 192.0.3.0 198.17.255.255 198.20.0.0 223.255.255.255';
  const ipv6 = '2606:4700::1111 2a00::1 2001:200::1 64:ff9b::8.8.8.8 2002:808:808::1';
  it.each(`${addresses} ${ipv6}`.split(' '))('AT-36: the public address %s', (address) => {
    expect(judgeAddress(address)).toEqual({ allowed: true, why: '' });
  });
});

describe('exceptions', () => {
  it('AT-36: a network that the host names, and nothing beside it', () => {
    const allow = [parseNetwork('10.1.0.0/16'), parseNetwork('fd00:1::/32'), parseNetwork('127.0.0.1')];
    expect(judgeAddress('10.1.255.1', allow).allowed).toBe(true);
    expect(judgeAddress('10.2.0.1', allow).allowed).toBe(false);
    expect(judgeAddress('fd00:1::1', allow).allowed).toBe(true);
    expect(judgeAddress('fd00:2::1', allow).allowed).toBe(false);
    expect(judgeAddress('127.0.0.1', allow).allowed).toBe(true);
    expect(judgeAddress('127.0.0.2', allow).allowed).toBe(false);
    expect(judgeAddress('::ffff:10.1.0.1', allow).allowed).toBe(false);
  });

  it('AT-36: unspecified, multicast and broadcast addresses have none', () => {
    for (const address of [
      '0.0.0.0',
      '::',
      '224.0.0.1',
      '255.255.255.255',
      'ff02::1',
      '64:ff9b::224.0.0.1',
    ]) {
      expect(judgeAddress(address, true).allowed).toBe(false);
    }
    expect(judgeAddress('127.0.0.1', true).allowed).toBe(true);
    expect(judgeAddress('fe80::1', true).allowed).toBe(true);
  });
});

describe('against the block list of Node', () => {
  const private4 = new BlockList();
  for (const [net, bits] of [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.88.99.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 3],
  ] as const) {
    private4.addSubnet(net, bits, 'ipv4');
  }
  const near = fc
    .constantFrom(0, 9, 10, 100, 127, 169, 172, 192, 198, 203, 223, 224, 255)
    .chain((first) => fc.tuple(fc.constant(first), fc.nat(255), fc.nat(255), fc.nat(255)));

  it('AT-36: every IPv4 address is judged as Node places it', () => {
    fc.assert(
      fc.property(near, (octets) => {
        const address = octets.join('.');
        expect(isAllowed(address)).toBe(!private4.check(address, 'ipv4'));
      }),
      { numRuns: 1000 },
    );
  });

  it('AT-36: an IPv4 address inside NAT64 or 6to4 is judged like itself, and mapped ones never pass', () => {
    fc.assert(
      fc.property(near, (octets) => {
        const address = octets.join('.');
        const hex = octets.map((octet) => octet.toString(16).padStart(2, '0'));
        expect(isAllowed(`64:ff9b::${address}`)).toBe(isAllowed(address));
        expect(isAllowed(`2002:${hex[0]}${hex[1]}:${hex[2]}${hex[3]}::1`)).toBe(isAllowed(address));
        expect(isAllowed(`::ffff:${address}`)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});
