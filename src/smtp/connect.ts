/**
 * From an endpoint to a connection that has been greeted in clear, or (port 465) one whose handshake is done and on
 * which nothing has been said. Failure: ConnectionError or ProtocolError with a Reason; the socket is gone.
 * Standards: RFC 5321 §3.1, §4.3.1; RFC 7504; RFC 8314 §3.3. SC-1 to SC-6, ST-17.
 */
import type { Context } from '../core/context.js';
import { ConfigError, ConnectionError, type Phase } from '../core/errors.js';
import type { Reason } from '../core/reasons.js';
import { parseEhlo } from './capabilities.js';
import { type Connection, createConnection } from './connection.js';
import type { Endpoint, TlsOptions } from './endpoint.js';
import { parseEhloName } from './ehlo-name.js';
import type { Reply } from './reply.js';
import { type DialOptions, openSocket, placeOf, startLayer } from './socket.js';
import { TIMEOUTS, type Timeouts } from './timeouts.js';

/** How to connect. */
export interface ConnectOptions extends Pick<DialOptions, 'dial' | 'localAddress'> {
  /** Required; there is no default (SC-5). */
  readonly ehloName: string;
  readonly timeouts?: Partial<Timeouts>;
  /** Fall back to HELO when EHLO is not known; only where clear text is good enough (SC-4). Default false. */
  readonly allowHelo?: boolean;
  /** For an `implicit` endpoint. */
  readonly implicitTls?: TlsOptions;
}

/**
 * Connects. @throws ConnectionError, ProtocolError, ConfigError
 */
export async function connect(
  endpoint: Endpoint,
  options: ConnectOptions,
  ctx: Context,
): Promise<Connection> {
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const ehloName = parseEhloName(options.ehloName);
  if ((endpoint.tls === 'implicit') !== (options.implicitTls !== undefined)) {
    throw new ConfigError(
      'connect-invalid',
      'connect: expected `implicitTls` for an endpoint with tls "implicit", and only there',
    );
  }
  const socket = await openSocket(endpoint, { ...options, timeoutMs: timeouts.connect }, ctx);
  const made = { endpoint, ehloName, timeouts, openedAt: ctx.clock.now() };
  if (options.implicitTls !== undefined) {
    const request = {
      endpoint,
      options: options.implicitTls,
      timeoutMs: timeouts.handshake,
      afterStartTls: false,
    };
    const { layer, facts } = await startLayer(socket, request, ctx);
    const connection = createConnection(layer, made);
    connection.facts = facts;
    // ST-17: the greeting comes inside TLS; it is awaited from now on and read by `greet`.
    greetings.set(connection, readGreeting(connection, ctx));
    return connection;
  }
  const connection = createConnection(socket, made);
  try {
    await readGreeting(connection, ctx);
    await sayEhlo(connection, options.allowHelo === true, ctx);
    return connection;
  } catch (error) {
    // SC-2: QUIT is said after a refusal too.
    await connection.quit(ctx);
    throw error;
  }
}

/** Greetings of implicit connections that nobody has read yet. */
const greetings = new WeakMap<Connection, Promise<void>>();

/** The greeting that an implicit connection still owes, or nothing. */
export function awaitGreeting(connection: Connection): Promise<void> {
  return greetings.get(connection) ?? Promise.resolve();
}

async function readGreeting(connection: Connection, ctx: Context): Promise<void> {
  const due = { phase: 'greeting' as const, command: '', timeoutMs: connection.timeouts.greeting };
  const reply = await connection.expect(due, ctx);
  if (reply.code >= 200 && reply.code < 300) return;
  const reason =
    reply.code >= 500 ? 'smtp-refused' : reply.code === 432 ? 'peer-concurrency-limit' : 'peer-busy';
  throw refusal(connection, reason, { phase: 'greeting', command: '', reply });
}

/** EHLO, and HELO after it where that is allowed (SC-4); sets the capabilities. */
export async function sayEhlo(connection: Connection, allowHelo: boolean, ctx: Context): Promise<void> {
  const due = { phase: 'ehlo' as const, timeoutMs: connection.timeouts.command };
  const reply = await connection.ask(`EHLO ${connection.ehloName}`, due, ctx);
  if (reply.code === 250) {
    connection.capabilities = parseEhlo(reply);
    return;
  }
  if (reply.code < 400)
    throw refusal(connection, 'reply-mismatch', { phase: 'ehlo', command: 'EHLO', reply });
  const unknown = [500, 501, 502, 504].includes(reply.code);
  if (unknown && allowHelo) {
    const helo = await connection.ask(`HELO ${connection.ehloName}`, due, ctx);
    if (helo.code === 250) {
      connection.capabilities = parseEhlo({ ...helo, lines: helo.lines.slice(0, 1) });
      return;
    }
  }
  const reason: Reason =
    reply.code < 500
      ? 'peer-busy'
      : [500, 502].includes(reply.code)
        ? 'starttls-not-supported'
        : 'ehlo-name-refused';
  throw refusal(connection, reason, { phase: 'ehlo', command: 'EHLO', reply });
}

/** The error of a reply that ends the session. */
export function refusal(
  connection: Connection,
  code: Reason,
  at: { readonly phase: Phase; readonly command: string; readonly reply: Reply },
): ConnectionError {
  const { code: number, lines } = at.reply;
  return new ConnectionError({
    ...placeOf(connection.endpoint),
    code,
    phase: at.phase,
    command: at.command,
    reply: { code: number, lines },
    message: `the server answered ${at.command || 'the connection'} with ${number}`,
  });
}
