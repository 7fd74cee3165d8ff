/**
 * Faults of TLS itself: versions, suites, groups, client certificates, tickets, broken handshakes, renegotiation. What
 * OpenSSL no longer serves (RC4, 3DES, export suites, SSL 3) is played with a forged ServerHello.
 */
import { randomBytes } from 'node:crypto';
import type { Play } from './play.js';

/** A handshake record with a ServerHello that picks this version and suite, whatever the client offered. */
function forgeServerHello(version: number, suite: number): Buffer {
  const hello = Buffer.alloc(38);
  hello.writeUInt16BE(version, 0);
  randomBytes(32).copy(hello, 2);
  // No session, the suite, no compression.
  hello.writeUInt16BE(suite, 35);
  const head = Buffer.from([2, 0, 0, hello.length]);
  const record = Buffer.alloc(5);
  record[0] = 22;
  record.writeUInt16BE(version, 1);
  record.writeUInt16BE(head.length + hello.length, 3);
  return Buffer.concat([record, head, hello]);
}

const forged = (says: string, version: number, suite: number): Play => ({
  says: `the server picks ${says}, which the client never offered`,
  at: { clientHello: (s) => s.write(forgeServerHello(version, suite)) },
});

const TLS12 = 0x0303;
const only12 = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;

/** By name. */
export const handshakeFaults = {
  implicitTlsOn25: {
    says: 'the port expects TLS from the first octet and says nothing in clear',
    implicitTls: true,
  },
  tls10Only: {
    says: 'TLS 1.0 is the only version',
    tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1' },
  },
  tls11Only: {
    says: 'TLS 1.1 is the newest version',
    tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' },
  },
  tls12Only: { says: 'TLS 1.2 is the newest version', tls: only12 },
  tls13Only: {
    says: 'TLS 1.3 is the only version',
    tls: { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' },
  },
  'cipherOnly:AES128-SHA': {
    says: 'the only suite is AES128-SHA: no forward secrecy, CBC, SHA-1',
    tls: { ...only12, ciphers: 'AES128-SHA', key: 'rsa2048' },
  },
  'cipherOnly:AES128-GCM-SHA256': {
    says: 'the only suite is AES128-GCM-SHA256: no forward secrecy',
    tls: { ...only12, ciphers: 'AES128-GCM-SHA256', key: 'rsa2048' },
  },
  'cipherOnly:ECDHE-ECDSA-AES128-SHA': {
    says: 'the only suite is ECDHE-ECDSA-AES128-SHA: CBC, SHA-1',
    tls: { ...only12, ciphers: 'ECDHE-ECDSA-AES128-SHA' },
  },
  weakSuiteOnly: {
    says: 'the only suite does not encrypt (NULL-SHA256)',
    tls: { ...only12, ciphers: 'NULL-SHA256', key: 'rsa2048' },
  },
  anonymousSuiteOnly: {
    says: 'the only suite shows no certificate (ADH-AES128-SHA256)',
    tls: { ...only12, ciphers: 'ADH-AES128-SHA256', dhGroup: 'modp14' },
  },
  dhe1024: {
    says: 'the only suites use a Diffie-Hellman group of 1024 bits',
    tls: { ...only12, ciphers: 'DHE-RSA-AES128-GCM-SHA256', dhGroup: 'modp2', key: 'rsa2048' },
  },
  'forgedHello:SSLv3': forged('SSL 3 with 3DES', 0x0300, 0x000a),
  'forgedHello:RC4': forged('RC4-SHA', TLS12, 0x0005),
  'forgedHello:3DES': forged('DES-CBC3-SHA', TLS12, 0x000a),
  'forgedHello:EXPORT': forged('EXP-RC4-MD5 under TLS 1.0', 0x0301, 0x0003),
  alertInHandshake: {
    says: 'the handshake is answered with the alert handshake_failure',
    at: { clientHello: (s) => s.write(Buffer.from([21, 3, 3, 0, 2, 2, 40])) },
  },
  unrecognizedName: {
    says: 'the handshake is answered with the alert unrecognized_name',
    at: { clientHello: (s) => s.write(Buffer.from([21, 3, 3, 0, 2, 2, 112])) },
  },
  noiseInHandshake: {
    says: 'the handshake is answered with octets that mean nothing',
    // The first octet is no TLS record type, so the noise is noise every time.
    at: { clientHello: (s) => s.write(Buffer.concat([Buffer.from([0]), randomBytes(400)])) },
  },
  truncatedHandshake: {
    says: 'the connection is closed in the middle of the ServerHello',
    at: {
      clientHello: (s) => {
        s.write(forgeServerHello(TLS12, 0xc02f).subarray(0, 20));
        s.end();
      },
    },
  },
  clientCertRequested: {
    says: 'a client certificate is asked for and may be missing',
    tls: { clientCertificate: 'request' },
  },
  'clientCertRequired:tls12': {
    says: 'a client certificate is required, TLS 1.2: the handshake fails',
    tls: { ...only12, clientCertificate: 'require' },
  },
  'clientCertRequired:tls13': {
    says: 'a client certificate is required, TLS 1.3: the handshake succeeds for the client and the alert comes after it',
    tls: { minVersion: 'TLSv1.3', clientCertificate: 'require' },
  },
  ticketsOffered: {
    says: 'tickets are offered with which a client could resume its session',
    tls: { tickets: true },
  },
  renegotiation: {
    says: 'a renegotiation is asked for after EHLO (TLS 1.2)',
    tls: only12,
    at: {
      ehloInTls: (s, proceed) => {
        s.renegotiate();
        proceed();
      },
    },
  },
} as const satisfies Record<string, Play>;
