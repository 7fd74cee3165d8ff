/**
 * The Norwegian Forced TLS scheme (Bits): every listed domain is verified, TLS 1.2 or later, and locked, so that no
 * option, header or form of the name lowers it (BITS-5.2.2, BITS-5.2.3, BITS-5.2.7, BITS-5.2.8).
 */
import { refuseUnknownOptions } from '../core/options.js';
import type { Ask } from '../policy/plan.js';
import type { PolicySource } from '../policy/source.js';
import { bcp195Suites } from '../tls/suite-profiles.js';
import { bitsListFormat } from './domain-list-format.js';
import type { ListOptions } from './domain-list-options.js';
import { type DomainListSource, domainListSource } from './domain-list-source.js';
import { listSource } from './domain-source.js';

/** Domains that the host keeps by itself. */
export interface BitsOptions {
  /** Domains of the published list. */
  readonly domains: readonly string[];
}

const ASK: Ask = {
  level: 'verified',
  minProtocol: 'TLSv1.2',
  ciphers: bcp195Suites,
  nameMode: 'san',
  locked: true,
};

/**
 * The profile over the published list, followed as it changes.
 * @throws ConfigError `list-invalid`, `list-url-invalid`, `option-unknown`
 */
export function bits(options: ListOptions): DomainListSource;
/** The profile over domains that the host names. @throws ConfigError for unknown options and bad names */
export function bits(options: BitsOptions): PolicySource;
export function bits(options: BitsOptions | ListOptions): PolicySource {
  if ('list' in options) {
    return domainListSource({ ...options, name: 'bits', format: bitsListFormat, ask: ASK });
  }
  refuseUnknownOptions(options, ['domains'], 'bits');
  return listSource('bits', { domains: options.domains }, ASK);
}
