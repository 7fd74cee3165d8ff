/**
 * The EHLO inside TLS: only what it says counts from here on (SC-7, ST-9). On an implicit connection the greeting is read
 * first (ST-17). Failure: ConnectionError or ProtocolError.
 */
import type { Context } from '../core/context.js';
import type { Capabilities } from './capabilities.js';
import { checkGreeting, sayEhlo } from './connect.js';
import type { Connection } from './connection.js';

/** Introduces this host inside TLS and gives what the server offers there. */
export async function greet(connection: Connection, ctx: Context): Promise<Capabilities> {
  try {
    const owed = connection.owedGreeting;
    connection.owedGreeting = null;
    if (owed !== null) checkGreeting(connection, await owed);
    // ST-12: HELO is good enough where TLS is on already, but then no extension exists.
    return await sayEhlo(connection, true, ctx);
  } catch (error) {
    // SC-2: QUIT is said after a refusal too.
    await connection.quit(ctx);
    throw error;
  }
}
