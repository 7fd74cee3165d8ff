/**
 * What a host can say to `createSender` and `createEngine`, and what holds where it says nothing. Every key is checked
 * at construction: an unknown one, a missing one or two that contradict each other is a ConfigError, never a default.
 */
import type { Clock } from './core/clock.js';
import type { Duration } from './core/duration.js';
import { ConfigError } from './core/errors.js';
import { refuseUnknownOptions } from './core/options.js';
import type { OnceStore } from './core/once.js';
import type { Resolver } from './dns/resolver.js';
import type { AttemptRecord } from './deliver/attempt.js';
import type { HostHealth } from './deliver/open.js';
import type { Language } from './dsn/texts.js';
import type { SignHook } from './message/source.js';
import type { Level } from './policy/plan.js';
import type { PolicyRule } from './policy/rules.js';
import type { ScheduleOptions } from './queue/backoff.js';
import type { QueueDriver } from './queue/driver.js';
import type { RateOptions } from './queue/rate.js';
import type { Dial } from './smtp/socket.js';
import type { Timeouts } from './smtp/timeouts.js';
import type { TrustStore } from './x509/trust-store.js';

/** A report as it reaches the host's callback. */
export interface Report {
  /** Stable: the same report has the same id at every call. */
  readonly id: string;
  readonly kind: 'failed' | 'delayed' | 'relayed';
  /** The sender of the message that the report is about. */
  readonly to: string;
  /** The whole report, RFC 3464, ready to be mailed. */
  readonly message: Uint8Array;
}

/** How reports reach people. */
export interface ReportOptions {
  /** Gets each report; when it rejects, it is called again later with the same id. */
  readonly onReport?: (report: Report) => void | Promise<void>;
  /** Mail reports to the sender of the message as well, under the policies of that domain. Default false. */
  readonly mail?: boolean;
  /** Language of the human part. Default `en`. */
  readonly language?: Language;
  /** From of the report. Default `postmaster@<ehloName>`. */
  readonly from?: string;
}

/** Options that decide how mail is delivered. */
export interface EngineOptions {
  /** The name with which this host introduces itself: an FQDN that resolves to its address, or an address literal (SC-5). */
  readonly ehloName: string;
  /** The class of every domain that no rule names. Required: there is no silent default. */
  readonly default: Level;
  /**
   * Class `opportunistic` takes TLS 1.0 and 1.1 and suites without forward secrecy rather than go on in clear, where no
   * rule names versions or suites (RFC 9325 §5.2). Never under classes that enforce. Default false.
   */
  readonly allowLegacyTls?: boolean;
  /**
   * What becomes of mail that a policy refuses, where no rule says: kept and tried again, or returned at once (SM-14).
   * Default `hold`.
   */
  readonly onPolicyFailure?: 'hold' | 'bounce';
  /** Rules of the host's table and scheme profiles; where several speak, the strictest holds. */
  readonly policies?: readonly PolicyRule[];
  /** Roots that count where no rule names others. Default: those bundled with Node, without what the environment adds. */
  readonly trust?: TrustStore;
  /** Default: `createSystemResolver()` behind a cache. */
  readonly resolver?: Resolver;
  readonly clock?: Clock;
  /** Opens the TCP connection, for proxies and tests. Default: `node:net`. */
  readonly dial?: Dial;
  /** Local address per family from which connections leave. */
  readonly localAddress?: { readonly ipv4?: string; readonly ipv6?: string };
  /** Address families in the order in which they are tried. Default `['ipv6', 'ipv4']`. */
  readonly families?: readonly ('ipv4' | 'ipv6')[];
  /** Port of mail servers found by MX. Default 25. */
  readonly port?: number;
  /** Names and addresses by which this host is known, to cut loops (MX-17). `ehloName` counts without being named. */
  readonly ownNames?: readonly string[];
  readonly ownAddresses?: readonly string[];
  /** Allow private and reserved addresses that DNS leads to: all of them, or the ones named. Default false. */
  readonly allowPrivateAddresses?: boolean | readonly string[];
  /** Timeouts of RFC 5321 §4.5.3.2, in milliseconds each. */
  readonly timeouts?: Partial<Timeouts>;
  /**
   * Connections to one host at the same time, in this process. Default 2. Where a host takes no more than are open,
   * mail waits for a turn on those, and another is tried after two minutes.
   */
  readonly perHost?: number;
  /**
   * Messages under way at the same time on one connection to a server that offers PIPELINING and CHUNKING (SC-54); to
   * others one more at most. 1: each waits for the receipt of the one before. A rule may say it for its domain. Default 16.
   */
  readonly window?: number;
  /** Remembers unreachable hosts. Default: a sender remembers, an engine alone does not. */
  readonly health?: HostHealth;
  /**
   * Days before the end of a certificate at which `certificate.expiring` is told; `[]`: never. Default `[30, 14, 7]`
   * (FAQ-16).
   */
  readonly expiryWarnings?: readonly number[];
  /**
   * Remembers across restarts what is told once, such as the first TLS with a domain: `fileOnce(path)`. Default: this
   * process.
   */
  readonly once?: OnceStore;
  /** Replaces Math.random for shuffling and jitter, for tests. */
  readonly random?: () => number;
  /** Gets the record of every attempt, for logs and evidence. What it throws is a warning of the process and no more. */
  readonly onAttempt?: (record: AttemptRecord) => void;
}

/** Options of a sender. */
export interface SenderOptions extends EngineOptions {
  /**
   * Where mail is kept: the path of a SQLite file, or a queue driver. `memoryQueue()` forgets at a restart and has to be
   * chosen by name.
   */
  readonly queue: string | QueueDriver;
  readonly reports?: ReportOptions;
  /** How long mail is kept, from the moment it was put; 5 to 7 days are sensible (FI-21). Default `5d`. */
  readonly holdFor?: Duration;
  /** Start working at the first `send` (default), or only by `start` or `processOnce`. */
  readonly work?: 'on-send' | 'by-call';
  /** Messages at the same time in this process, those that wait for their turn on a connection among them. Default 240. */
  readonly concurrency?: number;
  /**
   * Messages at the same time per domain, over all workers: it counts messages, and `perHost` connections. Default a
   * fifth of `concurrency`, 48, so that five slow domains keep no other from being served: the windows of two connections
   * and half as many that wait for room. For more connections to one domain raise both.
   */
  readonly perDomain?: number;
  /**
   * Messages tried per time, by this process: `{ perDomain: { messages: 100, per: '1m' } }`, and with `perHost` for each
   * mail server, whatever domains it takes mail for. What is over it waits, and no attempt is counted. Default: no limit.
   */
  readonly rate?: RateOptions;
  /** Gaps between tries. Default 30 minutes, 1 hour, 2 hours, then every 3 hours. */
  readonly schedule?: ScheduleOptions;
  /** How long finished jobs can be asked about. Default `7d`. */
  readonly keepFinishedFor?: Duration;
  /** Add Date and Message-ID to messages that lack them. Default false: such messages are refused. */
  readonly complete?: boolean;
  /** Remove Bcc fields. Default false: a message with one is refused. */
  readonly stripBcc?: boolean;
  /** Called once for each message when it is put, and for each report: header fields to put in front (DKIM). */
  readonly sign?: SignHook;
  /** Where one-shot streams are kept while they wait. Default: the system's temporary folder. */
  readonly spoolDirectory?: string;
}

const ENGINE_KEYS: readonly (keyof EngineOptions)[] = [
  'ehloName',
  'default',
  'allowLegacyTls',
  'policies',
  'trust',
  'resolver',
  'clock',
  'dial',
  'localAddress',
  'families',
  'port',
  'ownNames',
  'ownAddresses',
  'allowPrivateAddresses',
  'timeouts',
  'perHost',
  'window',
  'health',
  'expiryWarnings',
  'once',
  'onPolicyFailure',
  'random',
  'onAttempt',
];

/** Keys of {@link SenderOptions}. */
export const senderKeys: readonly (keyof SenderOptions)[] = [
  ...ENGINE_KEYS,
  'queue',
  'reports',
  'holdFor',
  'work',
  'concurrency',
  'perDomain',
  'rate',
  'schedule',
  'keepFinishedFor',
  'complete',
  'stripBcc',
  'sign',
  'spoolDirectory',
];

/**
 * Refuses unknown keys and a missing `ehloName` or `default`.
 * @throws ConfigError
 */
export function checkEngineOptions(
  options: EngineOptions,
  where: string,
  keys: readonly string[] = ENGINE_KEYS,
): void {
  refuseUnknownOptions(options, keys, where);
  if (options.ehloName === undefined) {
    throw new ConfigError(
      'ehlo-name-missing',
      `${where}: "ehloName" is required: the name that this host goes by, such as "out.bank.example"; mail servers refuse hosts whose name does not resolve`,
    );
  }
  if (options.default === undefined) {
    throw new ConfigError(
      'default-missing',
      `${where}: "default" is required: the class of every domain that no rule names, one of "plain", "opportunistic", "mandatory", "verified"`,
    );
  }
}

/**
 * The same for a sender; `queue` must be there.
 * @throws ConfigError
 */
export function checkSenderOptions(options: SenderOptions): void {
  checkEngineOptions(options, 'createSender', senderKeys);
  const { queue } = options;
  if (typeof queue === 'string' ? queue === '' : typeof queue?.put !== 'function') {
    throw new ConfigError(
      'queue-missing',
      'createSender: "queue" is required: the path of a SQLite file, such as "./mail.sqlite", or a queue driver; memoryQueue() keeps mail in this process only and forgets it at a restart',
    );
  }
  if (options.reports !== undefined) {
    refuseUnknownOptions(options.reports, ['onReport', 'mail', 'language', 'from'], 'createSender: reports');
  }
}
