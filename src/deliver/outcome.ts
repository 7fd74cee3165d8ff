/**
 * What became of one recipient in one attempt.
 */
import { describeReason, type Reason } from '../core/reasons.js';
import type { Reply } from '../smtp/reply.js';
import type { Verdict } from '../verdict/verdict.js';

/**
 * `delivered`; `deferred`: temporary, ordinary schedule; `held`: a policy refused, kept; `failed`: permanent; `unknown`:
 * the peer may have it, sent again and marked.
 */
export type State = 'delivered' | 'deferred' | 'held' | 'failed' | 'unknown';

/** One recipient's outcome of one attempt. */
export interface Outcome {
  /** Address as the host gave it. */
  readonly recipient: string;
  readonly state: State;
  /** null only when delivered. */
  readonly reason: Reason | null;
  /** Details of the case for people: dates, names, what came; escaped and capped. Empty when there are none. */
  readonly detail: string;
  /** The reply that decided, or null when none did. `secure`: it came inside judged TLS (AT-5). */
  readonly reply: (Reply & { readonly secure: boolean }) | null;
  /** The host that this outcome is about; null when none was reached for. */
  readonly host: string | null;
  readonly address: string | null;
  readonly verdict: Verdict | null;
  /** Enhanced status (RFC 3463) that an NDR would carry. */
  readonly status: string;
  readonly at: number;
  /** Whether the peer offered DSN, so that it takes over the duty to report (DSN-8). */
  readonly dsnOffered: boolean;
}

/** An outcome to which no session led: no server was asked, or none had a say. The status is that of its reason. */
export function outcomeWithoutSession(
  said: Pick<Outcome, 'recipient' | 'state' | 'reason' | 'detail' | 'at'>,
): Outcome {
  return {
    recipient: said.recipient,
    state: said.state,
    reason: said.reason,
    detail: said.detail,
    reply: null,
    host: null,
    address: null,
    verdict: null,
    status: said.reason === null ? '2.0.0' : describeReason(said.reason).status,
    at: said.at,
    dsnOffered: false,
  };
}
