import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { isConfigError } from '../core/errors.js';
import { createAuthority } from '../testing/authority.js';
import { bundledRoots } from './roots.js';
import { noteOpened, openCertificate, readCertificate } from './known.js';
import { parseCertificate } from './parse.js';

const authority = await createAuthority();

it('CI-20: equal octets are read once, and what is remembered is what reading them gives', () => {
  const { der } = authority.forHost('mx.known.test');
  const first = readCertificate(der);
  expect(first).toEqual(parseCertificate(der));
  expect(readCertificate(Buffer.from(der))).toBe(first);
  expect(readCertificate(authority.forHost('mx.known.test').der)).not.toBe(first);
});

it('CI-20: one octet that differs is another certificate, and damaged ones are refused each time', () => {
  const { der } = authority.forHost('mx.known.test');
  readCertificate(der);
  const damaged = Buffer.from(der);
  damaged[1] = 0xff;
  for (let i = 0; i < 2; i += 1)
    expect(() => readCertificate(damaged)).toThrow(expect.toSatisfy(isConfigError));
});

it('AT-13: very large ones are not remembered', () => {
  const { der } = authority.issue({
    dns: Array.from({ length: 1000 }, (_, i) => `host-number-${i}.known.test`),
  });
  expect(der.length).toBeGreaterThan(16 * 1024);
  expect(readCertificate(der)).not.toBe(readCertificate(der));
});

it('AT-13: the least recently used one is forgotten', () => {
  const [kept, gone] = bundledRoots().anchors.map(({ certificate }) => certificate.der);
  if (kept === undefined || gone === undefined) throw new Error('no roots');
  const [first, second] = [readCertificate(kept), readCertificate(gone)];
  for (let i = 0; i < 1999; i += 1) {
    readCertificate(withSerial(gone, i));
    readCertificate(kept);
  }
  expect(readCertificate(kept)).toBe(first);
  expect(readCertificate(gone)).not.toBe(second);
});

/** The same certificate with another serial number; its signature does not fit, which reading does not ask. */
function withSerial(der: Uint8Array, serial: number): Uint8Array {
  const other = Buffer.from(der);
  const { serialNumber } = new X509Certificate(der);
  const at = other.indexOf(Buffer.from(serialNumber, 'hex'));
  other.writeUInt16BE(0x0100 + serial, at + serialNumber.length / 2 - 2);
  return other;
}

it('CI-2: what OpenSSL has read of a session is used for its own octets, once', () => {
  const { der } = authority.forHost('mx.known.test');
  const opened = new X509Certificate(der);
  noteOpened(der, opened);
  expect(openCertificate(Buffer.from(der))).not.toBe(opened);
  expect(openCertificate(der)).toBe(opened);
  expect(openCertificate(der)).not.toBe(opened);
});
