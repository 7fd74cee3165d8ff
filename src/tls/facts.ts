/**
 * What a TLS handshake showed, as plain values: the judges read this and never a socket, so they can be tested on
 * anything. Certificates are DER; parsing and judging come later.
 */

import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
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
  /** The path that OpenSSL built from leaf towards an anchor, DER; shorter when it could not be completed. */
  readonly path: readonly Uint8Array[];
  /** OpenSSL's one error for that path (`CERT_HAS_EXPIRED`, ...), or null when it found none. By the system clock. */
  readonly pathError: string | null;
  /** Stapled OCSP response, DER, or null. */
  readonly ocspStaple: Uint8Array | null;
  /** The server name sent as SNI, or null when none was sent. */
  readonly servername: string | null;
  /** True when the session was resumed, which refuses it (ST-21). */
  readonly resumed: boolean;
}

/**
 * Reads the facts of a session that has just been made. `ocspStaple` was caught by the caller, whose event comes earlier.
 * The order matters: asked second, `getPeerCertificate(true)` gives an empty object.
 */
export function readPeerFacts(
  socket: TLSSocket,
  seen: { readonly ocspStaple: Uint8Array | null; readonly servername: string | null },
): PeerFacts {
  const path = readPath(socket);
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
    path,
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

function readPath(socket: TLSSocket): Uint8Array[] {
  const path: Uint8Array[] = [];
  let next: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true);
  while (next?.raw !== undefined && path.length < MAX_CERTIFICATES) {
    path.push(next.raw);
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate;
  }
  return path;
}

function readSent(socket: TLSSocket): Uint8Array[] {
  const sent: Uint8Array[] = [];
  let next = socket.getPeerX509Certificate();
  while (next !== undefined && sent.length < MAX_CERTIFICATES) {
    sent.push(next.raw);
    next = next.issuerCertificate;
  }
  return sent;
}

function readKeyExchange(socket: TLSSocket): PeerFacts['keyExchange'] {
  const key = socket.getEphemeralKeyInfo() as { type?: string; name?: string; size?: number } | null;
  if (key?.type === undefined) return null;
  return { type: key.type, name: key.name ?? null, bits: key.size ?? null };
}
