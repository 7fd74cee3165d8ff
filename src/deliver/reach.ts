/**
 * Steps 4 and 5: a connection to one target, with TLS as the class of the plan wants it.
 *
 *   1 connect and greet in clear (port 465: the handshake comes first)
 *   2 STARTTLS where it is offered; a handshake that breaks without a word is made once more, on a fresh connection
 *     and without hybrid key shares, whose size some devices cannot take; versions and suites stay as they were (CV-3)
 *   3 class b alone goes on in clear after a failed negotiation, on a fresh connection (ST-13, RFC 7435 §4)
 *
 * Failure: ConnectionError or ProtocolError; every connection is gone. Standards: RFC 3207 §4, RFC 9325 §3.1.3.
 */
import { isIP } from 'node:net';
import type { Context } from '../core/context.js';
import { isConnectionError, isProtocolError } from '../core/errors.js';
import type { Reason } from '../core/reasons.js';
import type { Plan } from '../policy/plan.js';
import type { Target } from '../route/route.js';
import { connect, type ConnectOptions } from '../smtp/connect.js';
import type { Connection } from '../smtp/connection.js';
import type { TlsOptions } from '../smtp/endpoint.js';
import { startTls } from '../smtp/starttls.js';
import { offersHybrid, type SecureContexts } from '../tls/context.js';
import type { TrustStore } from '../x509/trust-store.js';

/** What reaching a host needs, made once by the composition root. */
export interface Means {
  readonly contexts: SecureContexts;
  /** Counts where a plan names no store. */
  readonly store: TrustStore;
  readonly connect: ConnectOptions;
}

/** What is known while it goes on, and after it failed. */
export interface Progress {
  /** Why the first handshake broke, where there was a second; else null. */
  retriedAfter: Reason | null;
}

/** Whom to reach, and how. */
export interface Reaching {
  readonly plan: Plan;
  readonly target: Target;
  readonly means: Means;
  readonly progress: Progress;
}

/** A connection, and why it is in clear where TLS was wanted. */
export interface Reached {
  readonly connection: Connection;
  readonly tlsFailure: Reason | null;
}

/** Reaches a target. @throws ConnectionError, ProtocolError */
export async function reach(reaching: Reaching, ctx: Context): Promise<Reached> {
  try {
    return await reachOnce(reaching, true, ctx);
  } catch (error) {
    const failure = failureOf(error);
    const broke = failure === 'handshake-closed' || failure === 'handshake-timeout';
    if (!broke || !offersHybrid) return goOnInClear(error, reaching, ctx);
    reaching.progress.retriedAfter = failure;
  }
  try {
    return await reachOnce(reaching, false, ctx);
  } catch (error) {
    return goOnInClear(error, reaching, ctx);
  }
}

async function reachOnce(reaching: Reaching, hybrid: boolean, ctx: Context): Promise<Reached> {
  const { plan, target, means } = reaching;
  if (target.tls === 'implicit') {
    const implicitTls = tlsOptionsOf(plan, target, means, hybrid);
    return { connection: await connect(target, { ...means.connect, implicitTls }, ctx), tlsFailure: null };
  }
  const connection = await connectInClear(reaching, ctx);
  const { capabilities } = connection;
  if (plan.level === 'plain') return { connection, tlsFailure: null };
  if (capabilities?.startTls !== true) {
    const masked = capabilities?.startTlsMasked === true;
    return { connection, tlsFailure: masked ? 'starttls-stripped' : 'starttls-not-supported' };
  }
  try {
    await startTls(connection, tlsOptionsOf(plan, target, means, hybrid), ctx);
    return { connection, tlsFailure: null };
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

/** ST-13: only class b, and only after a failed negotiation; else the error is thrown again. */
async function goOnInClear(error: unknown, reaching: Reaching, ctx: Context): Promise<Reached> {
  const failure = failureOf(error);
  const phase = isConnectionError(error) || isProtocolError(error) ? error.phase : null;
  const negotiated = phase === 'starttls' || phase === 'handshake';
  const { plan, target } = reaching;
  const allowed =
    plan.level === 'opportunistic' && target.tls === 'starttls' && failure !== 'plaintext-after-starttls';
  if (failure === null || !negotiated || !allowed) throw error;
  return { connection: await connectInClear(reaching, ctx), tlsFailure: failure };
}

function failureOf(error: unknown): Reason | null {
  return isConnectionError(error) || isProtocolError(error) ? error.code : null;
}

function connectInClear({ plan, target, means }: Reaching, ctx: Context): Promise<Connection> {
  // SC-4: HELO offers no STARTTLS, so it is good enough only where clear text is.
  const allowHelo = plan.level === 'plain' || plan.level === 'opportunistic';
  return connect(target, { ...means.connect, allowHelo }, ctx);
}

/** What the plan asks of the handshake. */
function tlsOptionsOf(plan: Plan, target: Target, means: Means, hybrid: boolean): TlsOptions {
  return {
    secureContext: means.contexts.get({
      store: plan.trust.store ?? means.store,
      suites: plan.ciphers,
      minProtocol: plan.minProtocol,
      clientCertificate: plan.clientCertificate,
      hybrid,
    }),
    servername: isIP(target.host) === 0 ? target.host : null,
  };
}
