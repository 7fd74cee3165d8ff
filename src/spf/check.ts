/**
 * SPF of a session: the name that the client gave, then the reverse-path (SPF-1).
 * Failure: ConfigError for an address that is none; what DNS and records say is a result.
 * Standard: RFC 7208 §2.3, §2.4.
 */
import type { Context } from '../core/context.js';
import { ConfigError } from '../core/errors.js';
import { checkHost, type HostQuestion, type SpfCheck } from './check-host.js';
import type { SpfResult } from './evaluate.js';
import type { SpfResolver } from './lookups.js';
import { parseClientIp, parseSender, queryName } from './session.js';

/** Who sends what to whom. */
export interface SpfSession {
  /** Address of the client; IPv4-mapped ones count as IPv4. */
  readonly ip: string;
  /** The name in EHLO or HELO. */
  readonly ehlo: string;
  /** The reverse-path without brackets; `''`: the null one, for which postmaster at the client's name stands. */
  readonly mailFrom: string;
  /** Name of the receiving server, for explanations. Default `unknown`. */
  readonly receiver?: string;
  /** Longest time for each identity, in milliseconds; at least 1, default 20 000 (RFC 7208 §4.6.4). */
  readonly timeLimitMs?: number;
}

/** What came out. */
export interface SpfOutcome {
  readonly result: SpfResult;
  /** The check that decided. */
  readonly decisive: SpfCheck;
  /** The client's name; null: it is no name that could be checked. */
  readonly helo: SpfCheck | null;
  /** The reverse-path; null: the client's name had failed already, or stands for the null reverse-path. */
  readonly mailFrom: SpfCheck | null;
}

const LEAST_TIME = 20_000;

/** The parts of a question that do not depend on the identity. @throws ConfigError */
export function questionOf(
  session: SpfSession,
): Pick<HostQuestion, 'ip' | 'ehlo' | 'receiver' | 'timeLimitMs'> {
  const { ehlo, receiver = 'unknown', timeLimitMs = LEAST_TIME } = session;
  if (!(timeLimitMs >= 1)) {
    throw new ConfigError(
      'time-limit-invalid',
      `timeLimitMs: expected 1 or more, got ${String(timeLimitMs)}`,
    );
  }
  return { ip: parseClientIp(session.ip), ehlo, receiver, timeLimitMs };
}

/**
 * Checks SPF. A client whose name fails is judged by that; else the reverse-path decides.
 * @throws ConfigError `client-address-invalid`, `time-limit-invalid`
 */
export async function checkSpf(
  session: SpfSession,
  resolver: SpfResolver,
  ctx: Context,
): Promise<SpfOutcome> {
  const question = { ...questionOf(session), scope: 'spf' as const };
  const helo =
    queryName(session.ehlo) === null
      ? null
      : await checkHost(
          {
            ...question,
            identity: 'helo',
            domain: session.ehlo,
            sender: parseSender('', session.ehlo),
          },
          resolver,
          ctx,
        );
  if (helo !== null && (helo.result === 'fail' || session.mailFrom === '')) {
    return { result: helo.result, decisive: helo, helo, mailFrom: null };
  }
  const sender = parseSender(session.mailFrom, session.ehlo);
  const mailFrom = await checkHost(
    { ...question, identity: 'mailfrom', domain: sender.domain, sender },
    resolver,
    ctx,
  );
  return { result: mailFrom.result, decisive: mailFrom, helo, mailFrom };
}
