/**
 * STARTTLS: exactly the command, its reply, an empty buffer, the handshake. It reports what the peer showed and judges
 * nothing; it never goes on in clear. Afterwards nothing that was learnt before is known (ST-9).
 * Failure: ConnectionError or ProtocolError; the connection is gone. Standards: RFC 3207 §4, §6; ST-1 to ST-6, ST-10.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Context } from '../core/context.js';
import { ConfigError, ConnectionError, ProtocolError } from '../core/errors.js';
import type { PeerFacts } from '../tls/facts.js';
import { refusal } from './connect.js';
import type { Connection } from './connection.js';
import type { TlsOptions } from './endpoint.js';
import { placeOf, startLayer } from './socket.js';

/** Starts TLS on a connection that was greeted in clear. */
export async function startTls(
  connection: Connection,
  options: TlsOptions,
  ctx: Context,
): Promise<PeerFacts> {
  if (connection.facts !== null) {
    throw new ConfigError(
      'tls-active',
      'startTls: expected a connection in clear, got one with TLS (RFC 3207 §4.2)',
    );
  }
  const place = placeOf(connection.endpoint);
  if (connection.capabilities?.startTls !== true) {
    throw new ConnectionError({
      ...place,
      code: 'starttls-not-supported',
      phase: 'starttls',
      message: 'the server does not offer STARTTLS, so it is not asked for',
    });
  }
  const reply = await connection.ask(
    'STARTTLS',
    { phase: 'starttls', timeoutMs: connection.timeouts.command },
    ctx,
  );
  if (reply.code !== 220) {
    await connection.quit(ctx);
    const code =
      reply.code === 454 || (reply.code >= 400 && reply.code < 500)
        ? 'starttls-temporarily-unavailable'
        : 'starttls-refused';
    throw refusal(connection, code, { phase: 'starttls', command: 'STARTTLS', reply });
  }
  // ST-5: behind the reply no octet in clear is legal; a whole line of it has ended the connection already.
  if (!connection.alive || !connection.bufferEmpty) {
    connection.destroy();
    throw new ProtocolError({
      ...place,
      code: 'plaintext-after-starttls',
      phase: 'starttls',
      command: 'STARTTLS',
      message: 'clear text behind the reply to STARTTLS',
    });
  }
  const socket = connection.release();
  const request = {
    endpoint: connection.endpoint,
    options,
    timeoutMs: connection.timeouts.handshake,
    afterStartTls: true,
  };
  try {
    const { layer, facts } = await startLayer(socket, request, ctx);
    connection.adopt(layer, facts);
    // ST-11: what came in one piece with the end of the handshake is handed out after it, and must not pass for the
    // answer to the EHLO that is said next.
    await turn();
    return facts;
  } catch (error) {
    connection.destroy();
    throw error;
  }
}
