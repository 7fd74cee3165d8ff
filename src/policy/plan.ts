/**
 * What must hold for mail to one domain. A plan is merged from what several sources ask (the host's table, scheme
 * lists, the message itself); the strictest wins and no source can lower a field (see `merge.ts`).
 */
import type { SuiteRules } from '../tls/suites.js';
import type { NameMode } from '../x509/names.js';
import type { TrustStore } from '../x509/trust-store.js';

/** Classes a to d of the corporate TLS FAQ (FAQ-19 to FAQ-22), in rising order. */
export type Level = 'plain' | 'opportunistic' | 'mandatory' | 'verified';

/** Lowest TLS version of the handshake, as it can be asked for. */
export type MinProtocol = 'TLSv1.2' | 'TLSv1.3';

/** Lowest version that a plan accepts: `TLSv1` under class b alone, where the host allows old versions (CV-4). */
export type ProtocolFloor = 'TLSv1' | MinProtocol;

/** The name that the certificate must carry. */
export interface NameRule {
  readonly mode: NameMode;
  /** `mx`: the name of the mail server; `nexthop`: the recipient's domain; `names`: only `accepted`. */
  readonly reference: 'mx' | 'nexthop' | 'names';
  /** Further names that count, or with `names` the only ones; null: none asked. */
  readonly accepted: readonly string[] | null;
}

/** Which authorities, issuers and keys count. */
export interface TrustRule {
  /** null only where a plan was made without a default store: then the roots of the TLS context count. */
  readonly store: TrustStore | null;
  /** SHA-256 (hex) of anchors that alone count; null: all of the store. */
  readonly include: readonly string[] | null;
  /** Certificates that never count, wherever they stand in a chain: SHA-256 (hex), or `serial:<hex>` (CI-8). */
  readonly exclude: readonly string[];
  /** Some certificate above the leaf must carry one of these (Common Name or Organisation, exact, case-insensitive) or this SHA-256 (hex). */
  readonly issuer: readonly string[] | null;
  /** `spki-sha256/<base64>` of the leaf or an issuer; several for current and next. */
  readonly pins: readonly string[] | null;
  /** A certificate that promises a stapled OCSP response (RFC 7633) is refused without a good one (CI-8). */
  readonly mustStaple: boolean;
}

/** Client certificate to show when the server asks (FAQ-17). */
export interface ClientCertificate {
  readonly key: string | Uint8Array;
  readonly cert: string | Uint8Array;
  readonly passphrase?: string;
}

/** Names of the checks of a verdict; also what a waiver names. */
export type CheckName =
  | 'starttls'
  | 'protocol'
  | 'cipher'
  | 'chain'
  | 'validity'
  | 'name'
  | 'key'
  | 'revocation'
  | 'mx-allowed';

/** Removes the refusal of one named check, for a while and for a reason; never applies to a locked plan. */
export interface Waiver {
  readonly check: CheckName;
  readonly reason: string;
  readonly approvedBy: string;
  /** Milliseconds since the epoch; from then on it has no effect. */
  readonly until: number;
}

/** One source's word about a domain: each field that is absent is not asked for. */
export interface Ask {
  readonly level?: Level;
  readonly mxAllowed?: readonly string[];
  /** Addresses that the mail servers are known to have, per name; another address only warns (FI-5, MX-22). */
  readonly mxAddresses?: Readonly<Record<string, readonly string[]>>;
  readonly nameMode?: NameMode;
  readonly nameReference?: 'mx' | 'nexthop' | 'names';
  readonly acceptedNames?: readonly string[];
  readonly store?: TrustStore;
  readonly includeAnchors?: readonly string[];
  readonly excludeAnchors?: readonly string[];
  readonly issuer?: readonly string[];
  readonly pins?: readonly string[];
  readonly mustStaple?: boolean;
  readonly minProtocol?: MinProtocol;
  readonly ciphers?: SuiteRules;
  readonly minRsaBits?: number;
  readonly minEcBits?: number;
  readonly requireMxAuth?: boolean;
  readonly clientCertificate?: ClientCertificate;
  readonly locked?: boolean;
}

/** Who asked for what. */
export interface Because {
  readonly source: string;
  readonly asked: Ask;
  /** Where the source says so: a rule, a row, a document. */
  readonly ref: string;
  /** Whom to tell when mail fails under this ask, such as the administrator of a scheme; absent: nobody in particular. */
  readonly contact?: string;
}

/** A contradiction between two asks: mail is held and both are named. */
export interface Contradiction {
  readonly field: string;
  readonly sources: readonly [string, string];
}

/** The merged plan. */
export interface Plan {
  readonly domain: string;
  readonly level: Level;
  readonly because: readonly Because[];
  /** Names of mail servers that alone count; null: those that DNS says. */
  readonly mxAllowed: readonly string[] | null;
  /** Known addresses per name, for a warning only. */
  readonly mxAddresses: Readonly<Record<string, readonly string[]>>;
  readonly name: NameRule;
  readonly trust: TrustRule;
  readonly minProtocol: ProtocolFloor;
  readonly ciphers: SuiteRules;
  readonly keys: { readonly minRsaBits: number; readonly minEcBits: number };
  readonly requireMxAuth: boolean;
  readonly clientCertificate: ClientCertificate | null;
  readonly locked: boolean;
  readonly contradictions: readonly Contradiction[];
  /** Sources that could not answer; not empty: mail is held (`policy-source-unknown`). */
  readonly unknown: readonly { readonly source: string; readonly cause: string }[];
  // From the host's table alone, never merged:
  readonly onPolicyFailure: 'hold' | 'bounce';
  /** How long mail is kept, in milliseconds from the moment it was put (FI-21). */
  readonly holdForMs: number;
  readonly waivers: readonly Waiver[];
  /** Judge and record, but let the base level decide. */
  readonly reportOnly: Plan | null;
  readonly warnings: readonly string[];
  /** Hash of every field that decides: connections and cached verdicts are shared only under an equal one (SC-51). */
  readonly fingerprint: string;
}
