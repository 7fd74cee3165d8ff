/**
 * From an endpoint to a connection that has been greeted in clear, or (port 465) one whose handshake is done and on
 * which nothing has been said. Failure: ConnectionError or ProtocolError with a Reason; the socket is gone.
 * Standards: RFC 5321 §3.1, §4.3.1; RFC 7504; RFC 8314 §3.3. SC-1 to SC-6, ST-17.
 */
import type { Context } from '../core/context.js';
import { ConfigError, ConnectionError, type Phase } from '../core/errors.js';
import type { Reason } from '../core/reasons.js';
import { type Capabilities, parseEhlo } from './capabilities.js';
import { type Connection, createConnection, type Due } from './connection.js';
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
  const made = { endpoint, ehloName, timeouts };
  if (options.implicitTls !== undefined) {
    const request = {
      endpoint,
      options: options.implicitTls,
      timeoutMs: timeouts.handshake,
      afterStartTls: false,
    };
    const { layer, facts } = await startLayer(socket, request, ctx);
    const connection = createConnection(layer, made, ctx);
    connection.facts = facts;
    // ST-17: the greeting comes inside TLS; it is due from now on and read by `greet`, or by nobody.
    connection.owedGreeting = connection.expect(greetingOf(connection), ctx);
    connection.owedGreeting.catch(() => undefined);
    return connection;
  }
  const connection = createConnection(socket, made, ctx);
  try {
    checkGreeting(connection, await connection.expect(greetingOf(connection), ctx));
    await sayEhlo(connection, options.allowHelo === true, ctx);
    return connection;
  } catch (error) {
    // SC-2: QUIT is said after a refusal too.
    await connection.quit(ctx);
    throw error;
  }
}

function greetingOf(connection: Connection): Due {
  return { phase: 'greeting', command: '', timeoutMs: connection.timeouts.greeting };
}

/** Refuses a greeting that is none (SC-2). @throws ConnectionError */
export function checkGreeting(connection: Connection, reply: Reply): void {
  const { code } = reply;
  if (code >= 200 && code < 300) return;
  // RFC 7504 §3: 521 and 554 say that no mail is taken here; other 5yz say it of this connection.
  const reason: Reason =
    code >= 500 && code < 600
      ? 'smtp-refused'
      : code === 432
        ? 'peer-concurrency-limit'
        : code >= 400 && code < 500
          ? 'peer-busy'
          : 'reply-mismatch';
  throw refusal(connection, reason, { phase: 'greeting', command: '', reply });
}

/** EHLO, and HELO after it where that is allowed (SC-4); sets and gives the capabilities. */
export async function sayEhlo(
  connection: Connection,
  allowHelo: boolean,
  ctx: Context,
): Promise<Capabilities> {
  const due = { phase: 'ehlo' as const, timeoutMs: connection.timeouts.command };
  let reply = await connection.ask(`EHLO ${connection.ehloName}`, due, ctx);
  let command = 'EHLO';
  const unknown = [500, 501, 502, 504].includes(reply.code);
  if (unknown && allowHelo) {
    reply = await connection.ask(`HELO ${connection.ehloName}`, due, ctx);
    command = 'HELO';
  }
  // ST-11: 250 alone; another 2yz is the answer to something else.
  if (reply.code === 250) {
    // AT-7: what came behind the reply has ended the connection already.
    if (connection.failure !== null) throw connection.failure;
    // A reply to HELO has no keywords, whatever its lines say.
    const lines = command === 'HELO' ? reply.lines.slice(0, 1) : reply.lines;
    connection.capabilities = parseEhlo({ ...reply, lines });
    return connection.capabilities;
  }
  throw refusal(connection, reasonOfEhlo(reply.code, allowHelo), { phase: 'ehlo', command, reply });
}

function reasonOfEhlo(code: number, allowHelo: boolean): Reason {
  if (code < 400 || code > 599) return 'reply-mismatch';
  if (code < 500) return 'peer-busy';
  // RFC 5321 §4.1.1.1: without EHLO there is no STARTTLS.
  if (code === 500 || code === 502) return allowHelo ? 'smtp-refused' : 'starttls-not-supported';
  return code === 521 || code === 554 ? 'smtp-refused' : 'ehlo-name-refused';
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
