/**
 * What a preflight says, as plain data that can be kept as JSON: of the domain as a whole, and of each address of each of
 * its hosts.
 */
import type { CheckName, Level } from '../policy/plan.js';
import type { Via } from '../route/route.js';
import type { CertificateFacts } from '../scheme/finansinspektionen-facts.js';
import type { Check } from '../verdict/verdict.js';
import type { CertificateExpiry } from './expiry.js';

/**
 * One check. Beside those of the verdict there are `policy` (can anything be sent at all), `route` (the way in DNS),
 * `mx-names` (expected names against published ones), `session` (did it come to a verdict) and `expiry`.
 *
 * `fail`: a delivery would be refused. `unknown`: nobody could tell, and a delivery would not go out either. `warn`: it
 * would go out; `reason` says what may refuse it later or elsewhere.
 */
export interface PreflightCheck extends Omit<Check, 'name'> {
  readonly name: CheckName | 'policy' | 'route' | 'mx-names' | 'session' | 'expiry';
}

/** The worst of several checks; `not-asked` counts as `pass`. */
export type PreflightResult = 'pass' | 'warn' | 'unknown' | 'fail';

/** One address of one host (FI-23), or a host that has none. */
export interface PreflightHost {
  readonly host: string;
  /** null: the host cannot be tried at all. */
  readonly address: string | null;
  readonly port: number | null;
  readonly preference: number | null;
  readonly result: PreflightResult;
  /** Mail would go out to it. */
  readonly takesMail: boolean;
  /** FAQ-1. `unknown`: it was not reached, or class a did not look. */
  readonly startTls: 'offered' | 'not-offered' | 'unknown';
  readonly protocol: string | null;
  /** Registered name of the suite. */
  readonly cipher: string | null;
  /** Common Name of its certificate. */
  readonly cn: string | null;
  /** Names in subjectAltName. */
  readonly names: readonly string[];
  /** Last moment of its certificate, milliseconds since the epoch; null: none was seen, or it has no end. */
  readonly validUntil: number | null;
  readonly checks: readonly PreflightCheck[];
  /** What a report-only rule would say of it; null: there is none. */
  readonly asked: readonly PreflightCheck[] | null;
  /** Every certificate of the chain, leaf first (FAQ-15). */
  readonly certificates: readonly CertificateExpiry[];
}

/** The report on one domain. */
export interface Preflight {
  readonly domain: string;
  /** When it was made, milliseconds since the epoch. */
  readonly at: number;
  /** The worst of all checks of all hosts. */
  readonly result: PreflightResult;
  /** Some host takes mail now, so that a delivery would succeed. */
  readonly takesMail: boolean;
  readonly policy: {
    readonly level: Level;
    readonly locked: boolean;
    /** Class of a rule that is only tried out, or null. */
    readonly reportOnly: Level | null;
    /** Who asked for it: source and place. */
    readonly because: readonly string[];
    readonly fingerprint: string;
  };
  readonly via: Via | null;
  /** Names of its mail servers as DNS has them. */
  readonly published: readonly string[];
  /** Names that are agreed; null: none are (FI-5). */
  readonly expected: readonly string[] | null;
  /** Checks of the domain as a whole. */
  readonly checks: readonly PreflightCheck[];
  readonly hosts: readonly PreflightHost[];
  /** For `fillQuestionnaire` (FI-22, FI-23). */
  readonly facts: CertificateFacts;
}
