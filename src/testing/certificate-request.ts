/**
 * What a test may ask of a certificate. Every field has a default that makes a good server certificate.
 */

/** Kind of key. EC is made in a fraction of a millisecond; RSA keys take longer and are kept and used again. */
export type KeyKind =
  | 'ec'
  | 'ec-p384'
  | 'ec-p521'
  | 'ed25519'
  | 'rsa1024'
  | 'rsa2048'
  | 'rsa3072'
  | 'rsa4096';

/** Digest of the issuer's signature. */
export type Digest = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512';

/** Subject of a certificate; several Common Names stand in the order given. */
export interface SubjectName {
  readonly cn?: readonly string[];
  readonly organisation?: string;
}

/** Names of the subjectAltName extension, written as they are, valid or not. */
export interface GeneralNames {
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly email?: readonly string[];
  readonly uri?: readonly string[];
}

/** One extension, as octets. */
export interface CertificateExtension {
  readonly oid: string;
  /** Default false. */
  readonly critical?: boolean;
  /** DER of the value, without the OCTET STRING around it. */
  readonly value: Uint8Array;
}

/** Purposes by their usual names; any other text is an object identifier. */
export type Purpose = 'serverAuth' | 'clientAuth' | 'emailProtection' | 'anyExtendedKeyUsage' | (string & {});

/** RFC 5280 §4.2.1.3. */
export type KeyUsage = 'digitalSignature' | 'keyEncipherment' | 'keyAgreement' | 'keyCertSign' | 'cRLSign';

/** A key with its certificate, ready for a server. */
export interface Identity {
  /** Leaf, PEM. */
  readonly certificate: string;
  /** What the server sends: the leaf first, then what leads to the root; PEM, one after the other. */
  readonly chain: string;
  /** Private key, PKCS #8 PEM. */
  readonly key: string;
  readonly der: Uint8Array;
  readonly kind: KeyKind;
}

/** An authority's own certificate: signs others. */
export interface Issuer extends Identity {
  readonly subject: SubjectName;
  /** True for a root. */
  readonly selfSigned: boolean;
}

/** A certificate to issue. */
export interface CertificateRequest extends GeneralNames {
  /** Default: the first DNS name. `null`: no Common Name at all. */
  readonly cn?: string | readonly string[] | null;
  readonly organisation?: string;
  /** Content of the subjectAltName extension as DER, instead of the names; `null`: no such extension. */
  readonly rawSan?: Uint8Array | null;
  /** Milliseconds, Date or ISO text; default: a year ago, by the authority's clock and by this machine's. */
  readonly notBefore?: number | string | Date;
  /** Default: two years ahead, by both clocks. */
  readonly notAfter?: number | string | Date;
  /** Default `ec` (P-256). */
  readonly key?: KeyKind;
  /** Default `sha256`. */
  readonly hash?: Digest;
  /** Default `['serverAuth']` for a server, none for an authority; `null`: no such extension. */
  readonly eku?: readonly Purpose[] | null;
  /** Default as usual for server or authority; `null`: no such extension. */
  readonly keyUsage?: readonly KeyUsage[] | null;
  /** Default false. */
  readonly ca?: boolean;
  readonly pathLength?: number;
  readonly nameConstraints?: {
    readonly permitted?: readonly string[];
    readonly excluded?: readonly string[];
  };
  /** RFC 7633 must-staple. */
  readonly mustStaple?: boolean;
  /** caIssuers address in authorityInfoAccess. */
  readonly issuerUrl?: string;
  readonly extensions?: readonly CertificateExtension[];
  /** Default: the authority's intermediate. `self`: signed by itself. */
  readonly signedBy?: 'root' | 'intermediate' | 'self' | Issuer;
  /** What the server sends after the leaf; default: the intermediates that lead to the root, without the root. */
  readonly sends?: readonly Identity[];
}
