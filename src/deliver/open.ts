/**
 * Steps 4 to 7 of the straight line, up to the moment before MAIL FROM: connection, STARTTLS, verdict, the door. Delivery
 * and every check without delivery call this, so they cannot disagree.
 *
 *   openTarget  4 connect, 5 STARTTLS (`reach`), 6 verdict, second EHLO, 7 the door -> a session, or why not
 *
 * On failure: a value that says why; the connection is gone. Only a call-off (AbortSignal) and bugs throw.
 * Standards: RFC 5321 §5.1, RFC 3207 §4, §6.
 */
import { publish } from '../core/channels.js';
import type { Context } from '../core/context.js';
import { isConnectionError, isProtocolError, type Phase } from '../core/errors.js';
import { describeReason, type Reason } from '../core/reasons.js';
import type { Plan } from '../policy/plan.js';
import type { Target } from '../route/route.js';
import type { Admitted } from '../smtp/admitted.js';
import { authenticate } from '../smtp/authenticate.js';
import type { Connection } from '../smtp/connection.js';
import { greet } from '../smtp/greet.js';
import type { ConnectionPool, Leave } from '../smtp/pool.js';
import type { Turn } from '../smtp/turns.js';
import { admit } from '../verdict/admit.js';
import { judge, type JudgeInput } from '../verdict/judge.js';
import type { Verdict } from '../verdict/verdict.js';
import type { HostRate } from './host-rate.js';
import { type Means, type Progress, reach, type Reached } from './reach.js';
import type { SlowAddresses } from './slow-addresses.js';
import type { WayFinder } from './way.js';

/** Remembers hosts that could not be reached, per plan, so that each message does not find out anew. */
export interface HostHealth {
  /** Why this target is not worth a connection now, or null. */
  down(target: Target, fingerprint: string, now: number): Reason | null;
  report(target: Target, fingerprint: string, reason: Reason | null, now: number): void;
}

/** Everything that opening needs, made once by the composition root. */
export interface Opener extends Means, WayFinder {
  readonly pool: ConnectionPool;
  /** Messages to this domain that may be under way on one connection (SC-54). */
  readonly window: (domain: string) => number;
  readonly health: HostHealth;
  readonly slow: SlowAddresses;
  /** null: there is no limit. */
  readonly hostRate: HostRate | null;
}

/** A session that passed, or what refused it. */
export type Opened =
  | {
      readonly kind: 'session';
      readonly target: Target;
      readonly session: Admitted<Verdict>;
      /** This message's turn on the connection; whoever has it ends it. */
      readonly turn: Turn;
      /** Why a first handshake broke, so that another was made without hybrid key shares (CV-3); null: there was one. */
      readonly retriedAfter?: Reason | null;
      /** Report-only: what the asked plan says of this session; null or absent: there is no such plan. */
      readonly asked?: Verdict | null;
    }
  | {
      readonly kind: 'refused';
      readonly target: Target;
      readonly reason: Reason;
      readonly detail: string;
      readonly phase: Phase | 'verdict' | 'skipped';
      readonly reply: {
        readonly code: number;
        readonly lines: readonly string[];
        readonly secure: boolean;
      } | null;
      readonly verdict: Verdict | null;
      readonly retriedAfter?: Reason | null;
      readonly asked?: Verdict | null;
    };

/** Steps 4 to 7 for one target and a message of so many octets: a kept session whose facts still pass, or a new connection. */
export async function openTarget(
  plan: Plan,
  target: Target,
  octets: number,
  opener: Opener,
  ctx: Context,
): Promise<Opened> {
  const wish = { octets, window: opener.window(plan.domain) };
  for (;;) {
    const early = isDown(plan, target, opener, ctx);
    if (early !== null) return early;
    const got = await opener.pool.acquire(poolKey(plan, target), wish, ctx);
    if ('turn' in got) {
      const session = judgeKept(got.turn, plan, target, ctx);
      if (session !== null) return { kind: 'session', target, session, turn: got.turn };
      got.turn.end(false);
      continue;
    }
    // While this one waited, another may have found out.
    const late = isDown(plan, target, opener, ctx);
    if (late !== null) {
      got.leave.failed();
      return late;
    }
    const opened = await openNew({ plan, target, leave: got.leave }, opener, ctx);
    if (opened === 'crowded') continue;
    const reason = opened.kind === 'refused' ? opened.reason : null;
    opener.health.report(target, plan.fingerprint, reason, ctx.clock.now());
    return opened;
  }
}

/** A host that was found unreachable a moment ago is left alone. */
function isDown(plan: Plan, target: Target, opener: Opener, ctx: Context): Opened | null {
  const reason = opener.health.down(target, plan.fingerprint, ctx.clock.now());
  if (reason === null) return null;
  return refused(target, { reason, detail: 'not tried again so soon', phase: 'skipped' });
}

/** The pass that each connection has; it goes with the connection. */
const passes = new WeakMap<Connection, Admitted<Verdict>>();

function remember(session: Admitted<Verdict> | null): Admitted<Verdict> | null {
  if (session !== null) passes.set(session.connection, session);
  return session;
}

/** A kept connection is judged again as soon as a date has passed on which its verdict rests (SC-51, SC-52). */
function judgeKept({ connection }: Turn, plan: Plan, target: Target, ctx: Context): Admitted<Verdict> | null {
  const now = ctx.clock.now();
  const known = passes.get(connection);
  const { at, holdsUntil, mxAuth, fingerprint } = known?.proof ?? {};
  const holds = at !== undefined && holdsUntil !== undefined && at <= now && now < holdsUntil;
  if (known !== undefined && holds && mxAuth === target.mxAuth && fingerprint === plan.fingerprint) {
    return connection.alive ? known : null;
  }
  const verdict = judge({ plan, target, facts: connection.facts, tlsFailure: null, now });
  return remember(admit(connection, verdict));
}

/** Keys that were made before: the targets of a kept route are the same for all its mail. */
const keys = new WeakMap<Target, { readonly fingerprint: string; readonly key: string }>();

/** Sessions are shared only where target, plan and login are equal (SC-51). */
export function poolKey(plan: Plan, target: Target): string {
  const known = keys.get(target);
  if (known?.fingerprint === plan.fingerprint) return known.key;
  const key = [
    target.host,
    target.address,
    target.port,
    target.tls,
    target.auth?.user ?? '',
    plan.fingerprint,
  ].join('|');
  keys.set(target, { fingerprint: plan.fingerprint, key });
  return key;
}

interface Opening {
  readonly plan: Plan;
  readonly target: Target;
  readonly leave: Leave;
}

/** Steps 4 to 7 on a fresh connection; `crowded`: the host takes none beside those that are open. */
async function openNew(opening: Opening, opener: Opener, ctx: Context): Promise<Opened | 'crowded'> {
  const { plan, target, leave } = opening;
  const progress: Progress = { retriedAfter: null };
  let connection: Connection | null = null;
  let opened: Opened | null = null;
  try {
    const reached = await reach({ plan, target, means: opener, progress }, ctx);
    connection = reached.connection;
    opened = { ...(await passDoor(reached, opening, ctx)), ...progress };
  } catch (error) {
    connection?.destroy();
    opened = { ...sessionFailed(error, target, ctx), ...progress };
  } finally {
    if (opened === null) leave.failed();
  }
  if (opened.kind === 'session') return opened;
  if (isTurnedAway(opened)) return leave.crowded() ? 'crowded' : opened;
  leave.failed();
  return opened;
}

/** The host is there and wants no more of it now: before anything was said, and for reasons that pass by themselves. */
function isTurnedAway({ phase, reason }: Extract<Opened, { kind: 'refused' }>): boolean {
  return (phase === 'connect' || phase === 'greeting') && describeReason(reason).effect === 'retry';
}

/** Steps 6 and 7: the verdict, then the second EHLO, then the door. A refused session hears QUIT and nothing else (ST-7). */
async function passDoor(
  { connection, tlsFailure }: Reached,
  { plan, target, leave }: Opening,
  ctx: Context,
): Promise<Opened> {
  const verdict = judge({ plan, target, facts: connection.facts, tlsFailure, now: ctx.clock.now() });
  const asked = reportOnly(plan, { target, facts: connection.facts, tlsFailure, now: verdict.at });
  if (!verdict.passed) {
    await connection.quit(ctx);
    return {
      kind: 'refused',
      target,
      reason: verdict.reason ?? 'certificate-invalid',
      detail: detailOf(verdict),
      phase: 'verdict',
      reply: null,
      verdict,
      asked,
    };
  }
  if (connection.capabilities === null) await greet(connection, ctx);
  const session = remember(admit(connection, verdict));
  if (session === null) throw new Error('a passed verdict did not open the door: this is a bug');
  if (target.auth !== null) await authenticate(session, target.auth, ctx);
  return { kind: 'session', target, session, turn: leave.opened(connection), asked };
}

/** Report-only: what the asked plan would say is told and decides nothing. */
function reportOnly(plan: Plan, seen: Omit<JudgeInput, 'plan'>): Verdict | null {
  const asked = plan.reportOnly;
  if (asked === null) return null;
  const would = judge({ ...seen, plan: asked });
  if (!would.passed) {
    const reason = would.reason ?? 'certificate-invalid';
    publish('policy.would-refuse', { domain: asked.domain, host: seen.target.host, reason });
  }
  return would;
}

/** The lines of the checks that refused, for people. */
export function detailOf(verdict: Verdict): string {
  return verdict.checks
    .filter((check) => check.result === 'fail' || check.result === 'unknown')
    .map((check) => `${check.got} (asked: ${check.want})`)
    .join('; ');
}

function sessionFailed(error: unknown, target: Target, ctx: Context): Opened {
  if (ctx.signal.aborted) throw error;
  if (!isConnectionError(error) && !isProtocolError(error)) throw error;
  return {
    kind: 'refused',
    target,
    reason: error.code,
    detail: error.message,
    phase: error.phase,
    reply: error.reply === undefined ? null : { ...error.reply, secure: false },
    verdict: null,
  };
}

function refused(target: Target, why: { reason: Reason; detail: string; phase: 'skipped' }): Opened {
  return { kind: 'refused', target, ...why, reply: null, verdict: null };
}
