/**
 * What a TLS handshake showed, as plain values: the judges read this and never a socket, so they can be tested on
 * anything. Certificates are DER; parsing and judging come later.
 */

import type { TLSSocket } from 'node:tls';
import { noteOpened } from '../x509/known.js';
import { findSuite } from './suites.js';

/** Facts about the peer, read once, right after the handshake. */
export interface PeerFacts {
  /** `TLSv1.2`, `TLSv1.3`, ... as negotiated. */
  readonly protocol: string;
  readonly cipher: {
    /** OpenSSL's name. */
    readonly name: string;
    /** The registered (IANA) name, `TLS_...`. */
    readonly standardName: string;
    readonly bits: number;
  };
  /** Ephemeral key: `{type: 'ECDH', name: 'X25519', bits: 253}`, `{type: 'DH', bits: 2048}`; null when unknown (hybrids). */
  readonly keyExchange: {
    readonly type: string;
    readonly name: string | null;
    readonly bits: number | null;
  } | null;
  /** Certificates in the order in which the server sent them, DER; empty for an anonymous suite. */
  readonly sent: readonly Uint8Array[];
  /** OpenSSL's one error for the path it built (`CERT_HAS_EXPIRED`, ...), or null when it found none. By the system clock. */
  readonly pathError: string | null;
  /** Stapled OCSP response, DER, or null. */
  readonly ocspStaple: Uint8Array | null;
  /** The server name sent as SNI, or null when none was sent. */
  readonly servername: string | null;
  /** True when the session was resumed, which refuses it (ST-21). */
  readonly resumed: boolean;
}

/** Reads the facts of a session that has just been made. `ocspStaple` was caught by the caller, whose event comes earlier. */
export function readPeerFacts(
  socket: TLSSocket,
  seen: { readonly ocspStaple: Uint8Array | null; readonly servername: string | null },
): PeerFacts {
  const cipher = socket.getCipher();
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: {
      name: cipher.name,
      standardName: cipher.standardName,
      bits: findSuite(cipher.standardName)?.bits ?? 0,
    },
    keyExchange: readKeyExchange(socket),
    sent: readSent(socket),
    pathError: socket.authorized
      ? null
      : String(
          (socket.authorizationError as unknown as { code?: string })?.code ??
            socket.authorizationError ??
            'UNKNOWN',
        ),
    ...seen,
    resumed: socket.isSessionReused(),
  };
}

const MAX_CERTIFICATES = 20;

function readSent(socket: TLSSocket): Uint8Array[] {
  const sent: Uint8Array[] = [];
  let next = socket.getPeerX509Certificate();
  while (next !== undefined && sent.length < MAX_CERTIFICATES) {
    const der = next.raw;
    noteOpened(der, next);
    sent.push(der);
    next = next.issuerCertificate;
  }
  return sent;
}

function readKeyExchange(socket: TLSSocket): PeerFacts['keyExchange'] {
  const key = socket.getEphemeralKeyInfo() as { type?: string; name?: string; size?: number } | null;
  if (key?.type === undefined) return null;
  return { type: key.type, name: key.name ?? null, bits: key.size ?? null };
}
