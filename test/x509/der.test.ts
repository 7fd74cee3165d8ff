/**
 * The reader of DER: what it takes, what it refuses, and that whatever it is given it answers with a value or with its one
 * declared error, in bounded time.
 */
import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAuthority } from '../../src/testing/authority.js';
import { parseCertificate, parseCertificates, pemStore, walkPath } from '../../src/x509/index.js';
import {
  readBits,
  readBoolean,
  readChildren,
  readElement,
  readHexInteger,
  readOid,
  readOnly,
  readSmallInteger,
  readTime,
  TAG,
} from '../../src/x509/der.js';
import { readNameConstraints } from '../../src/x509/name-constraints.js';
import { chainOf, factsOf } from './certdata-text.js';

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');
const unreadable = expect.objectContaining({ name: 'ConfigError', code: 'certificate-unreadable' }) as Error;
const authority = await createAuthority();

describe('one element', () => {
  it.each([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['content cut short', '3003 0500'],
    ['an indefinite length', '3080 0500 0000'],
    ['a length of five octets', '3085 0000000002 0500'],
    ['a length that fits one octet, in two', '3081 02 0500'],
    ['a length with a leading zero', `3082 0080 ${'00'.repeat(128)}`],
    ['a length cut short', '3082 01'],
    ['a tag of several octets', '1f8101 00'],
    ['more than is there, by four gigabytes', '3084 ffffffff 00'],
  ])('CI-20: %s is refused', (_title, octets) => {
    expect(() => readElement(hex(octets))).toThrow(unreadable);
  });

  it('CI-20: content and whole, with a short and with a long length', () => {
    expect(readElement(hex('0c0161ff'))).toMatchObject({ tag: 0x0c, content: hex('61'), raw: hex('0c0161') });
    expect(readElement(hex(`048180${'ab'.repeat(128)}`)).content).toHaveLength(128);
    expect(readOnly(hex('0500'), 0x05, 'null').content).toHaveLength(0);
    expect(() => readOnly(hex('050000'), 0x05, 'null')).toThrow(unreadable);
    expect(() => readOnly(hex('0500'), TAG.integer, 'number')).toThrow(unreadable);
  });

  it('CI-20: no more children than allowed', () => {
    expect(readChildren(hex('050005000500'), 3)).toHaveLength(3);
    expect(() => readChildren(hex('050005000500'), 2)).toThrow(unreadable);
  });
});

describe('values', () => {
  const element = (tag: number, content: string) => ({ tag, content: hex(content), raw: hex('') });

  it('CI-20: one identifier is written in one way', () => {
    expect(readOid(hex('551d13'))).toBe('2.5.29.19');
    expect(readOid(hex('2a864886f70d01010b'))).toBe('1.2.840.113549.1.1.11');
    expect(readOid(hex('883703'))).toBe('2.999.3');
    // Padded, unfinished, empty, beyond what a number holds.
    for (const bad of ['551d8013', '551d1380', '80551d13', '', `55${'ff'.repeat(9)}7f`])
      expect(() => readOid(hex(bad))).toThrow(unreadable);
  });

  it('CI-5, CI-20: booleans, small integers and bit strings in the one form that DER has', () => {
    expect([readBoolean(element(1, 'ff')), readBoolean(element(1, '00'))]).toEqual([true, false]);
    for (const bad of ['', '01', 'ffff']) expect(() => readBoolean(element(1, bad))).toThrow(unreadable);
    expect(readSmallInteger(element(2, '0102'))).toBe(258);
    for (const bad of ['', 'ff', '0100000000'])
      expect(() => readSmallInteger(element(2, bad))).toThrow(unreadable);
    expect(readHexInteger(element(2, '0000ab'))).toBe('ab');
    expect(readHexInteger(element(2, '00'))).toBe('00');
    expect(readBits(element(3, '07ff'))).toEqual(hex('ff'));
    for (const bad of ['', '08ff']) expect(() => readBits(element(3, bad))).toThrow(unreadable);
  });

  it.each([
    [TAG.utcTime, '491231235959Z', Date.UTC(2049, 11, 31, 23, 59, 59)],
    [TAG.utcTime, '500101000000Z', Date.UTC(1950, 0, 1)],
    [TAG.generalizedTime, '20500101000000Z', Date.UTC(2050, 0, 1)],
    [TAG.generalizedTime, '20240229120000Z', Date.UTC(2024, 1, 29, 12)],
    [TAG.generalizedTime, '99991231235959Z', Number.POSITIVE_INFINITY],
    [TAG.utcTime, '4912312359Z', null],
    [TAG.utcTime, '491231235959+0100', null],
    [TAG.utcTime, '20491231235959Z', null],
    [TAG.generalizedTime, '20500101000000.5Z', null],
    [TAG.generalizedTime, '00500101000000Z', null],
    [TAG.generalizedTime, '20230229120000Z', null],
    [TAG.generalizedTime, '20501301000000Z', null],
    [TAG.generalizedTime, '20500101240000Z', null],
    [TAG.octetString, '500101000000Z', null],
  ])('CI-7: a time with tag %i, %s', (tag, text, time) => {
    const content = Buffer.from(text);
    const read = () => readTime({ tag, content, raw: content });
    if (time === null) expect(read).toThrow(unreadable);
    else expect(read()).toBe(time);
  });
});

/** The value of `run`, or null where it threw the declared error; anything else is a fault. */
function settle<T>(run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    expect(error).toEqual(unreadable);
    return null;
  }
}

/** DER that nests, of any tags, up to a few hundred octets. */
const nested = fc.letrec<{ node: Buffer }>((tie) => ({
  node: fc
    .tuple(
      fc.constantFrom(
        0x01,
        0x02,
        0x03,
        0x04,
        0x05,
        0x06,
        0x0c,
        0x13,
        0x17,
        0x18,
        0x1e,
        0x30,
        0x31,
        0x80,
        0x82,
        0x87,
        0xa0,
        0xa1,
        0xa3,
      ),
      fc.oneof(
        { maxDepth: 6, withCrossShrink: true },
        fc.uint8Array({ maxLength: 20 }).map((octets) => Buffer.from(octets)),
        fc.array(tie('node'), { maxLength: 5 }).map((parts) => Buffer.concat(parts)),
      ),
    )
    .map(([tag, content]) => wrap(tag, content)),
})).node;

const samples = [
  authority.forHost('mx1.partner.example'),
  authority.fault('nameConstraint', 'mx1.partner.example'),
  authority.issue({
    dns: ['a.example'],
    ip: ['192.0.2.1', '2001:db8::1'],
    email: ['a@a.example'],
    uri: ['https://a.example'],
    mustStaple: true,
    issuerUrl: 'http://a.example',
    organisation: 'O',
    key: 'rsa2048',
  }),
].flatMap(({ chain }) => parseCertificates(chain).map(({ der }) => Buffer.from(der)));

describe('any octets', () => {
  it('AT-51, CI-20: the reader of certificates gives a certificate or its one error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), nested), (octets) => {
        settle(() => parseCertificate(octets));
        settle(() => readNameConstraints(octets));
        settle(() => readChildren(octets));
        settle(() => readOid(octets));
      }),
      { numRuns: 2000 },
    );
  });

  it('AT-51, CI-20: so it does for real certificates with octets changed, cut out, put in or doubled', () => {
    const change = fc.record({
      which: fc.nat(samples.length - 1),
      at: fc.nat(2000),
      drop: fc.nat(12),
      put: fc.uint8Array({ maxLength: 12 }),
      also: fc.nat(2000),
      value: fc.nat(255),
    });
    let read = 0;
    fc.assert(
      fc.property(change, ({ which, at, drop, put, also, value }) => {
        const whole = samples[which] ?? Buffer.alloc(0);
        const from = at % whole.length;
        const octets = Buffer.concat([whole.subarray(0, from), put, whole.subarray(from + drop)]);
        const flipped = Buffer.from(whole);
        flipped[also % flipped.length] = value;
        settle(() => parseCertificate(octets));
        const certificate = settle(() => parseCertificate(flipped));
        if (certificate === null) return;
        read += 1;
        // What could be read can be judged, whatever it says.
        expect(certificate.names.every((name) => name.value.length <= 260)).toBe(true);
        walkPath(certificate, [certificate, factsOf(authority.intermediate)], pemStore(authority.trust));
      }),
      { numRuns: 1500 },
    );
    expect(read).toBeGreaterThan(100);
  });

  it('AT-51, CI-20: a whole one that is one octet shorter or longer is none', () => {
    for (const whole of samples) {
      expect(settle(() => parseCertificate(whole))).not.toBeNull();
      expect(settle(() => parseCertificate(whole.subarray(1)))).toBeNull();
      expect(settle(() => parseCertificate(whole.subarray(0, -1)))).toBeNull();
      expect(settle(() => parseCertificate(Buffer.concat([whole, hex('00')])))).toBeNull();
    }
  });

  it('AT-51: PEM of any text', () => {
    const line = fc.constantFrom(
      '-----BEGIN CERTIFICATE-----\n',
      '-----END CERTIFICATE-----\n',
      'MIIB',
      '\n',
      '=',
      '!',
      authority.trust,
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const certificates = settle(() => parseCertificates(lines.join('')));
        if (certificates !== null) expect(certificates.length).toBeGreaterThan(0);
      }),
    );
    expect(chainOf(authority.forHost('a.example'))).toHaveLength(2);
  });

  it.each([
    ['sequences within sequences', nest(60_000), 'no signature algorithm'],
    ['elements without end', wrap(0x30, Buffer.alloc(500_000).fill(hex('3000'))), 'more than 3 elements'],
    ['more than half a megabyte', wrap(0x30, Buffer.alloc(0x80000)), 'more than 524288'],
    ['extensions without end', withExtensions(100_000), 'more than 200 elements'],
  ])('AT-51, AT-13: %s are refused at once', (_title, octets, why) => {
    const started = performance.now();
    expect(() => parseCertificate(octets)).toThrow(why);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

/** An element of any size, its length as short as DER wants it. */
function wrap(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([headOf(tag, content.length), content]);
}

function headOf(tag: number, length: number): Buffer {
  const size: number[] = [];
  for (let rest = length; rest > 0; rest >>= 8) size.unshift(rest & 255);
  return Buffer.from(length < 128 ? [tag, length] : [tag, 0x80 + size.length, ...size]);
}

/** Sequences within sequences, `depth` of them. */
function nest(depth: number): Buffer {
  // Built from the inside: each head stands before what is there already.
  const heads: Buffer[] = [];
  let length = 0;
  for (let i = 0; i < depth; i += 1) {
    const head = headOf(0x30, length);
    heads.push(head);
    length += head.length;
  }
  return Buffer.concat(heads.toReversed());
}

/** A certificate whose list of extensions has been blown up. */
function withExtensions(count: number): Buffer {
  const [tbs, ...rest] = readChildren(readElement(samples[0] ?? hex('3000')).content);
  const fields = readChildren(tbs?.content ?? hex('')).slice(0, -1);
  const list = wrap(0xa3, wrap(0x30, Buffer.alloc(count * 4).fill(hex('30020500'))));
  const body = wrap(0x30, Buffer.concat([...fields.map(({ raw }) => raw), list]));
  return wrap(0x30, Buffer.concat([body, ...rest.map(({ raw }) => raw)]));
}
