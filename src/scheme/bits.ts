/**
 * The Norwegian Forced TLS scheme (Bits): every listed domain is verified, TLS 1.2 or later, and locked, so that no
 * option, header or form of the name lowers it (BITS-5.2.2, BITS-5.2.3, BITS-5.2.7, BITS-5.2.8).
 */
import { refuseUnknownOptions } from '../core/options.js';
import type { PolicySource } from '../policy/source.js';
import { bcp195Suites } from '../tls/suite-profiles.js';
import { listSource } from './domain-source.js';

/** The list. */
export interface BitsOptions {
  /** Domains of the published list. */
  readonly domains: readonly string[];
}

/** The profile. @throws ConfigError for unknown options and bad names */
export function bits(options: BitsOptions): PolicySource {
  refuseUnknownOptions(options, ['domains'], 'bits');
  return listSource(
    'bits',
    { domains: options.domains },
    { level: 'verified', minProtocol: 'TLSv1.2', ciphers: bcp195Suites, nameMode: 'san', locked: true },
  );
}
