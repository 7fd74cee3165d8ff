/**
 * What a receiving host asks of its clients. Three profiles, as data:
 *
 *   forced-tls     only that listed domains come over TLS (BITS-5.2.4)
 *   best-efforts   the same, and SPF or Sender ID that fail are refused (SM-8 to SM-10)
 *   securemail     everybody over TLS with Diffie-Hellman and AES-256, SPF and Sender ID must pass (SM-17 to SM-21)
 *
 * Failure: ConfigError when the guard is made.
 */
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { createBase } from '../policy/base.js';
import type { Sources } from '../policy/decide.js';
import type { MinProtocol } from '../policy/plan.js';
import { parseRules, type PolicyRule } from '../policy/rules.js';
import type { SpfResolver } from '../spf/lookups.js';
import type { SenderIdMode } from '../spf/sender-id.js';
import { bcp195Suites, secureMailSuites } from '../tls/suite-profiles.js';
import type { SuiteRules } from '../tls/suites.js';

/** Names of the profiles. */
export type InboundProfile = 'forced-tls' | 'best-efforts' | 'securemail';

/** Options of a guard. */
export interface InboundOptions {
  /** Asked for SPF and Sender ID. `createSystemResolver()` is one. */
  readonly resolver: SpfResolver;
  /**
   * What is asked of everybody. `securemail` takes nothing in clear, which a host that an MX record names must not do
   * (RFC 3207 §4): such a host has no MX record (SM-16, SM-17).
   */
  readonly profile: InboundProfile;
  /**
   * The rules and sources of `createSender`: mail from a domain that has class `mandatory` or `verified` there must come
   * over TLS, of the version and the suites that are asked for it. One list serves both directions. Default: none.
   */
  readonly policies?: readonly PolicyRule[];
  /**
   * Whether the address in the header is checked too. Default `off`, except that `securemail` wants it said: Sender ID
   * asks for it (SM-19), and it breaks mailing lists and forwarding (RFC 7208 §2.2).
   */
  readonly senderId?: 'off' | SenderIdMode;
  /** Lowest version, where no policy of the domain asks for one. Default `TLSv1.2`. */
  readonly minProtocol?: MinProtocol;
  /** Suites, where no policy of the domain asks for any. Default: BCP 195; for `securemail` those of SM-7. */
  readonly ciphers?: SuiteRules;
  /** Name of this server in what it says of its checks. Default `unknown`. */
  readonly name?: string;
}

/** Options, read. */
export interface InboundRules {
  readonly resolver: SpfResolver;
  /** Nothing is taken in clear, from nobody. */
  readonly everybodyOverTls: boolean;
  readonly floor: { readonly minProtocol: MinProtocol; readonly ciphers: SuiteRules };
  readonly sources: Sources;
  readonly spf: 'off' | 'refuse-fail' | 'require-pass';
  readonly senderId: 'off' | SenderIdMode;
  readonly name: string;
}

const KEYS: readonly (keyof InboundOptions)[] = [
  'resolver',
  'profile',
  'policies',
  'senderId',
  'minProtocol',
  'ciphers',
  'name',
];
const PROFILES: Readonly<Record<InboundProfile, Pick<InboundRules, 'everybodyOverTls' | 'spf'>>> = {
  'forced-tls': { everybodyOverTls: false, spf: 'off' },
  'best-efforts': { everybodyOverTls: false, spf: 'refuse-fail' },
  securemail: { everybodyOverTls: true, spf: 'require-pass' },
};
const MODES: readonly InboundRules['senderId'][] = ['off', 'spf2-only', 'compatible'];

/** Reads options. @throws ConfigError `option-unknown`, `inbound-invalid`, and for rules that cannot be meant */
export function parseInboundOptions(options: InboundOptions): InboundRules {
  refuseUnknownOptions(options, KEYS, 'createInboundGuard');
  const { resolver, profile, senderId, minProtocol = 'TLSv1.2', name = 'unknown' } = options;
  if (!Object.hasOwn(PROFILES, profile)) {
    throw invalid('profile', Object.keys(PROFILES), profile);
  }
  if (senderId === undefined ? profile === 'securemail' : !MODES.includes(senderId)) {
    throw invalid('senderId', MODES, senderId);
  }
  if (!['TLSv1.2', 'TLSv1.3'].includes(minProtocol)) {
    throw invalid('minProtocol', ['TLSv1.2', 'TLSv1.3'], minProtocol);
  }
  const ciphers = options.ciphers ?? (profile === 'securemail' ? secureMailSuites : bcp195Suites);
  const base = { ...createBase({ default: 'opportunistic' }), minProtocol, ciphers };
  return {
    resolver,
    ...PROFILES[profile],
    floor: { minProtocol, ciphers },
    sources: { ...parseRules(options.policies ?? []), base },
    senderId: senderId ?? 'off',
    name,
  };
}

function invalid(key: string, known: readonly string[], got: unknown): ConfigError {
  return new ConfigError(
    'inbound-invalid',
    `createInboundGuard: ${key}: expected one of ${known.join(', ')}, got ${JSON.stringify(got)}`,
  );
}
