/**
 * Where roots come from: those bundled with Node, those of the system, or PEM. The environment
 * (NODE_EXTRA_CA_CERTS, SSL_CERT_FILE) is never asked unless the host asks for the system's store by name.
 */
import tls from 'node:tls';
import { ConfigError } from '../core/errors.js';
import { parseCertificates } from './parse.js';
import { createTrustStore, type TrustStore } from './trust-store.js';

/** The roots bundled with this Node release, and nothing that the environment adds. */
export function bundledRoots(): TrustStore {
  return pemStore(tls.rootCertificates, `node-${process.versions.node}-bundled`);
}

/** The roots of the operating system. @throws ConfigError `store-unavailable` before Node 22.15 */
export function systemRoots(): TrustStore {
  const source = (tls as { getCACertificates?: (type: string) => string[] }).getCACertificates;
  if (source === undefined) {
    throw new ConfigError(
      'store-unavailable',
      'systemRoots: needs Node 22.15 or later; use bundledRoots() or pemStore()',
    );
  }
  return pemStore(source('system'), 'system');
}

/**
 * Roots in PEM, one text or several. `date` says when the list was made (milliseconds since the epoch), so that somebody
 * is told when it gets old; default null, not known.
 * @throws ConfigError `certificate-unreadable`
 */
export function pemStore(
  pem: string | readonly string[],
  name = 'pem',
  date: number | null = null,
): TrustStore {
  const texts = typeof pem === 'string' ? [pem] : pem;
  return createTrustStore(
    name,
    texts
      .flatMap((text) => parseCertificates(text))
      .map((certificate) => ({ certificate, distrustAfter: null })),
    { date },
  );
}
