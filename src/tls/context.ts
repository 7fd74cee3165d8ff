/**
 * Secure contexts: roots, suites, versions and client certificate, fixed explicitly so that no environment variable and
 * no OPENSSL_CONF changes them. A context with all roots costs about a megabyte and several milliseconds, so they are
 * kept, few and by content. What else a plan asks (issuer, pins, names, dates) is judged after the handshake.
 */
import { constants, createHash } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { keepNewest } from '../core/newest.js';
import type { TrustStore } from '../x509/trust-store.js';
import { offeredSuites, type SuiteRules } from './suites.js';

/** RFC 9325 §4.5, CV-10: the smallest finite-field group, in bits; an option of the connection, not of the context. */
export const MIN_DH_BITS = 2048;

/** What decides a context. */
export interface ContextRequest {
  readonly store: TrustStore;
  readonly suites: SuiteRules;
  readonly minProtocol: 'TLSv1' | 'TLSv1.2' | 'TLSv1.3';
  readonly clientCertificate: {
    readonly key: string | Uint8Array;
    readonly cert: string | Uint8Array;
    readonly passphrase?: string;
  } | null;
  /** False: no hybrid key shares, for the one retry of CV-3. Default true. */
  readonly hybrid?: boolean;
}

/** Keeps contexts. */
export interface SecureContexts {
  get(request: ContextRequest): SecureContext;
  readonly size: number;
}

// RFC 9325 §4.5: no SHA-1, no MD5.
const SIGNATURES = [
  'ecdsa_secp256r1_sha256',
  'ecdsa_secp384r1_sha384',
  'ecdsa_secp521r1_sha512',
  'ed25519',
  'rsa_pss_rsae_sha256',
  'rsa_pss_rsae_sha384',
  'rsa_pss_rsae_sha512',
  'rsa_pkcs1_sha256',
  'rsa_pkcs1_sha384',
  'rsa_pkcs1_sha512',
].join(':');

// RFC 8446 §9.1: P-256 must be there, X25519 should. Said explicitly, or OPENSSL_CONF would decide.
const CLASSIC_GROUPS = 'X25519:P-256:P-384:P-521';
// OpenSSL 3.5 has the hybrid group; `*` sends a key share for each of the two, as its own default does.
const HYBRID_GROUPS = '*X25519MLKEM768:*X25519:P-256:P-384:P-521';

/** Whether this OpenSSL sends hybrid key shares at all, so that a handshake without them is another one (CV-3). */
export const offersHybrid = isOpenSslAtLeast(3, 5);

/** Makes a bounded cache of contexts; the least recently used one is dropped. */
export function createSecureContexts(options: { max?: number } = {}): SecureContexts {
  const max = options.max ?? 20;
  const kept = new Map<string, SecureContext>();
  return {
    get size() {
      return kept.size;
    },
    get(request) {
      const key = keyOf(request);
      const context = kept.get(key) ?? makeContext(request);
      keepNewest(kept, key, context, max);
      return context;
    },
  };
}

function suiteText(request: ContextRequest): string {
  const names = offeredSuites(request.suites).map((suite) => suite.name);
  // The level is part of the string so that OPENSSL_CONF and NODE_OPTIONS cannot lower it; TLS 1.0 and 1.1 sign with
  // SHA-1, which OpenSSL 3 takes at level 0 alone (CV-4).
  return `${names.join(':')}:@SECLEVEL=${request.minProtocol === 'TLSv1' ? 0 : 1}`;
}

function keyOf(request: ContextRequest): string {
  const { clientCertificate: client } = request;
  const identity =
    client === null
      ? ''
      : createHash('sha256').update(client.cert).update('\0').update(client.key).digest('hex');
  return [request.store.id, suiteText(request), request.minProtocol, identity, request.hybrid !== false].join(
    '|',
  );
}

function makeContext(request: ContextRequest): SecureContext {
  const { clientCertificate: client } = request;
  return createSecureContext({
    ca: request.store.anchors.map((anchor) => pemOf(anchor.certificate.der)),
    ciphers: suiteText(request),
    minVersion: request.minProtocol,
    maxVersion: 'TLSv1.3',
    sigalgs: SIGNATURES,
    // CV-11: what was judged is the first handshake, so there is no second. `disableRenegotiation` of a client's socket
    // does nothing in Node.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ecdhCurve: offersHybrid && request.hybrid !== false ? HYBRID_GROUPS : CLASSIC_GROUPS,
    ...(client === null
      ? {}
      : {
          key: Buffer.from(client.key),
          cert: Buffer.from(client.cert),
          ...(client.passphrase === undefined ? {} : { passphrase: client.passphrase }),
        }),
  });
}

function isOpenSslAtLeast(major: number, minor: number): boolean {
  const [ours = 0, second = 0] = (process.versions.openssl ?? '').split('.').map(Number);
  return ours > major || (ours === major && second >= minor);
}

function pemOf(der: Uint8Array): string {
  return `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`;
}
