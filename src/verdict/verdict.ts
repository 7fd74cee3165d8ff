/**
 * The verdict on one session: every check runs, each gives its line, and the decision comes after. `fail` and `unknown`
 * refuse; `warn` and `not-asked` do not.
 */
import type { Reason } from '../core/reasons.js';
import type { CheckName, Plan } from '../policy/plan.js';
import type { Target } from '../route/route.js';
import type { PeerFacts } from '../tls/facts.js';
import type { Certificate } from '../x509/certificate.js';

/** One line of a verdict. */
export interface Check {
  readonly name: CheckName;
  readonly result: 'pass' | 'warn' | 'fail' | 'not-asked' | 'unknown';
  /** Set for warn, fail and unknown. */
  readonly reason: Reason | null;
  /** What the plan asks, for people. */
  readonly want: string;
  /** What the peer showed, for people; escaped and capped. */
  readonly got: string;
  /** The waiver that turned a refusal into a warning. */
  readonly waivedBy: string | null;
}

/** What all checks are given. */
export interface Evidence {
  readonly plan: Plan;
  readonly target: Target;
  /** null: the session is in clear text. */
  readonly facts: PeerFacts | null;
  /** Why there is no TLS: what STARTTLS ended with; null where TLS was not tried or succeeded. */
  readonly tlsFailure: Reason | null;
  /** The certificates as sent, parsed; null where one could not be. */
  readonly sent: readonly Certificate[] | null;
  readonly now: number;
}

/** The whole verdict. */
export interface Verdict {
  readonly host: string;
  readonly address: string;
  readonly at: number;
  /** Until then the same session under the same plan gets the same verdict: the first date in it that passes. */
  readonly holdsUntil: number;
  readonly passed: boolean;
  /** The first refusing reason in the order of the checks; null when passed. */
  readonly reason: Reason | null;
  readonly checks: readonly Check[];
  readonly encrypted: boolean;
  /** True only for TLS whose chain, dates and name were checked and held (ST-16). */
  readonly authenticated: boolean;
  /** From the leaf to the root of the store that it leads to; empty where there is no such path. */
  readonly path: readonly Certificate[];
  /** The reference name that matched, CI-21. */
  readonly identity: string | null;
  readonly cnEqualsHost: boolean | null;
  readonly mxAuth: Target['mxAuth'];
  readonly facts: PeerFacts | null;
  readonly fingerprint: string;
}
