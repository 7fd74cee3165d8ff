/**
 * The EHLO inside TLS: only what it says counts from here on (SC-7, ST-9). On an implicit connection the greeting is read
 * first (ST-17). Failure: ConnectionError or ProtocolError.
 */
import type { Context } from '../core/context.js';
import type { Capabilities } from './capabilities.js';
import { awaitGreeting, sayEhlo } from './connect.js';
import type { Connection } from './connection.js';

/** Introduces this host inside TLS and gives what the server offers there. */
export async function greet(connection: Connection, ctx: Context): Promise<Capabilities> {
  await awaitGreeting(connection);
  await sayEhlo(connection, false, ctx);
  return connection.capabilities as Capabilities;
}
