/**
 * The Norwegian Forced TLS scheme (Bits): every listed domain, and what lies below it, is verified, TLS 1.2 or later, and
 * locked, so that no option, header or form of the name lowers it (BITS-5.2.2, BITS-5.2.3, BITS-5.2.7, BITS-5.2.8). An
 * address literal may be a participant's server, so it is held to the same and has no name to prove.
 */
import { refuseUnknownOptions } from '../core/options.js';
import { parseAddress } from '../message/address.js';
import type { Ask } from '../policy/plan.js';
import type { PolicySource } from '../policy/source.js';
import { bcp195Suites } from '../tls/suite-profiles.js';
import { bitsListFormat } from './domain-list-format.js';
import type { ListOptions } from './domain-list-options.js';
import { type DomainListSource, domainListSource } from './domain-list-source.js';
import { listSource } from './domain-source.js';

/** What holds for a list of either kind. */
export interface BitsScope {
  /**
   * Domains below a listed one are forced as well. Default true: else mail could go around the list by a name of the
   * participant's own mail server.
   */
  readonly below?: boolean;
  /** The administrator of the scheme, to be told when mail to a participant fails (BITS-A3.E). Default `tls@bits.no`. */
  readonly schemeContact?: string;
}

/** Domains that the host keeps by itself. */
export interface BitsOptions extends BitsScope {
  /** Domains of the published list. */
  readonly domains: readonly string[];
}

/** The published list, followed as it changes. */
export interface BitsListOptions extends BitsScope, ListOptions {}

const ASK: Ask = {
  level: 'verified',
  minProtocol: 'TLSv1.2',
  ciphers: bcp195Suites,
  nameMode: 'san',
  locked: true,
};

/** The mailbox that the document of the scheme names. */
const ADMINISTRATOR = 'tls@bits.no';

/**
 * The profile over the published list, followed as it changes.
 * @throws ConfigError `list-invalid`, `list-url-invalid`, `option-unknown`, `address-invalid`
 */
export function bits(options: BitsListOptions): DomainListSource;
/**
 * The profile over domains that the host names.
 * @throws ConfigError `option-unknown`, `domain-invalid`, `address-invalid`
 */
export function bits(options: BitsOptions): PolicySource;
export function bits(options: BitsOptions | BitsListOptions): PolicySource {
  const { below = true, schemeContact = ADMINISTRATOR } = options;
  const reach = { below, literals: true };
  if ('list' in options) {
    return domainListSource({
      ...options,
      ...reach,
      name: 'bits',
      format: bitsListFormat,
      ask: ASK,
      schemeContact,
    });
  }
  refuseUnknownOptions(options, ['domains', 'below', 'schemeContact'], 'bits');
  const contact = parseAddress(schemeContact, 'bits: schemeContact').text;
  return listSource('bits', { ...reach, domains: options.domains, contact }, ASK);
}
