/**
 * Login at a relay: PLAIN or LOGIN, only on an admitted connection inside TLS, out of the mechanisms of the EHLO there.
 * The secret is in no error and no event (AT-52). Standards: RFC 4954, RFC 4616; ST-18.
 */
import type { Context } from '../core/context.js';
import { ConnectionError } from '../core/errors.js';
import { type Admitted, assertAdmitted } from './admitted.js';
import { refusal } from './connect.js';
import type { Reply } from './reply.js';
import { placeOf } from './socket.js';

/** Logs in. @throws ConnectionError `auth-not-offered`, `auth-rejected` */
export async function authenticate(
  session: Admitted,
  login: { readonly user: string; readonly pass: string },
  ctx: Context,
): Promise<void> {
  assertAdmitted(session);
  const { connection } = session;
  const offered = connection.capabilities?.auth ?? [];
  if (connection.facts === null || !offered.some((each) => each === 'PLAIN' || each === 'LOGIN')) {
    throw new ConnectionError({
      ...placeOf(connection.endpoint),
      code: 'auth-not-offered',
      phase: 'auth',
      message: 'the relay offers neither PLAIN nor LOGIN inside TLS',
    });
  }
  // AT-52: without the verb of its own, an error would name the first word of the line, and that is the secret.
  const due = { phase: 'auth' as const, command: 'AUTH', timeoutMs: connection.timeouts.command };
  const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
  const plain = base64(`\0${login.user}\0${login.pass}`);
  const [user, pass] = [base64(login.user), base64(login.pass)];
  const lines = offered.includes('PLAIN') ? [`AUTH PLAIN ${plain}`] : ['AUTH LOGIN', user, pass];
  for (const [index, line] of lines.entries()) {
    const reply = await connection.ask(line, due, ctx);
    const wanted = index === lines.length - 1 ? 235 : 334;
    if (reply.code !== wanted) {
      await connection.quit(ctx);
      throw refusal(connection, reply.code < 500 && reply.code >= 400 ? 'peer-busy' : 'auth-rejected', {
        phase: 'auth',
        command: 'AUTH',
        reply: withoutSecrets(reply, [plain, user, pass, login.pass]),
      });
    }
  }
}

/** AT-52: replies reach records and reports, and some servers repeat the line that they refuse. */
function withoutSecrets(reply: Reply, secrets: readonly string[]): Reply {
  const isTelling = (line: string): boolean => secrets.some((secret) => line.includes(secret));
  return { ...reply, lines: reply.lines.map((line) => (isTelling(line) ? '(repeats the login)' : line)) };
}
