/**
 * How far a message came at the servers of a world. Whatever is expected, nothing of a message is ever in clear, unless the
 * policy allows it.
 * Failure: AssertionError with the conversation.
 */
import { AssertionError } from 'node:assert';
import type { Reach } from './scenario.js';
import type { World } from './world.js';

/** A lone dot, which ends a message that nobody wanted (SC-40). */
const LONE_DOT = '.\r\n'.length;

/** Nothing of a message came further than that, and no octet where none may be. @throws AssertionError */
export function checkReach(world: World, reach: Reach): void {
  const connections = world.servers.flatMap((server) => server.connections);
  world.noOffences();
  if (reach !== 'clear') world.noEnvelopeOutsideTls();
  if (reach === 'session') for (const verb of ['MAIL', 'RCPT', 'DATA', 'BDAT']) world.never(verb);
  else world.saw('MAIL');
  for (const { behindStartTls, contentOctets, unread } of connections) {
    if (behindStartTls > 0) failIn(world, `${behindStartTls} octets followed STARTTLS`);
    if (contentOctets > LONE_DOT && (reach === 'session' || reach === 'envelope'))
      failIn(world, `${contentOctets} octets of the message reached a server`);
    const late = unread.toString('latin1');
    if (!LATE[reach].test(late)) failIn(world, `to a server that reads no more: ${JSON.stringify(late)}`);
  }
}

/** What may still be under way to a server that reads no more. */
const LATE: Readonly<Record<Reach, RegExp>> = {
  session: /^(?:(?:EHLO [^\r\n]*|QUIT|RSET)\r\n)*$/,
  envelope: /^(?:(?:QUIT|RSET|DATA|\.|(?:MAIL FROM|RCPT TO):[^\r\n]*)\r\n)*$/,
  message: /^/,
  clear: /^/,
};

/** Fails with the conversation of all servers. @throws AssertionError */
export function failIn(world: World, message: string): never {
  throw new AssertionError({ message: `${message}\n${world.transcript()}` });
}
