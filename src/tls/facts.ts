/**
 * What a TLS handshake showed, as plain values: the judges read this and never a socket, so they can be tested on
 * anything. Certificates are DER; parsing and judging come later.
 */

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
  readonly keyExchange: { readonly type: string; readonly name: string | null; readonly bits: number | null } | null;
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
