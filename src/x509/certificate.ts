/**
 * What a certificate says, read from its DER and from nothing else (CI-20): no joined text forms, no second-hand names.
 * Failure: a ConfigError `certificate-unreadable` with the place that could not be read.
 * Standards: RFC 5280 §4, RFC 9525 (names).
 */

/** A name in subjectAltName; `valid` is false where it holds NUL, control characters, commas, U-labels or a bad form. */
export interface AlternativeName {
  readonly type: 'dns' | 'ip' | 'email' | 'uri' | 'other';
  /** Text of the name; for `ip` the usual text form of the address; raw text of invalid names is escaped. */
  readonly value: string;
  readonly valid: boolean;
}

/** Public key of a certificate. `bits` is the modulus or field size. */
export interface CertificateKey {
  readonly type: 'rsa' | 'ec' | 'ed25519' | 'ed448' | 'dsa' | 'other';
  readonly bits: number;
  /** Named curve (`P-256`, `P-384`, `P-521`, else the OID) for `ec`. */
  readonly curve: string | null;
}

/** Subtrees by the form of their names; a host name is in lower case, an address constraint has address and mask. */
export interface NameSubtrees {
  readonly dns: readonly string[];
  readonly ip: readonly { readonly base: bigint; readonly mask: bigint; readonly family: 4 | 6 }[];
  /** Any constraint on names of directories, mailboxes, URIs or other types. */
  readonly others: readonly ('directory' | 'email' | 'uri' | 'other')[];
}

/** Both halves of the extension. */
export interface NameConstraints {
  readonly permitted: NameSubtrees;
  readonly excluded: NameSubtrees;
}

/** One certificate, parsed. Times are milliseconds since the epoch; hashes of `der` and of the SubjectPublicKeyInfo. */
export interface Certificate {
  readonly der: Uint8Array;
  /** SHA-256 of the DER, lower-case hex. */
  readonly sha256: string;
  /** SHA-256 of the SubjectPublicKeyInfo, base64 (the form of a pin: `spki-sha256/<base64>`). */
  readonly spkiSha256: string;
  /** Lower-case hex, as the INTEGER's content octets without leading zero octets. */
  readonly serial: string;
  /** RFC 4514-like text, escaped, for people. */
  readonly subject: string;
  readonly issuer: string;
  /** DER of the names, for exact comparison. */
  readonly subjectDer: Uint8Array;
  readonly issuerDer: Uint8Array;
  /** Common Names of the subject in the order of the certificate; invalid ones (NUL, control, comma) are left out and counted. */
  readonly commonNames: readonly string[];
  readonly invalidCommonNames: number;
  readonly names: readonly AlternativeName[];
  readonly notBefore: number;
  /** `Infinity` for 99991231235959Z. */
  readonly notAfter: number;
  readonly key: CertificateKey;
  /** Signature algorithm by its usual name (`sha256WithRSAEncryption`, `ecdsa-with-SHA256`, ...; else OID) and its digest. */
  readonly signature: {
    readonly algorithm: string;
    readonly hash: 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512' | 'none' | 'unknown';
  };
  /** RFC 5280 names (`digitalSignature`, `keyCertSign`, ...), null without the extension. */
  readonly keyUsage: readonly string[] | null;
  /** `serverAuth`, `clientAuth`, `anyExtendedKeyUsage`, `OCSPSigning`, ... else the OID; null without the extension. */
  readonly extendedKeyUsage: readonly string[] | null;
  readonly basicConstraints: { readonly ca: boolean; readonly pathLength: number | null } | null;
  /** Which names a certificate below this one may carry; null without the extension. */
  readonly nameConstraints: NameConstraints | null;
  readonly unknownCriticalExtensions: readonly string[];
  readonly mustStaple: boolean;
  /** Where authorityInfoAccess says that the issuer's certificate lies; only shown to people (CI-4). */
  readonly issuerUrls: readonly string[];
}
