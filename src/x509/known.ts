/**
 * Certificates that were read before. A partner shows the same ones at each handshake, and all partners together few
 * authorities; what was read once, for these very octets, is not read again.
 */
import { hash, X509Certificate } from 'node:crypto';
import { keepNewest } from '../core/newest.js';
import type { Certificate } from './certificate.js';
import { parseCertificate } from './parse.js';

const known = new Map<string, Certificate>();
const MAX_KNOWN = 2000;
/** Larger ones are read each time: the memory stays below 32 MB whatever servers send. */
const MAX_OCTETS = 16 * 1024;

/** What OpenSSL has read, by the very object that holds the octets. */
const opened = new WeakMap<Uint8Array, X509Certificate>();

/** Notes that OpenSSL has read these octets. */
export function noteOpened(der: Uint8Array, certificate: X509Certificate): void {
  opened.set(der, certificate);
}

/** The certificate as OpenSSL reads it, for one use. @throws what OpenSSL says of octets that it cannot read */
export function openCertificate(der: Uint8Array): X509Certificate {
  const found = opened.get(der) ?? new X509Certificate(der);
  opened.delete(der);
  return found;
}

/** Reads one certificate in DER, or remembers it. @throws ConfigError `certificate-unreadable` */
export function readCertificate(der: Uint8Array): Certificate {
  if (der.length > MAX_OCTETS) return parseCertificate(der);
  const key = hash('sha256', der, 'base64');
  const found = known.get(key) ?? parseCertificate(der);
  // The one that was not used for longest goes first.
  keepNewest(known, key, found, MAX_KNOWN);
  return found;
}
