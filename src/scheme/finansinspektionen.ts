/**
 * Finansinspektionen's enforced TLS, both editions of its notice: pinned gateways, one issuer, suites by strength, the
 * Common Name as well as the name of the mail server, mail held while any check fails. The editions differ in addresses
 * only; another address than the known ones warns and never refuses (FI-5, MX-22).
 */
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import type { PolicySource } from '../policy/source.js';
import { finansinspektionenStrictSuites, finansinspektionenSuites } from '../tls/suite-profiles.js';
import type { NameMode } from '../x509/names.js';
import type { TrustStore } from '../x509/trust-store.js';
import { listSource } from './domain-source.js';

/** Addresses of the gateways as each edition of the notice prints them. */
const EDITIONS = {
  first: { 'post.fi.se': ['194.14.76.46'], 'post2.fi.se': ['194.14.76.48'] },
  second: { 'post.fi.se': ['193.15.242.199'], 'post2.fi.se': ['193.15.242.246'] },
} as const;

/** What a host may set. */
export interface FinansinspektionenOptions {
  /** Edition of the notice whose addresses are known. Default `second`. */
  readonly edition?: keyof typeof EDITIONS;
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
  /** The recommended strength (FI-12) is the least that is accepted, instead of a warning below it. Default false. */
  readonly strict?: boolean;
}

const KEYS: readonly (keyof FinansinspektionenOptions)[] = [
  'edition',
  'domains',
  'mx',
  'issuer',
  'nameMode',
  'trust',
  'strict',
];

/** The profile (FI-1 to FI-21). @throws ConfigError `edition-unknown`, and for unknown options and bad names */
export function finansinspektionen(options: FinansinspektionenOptions = {}): PolicySource {
  refuseUnknownOptions(options, KEYS, 'finansinspektionen');
  const edition = options.edition ?? 'second';
  if (!Object.hasOwn(EDITIONS, edition)) {
    throw new ConfigError(
      'edition-unknown',
      `finansinspektionen: edition: expected "first" or "second", got ${JSON.stringify(edition)}`,
    );
  }
  return listSource(
    'finansinspektionen',
    { domains: options.domains ?? ['fi.se'] },
    {
      level: 'verified',
      mxAllowed: options.mx ?? Object.keys(EDITIONS[edition]),
      mxAddresses: EDITIONS[edition],
      nameMode: options.nameMode ?? 'san-and-cn',
      issuer: options.issuer ?? ['DigiCert'],
      ciphers: options.strict === true ? finansinspektionenStrictSuites : finansinspektionenSuites,
      ...(options.trust === undefined ? {} : { store: options.trust }),
    },
  );
}
