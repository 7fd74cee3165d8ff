/**
 * What a host says of a list, checked and with what holds where it says nothing.
 * Failure: ConfigError for unknown and senseless options.
 */
import { type Duration, parseDuration } from '../core/duration.js';
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { parseNetwork } from '../dns/ip.js';
import type { Resolver } from '../dns/resolver.js';
import { createSystemResolver } from '../dns/system.js';
import { createSecureContexts } from '../tls/context.js';
import { bcp195Suites } from '../tls/suite-profiles.js';
import { bundledRoots } from '../x509/roots.js';
import type { TrustStore } from '../x509/trust-store.js';
import { fileOrigin } from './domain-list-disk.js';
import { httpsOrigin } from './domain-list-fetch.js';
import { type ListStore, memoryListStore } from './domain-list-journal.js';
import type { ListOrigin } from './domain-list-origin.js';

/** Where a list is, and how it is kept in step with what is published. */
export interface ListOptions {
  /** An https address, the path of a file, or an origin of the host's own. There is no built-in address (BITS-5.4.1). */
  readonly list: string | ListOrigin;
  /** Where lists and records are kept, such as `diskListStore(directory)`. Default: in memory, forgotten at the end. */
  readonly store?: ListStore;
  /**
   * Months after a domain's enrolment at which it is enforced, 0 to 3. Default 0: from the day of enrolment on. The scheme
   * lets nobody wait longer than three months (BITS-P3).
   */
  readonly enforceAfterMonths?: number;
  /** Share of the entries in force that a new list may lack, 0 to 1; beyond it the last good list stays. Default 0.2. */
  readonly maxRemoved?: number;
  /** How often the published list is looked at, while mail flows. Default one day. */
  readonly refreshEvery?: Duration;
  /** Longest time of a fetch. Default 30 seconds. */
  readonly timeout?: Duration;
  /** Value of the Authorization field for the host of the address; a redirect to another host does not get it. */
  readonly authorization?: string;
  /** Default: the name servers of this machine. */
  readonly resolver?: Resolver;
  /** Roots that the server of the address may lead to. Default: those bundled with Node. */
  readonly trust?: TrustStore;
  /** Private addresses from which a list may come: `true` for all, or networks such as `10.0.0.0/8`. Default: none. */
  readonly allowPrivateAddresses?: boolean | readonly string[];
}

/** Options, read. */
export interface ListSettings {
  readonly origin: ListOrigin;
  readonly store: ListStore;
  readonly enforceAfterMonths: number;
  readonly maxRemoved: number;
  readonly refreshEveryMs: number;
}

/** Keys of {@link ListOptions}. */
export const listKeys: readonly (keyof ListOptions)[] = [
  'list',
  'store',
  'enforceAfterMonths',
  'maxRemoved',
  'refreshEvery',
  'timeout',
  'authorization',
  'resolver',
  'trust',
  'allowPrivateAddresses',
];
const MINUTE = 60_000;

/** Reads options. @throws ConfigError `list-invalid`, `list-url-invalid`, `duration-invalid`, `option-unknown` */
export function readListOptions(options: ListOptions, where: string): ListSettings {
  refuseUnknownOptions(options, listKeys, where);
  const { enforceAfterMonths = 0, maxRemoved = 0.2 } = options;
  if (![0, 1, 2, 3].includes(enforceAfterMonths)) {
    throw invalid(where, `enforceAfterMonths: expected 0, 1, 2 or 3, got ${String(enforceAfterMonths)}`);
  }
  if (!(maxRemoved >= 0 && maxRemoved <= 1)) {
    throw invalid(where, `maxRemoved: expected a share from 0 to 1, got ${String(maxRemoved)}`);
  }
  const refreshEveryMs = parseDuration(options.refreshEvery ?? '1d', `${where}.refreshEvery`);
  if (refreshEveryMs < MINUTE) throw invalid(where, 'refreshEvery: expected a minute or more');
  return {
    origin: originOf(options, where),
    store: options.store ?? memoryListStore(),
    enforceAfterMonths,
    maxRemoved,
    refreshEveryMs,
  };
}

function originOf(options: ListOptions, where: string): ListOrigin {
  const { list } = options;
  if (typeof list === 'object') return list;
  if (typeof list !== 'string' || list === '')
    throw invalid(where, 'list: expected an https address, a path or an origin');
  // A scheme has two letters or more; one letter is a drive of Windows.
  if (!/^[a-z][a-z0-9+.-]+:/i.test(list)) return fileOrigin(list);
  const allowed = options.allowPrivateAddresses ?? false;
  const contexts = createSecureContexts({ max: 1 });
  const secureContext = contexts.get({
    store: options.trust ?? bundledRoots(),
    suites: bcp195Suites,
    minProtocol: 'TLSv1.2',
    clientCertificate: null,
  });
  return httpsOrigin(list, {
    resolver: options.resolver ?? createSystemResolver(),
    allowed:
      typeof allowed === 'boolean'
        ? allowed
        : allowed.map((text) => parseNetwork(text, `${where}.allowPrivateAddresses`)),
    secureContext,
    authorization: options.authorization ?? null,
    timeoutMs: parseDuration(options.timeout ?? '30s', `${where}.timeout`),
  });
}

function invalid(where: string, why: string): ConfigError {
  return new ConfigError('list-invalid', `${where}: ${why}`);
}
