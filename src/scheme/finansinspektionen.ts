/**
 * Finansinspektionen's enforced TLS, both editions of its notice: pinned gateways, one issuer, suites by strength, the
 * Common Name as well as the name of the mail server, mail held while any check fails. The editions differ in addresses
 * only, which are known but never refuse (FI-5, MX-22).
 */
import { refuseUnknownOptions } from '../core/options.js';
import type { PolicySource } from '../policy/source.js';
import { finansinspektionenSuites } from '../tls/suite-profiles.js';
import type { NameMode } from '../x509/names.js';
import type { TrustStore } from '../x509/trust-store.js';
import { listSource } from './domain-source.js';

/** What a host may set. */
export interface FinansinspektionenOptions {
  /** Default `fi.se`. */
  readonly domains?: readonly string[];
  /** Gateways; default `post.fi.se` and `post2.fi.se`. */
  readonly mx?: readonly string[];
  /** Default `DigiCert` (FI-6). */
  readonly issuer?: readonly string[];
  /** FI-20 names the Common Name, so the default is `san-and-cn`; `san` follows RFC 9525 alone. */
  readonly nameMode?: NameMode;
  /** The list of authorities that the notice names (FI-9), as read by `parseCertdata`. Default: the sender's own. */
  readonly trust?: TrustStore;
}

/** The profile (FI-1 to FI-21). @throws ConfigError for unknown options and bad names */
export function finansinspektionen(options: FinansinspektionenOptions = {}): PolicySource {
  refuseUnknownOptions(options, ['domains', 'mx', 'issuer', 'nameMode', 'trust'], 'finansinspektionen');
  return listSource(
    'finansinspektionen',
    { domains: options.domains ?? ['fi.se'] },
    {
      level: 'verified',
      mxAllowed: options.mx ?? ['post.fi.se', 'post2.fi.se'],
      nameMode: options.nameMode ?? 'san-and-cn',
      issuer: options.issuer ?? ['DigiCert'],
      ciphers: finansinspektionenSuites,
      ...(options.trust === undefined ? {} : { store: options.trust }),
    },
  );
}
