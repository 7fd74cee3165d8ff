/**
 * Where to connect, and as whom to speak there.
 */

/** One address of one host. */
export interface Endpoint {
  /** Canonical host name; it is sent as SNI and is what the certificate is held against (ST-14, ST-15). */
  readonly host: string;
  /** IPv4 or IPv6 literal. */
  readonly address: string;
  readonly port: number;
  /** `starttls` (ports 25, 587) or TLS from the first byte (465, relays only: ST-17). */
  readonly tls: 'starttls' | 'implicit';
}

/** True for two addresses of one host that are spoken to in the same way. */
export function isSameHost(a: Endpoint, b: Endpoint): boolean {
  return a.host === b.host && a.port === b.port && a.tls === b.tls;
}

/** What STARTTLS, or an implicit handshake, is given: all of it decides the handshake, none of it the verdict. */
export interface TlsOptions {
  /** Made by `SecureContexts`; trust, suites, versions and client certificate are inside. */
  readonly secureContext: import('node:tls').SecureContext;
  /** Null: send no SNI (an IP literal). */
  readonly servername: string | null;
  /** Smallest finite-field Diffie-Hellman group in bits; default 2048 (CV-10). */
  readonly minDhBits?: number;
}
