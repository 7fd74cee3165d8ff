/**
 * A world with one partner, a sender in it, and what its events say.
 */
import { onEvent, type EventName, type Events } from '../../src/core/channels.js';
import type { AttemptRecord } from '../../src/deliver/attempt.js';
import type { Mail } from '../../src/mail.js';
import { createSender, type Sender } from '../../src/sender.js';
import type { SenderOptions } from '../../src/sender-options.js';
import { createWorld, type World, type WorldServerOptions } from '../../src/testing/world.js';

export const HOST = 'mx1.partner.example';
const open: (() => unknown)[] = [];

/** Ends what the tests of a file began; for `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const close of open.splice(0).reverse()) await close();
}

/** A world whose partner.example has one mail server, and a sender. */
export async function start(
  server: WorldServerOptions = {},
  options: Partial<SenderOptions> = {},
): Promise<{ world: World; sender: Sender; records: AttemptRecord[] }> {
  const world = await createWorld({
    zones: { 'partner.example': { mx: [HOST] }, 'other.example': { mx: ['mx.other.example'] } },
    servers: { [HOST]: server },
  });
  open.push(() => world.close());
  const { sender, records } = join(world, options);
  return { world, sender, records };
}

/** Another sender in the same world. */
export function join(
  world: World,
  options: Partial<SenderOptions>,
): { sender: Sender; records: AttemptRecord[] } {
  const records: AttemptRecord[] = [];
  const sender = createSender(
    world.senderOptions({ onAttempt: (record) => void records.push(record), ...options }),
  );
  open.push(() => sender.close());
  return { sender, records };
}

/** Everything of this event from now on. */
export function collect<N extends EventName>(name: N): Events[N][] {
  const events: Events[N][] = [];
  open.push(onEvent(name, (event) => void events.push(event)));
  return events;
}

/** A mail to anna@partner.example with these fields on top. */
export function mailWith(fields: readonly string[] = [], more: Partial<Mail> = {}): Mail {
  return {
    from: 'ops@bank.example',
    to: ['anna@partner.example'],
    message: Buffer.from(
      [
        'Date: Thu, 15 Jan 2026 12:00:00 +0000',
        'From: ops@bank.example',
        'Message-ID: <1@bank.example>',
        ...fields,
        '',
        'hello',
        '',
      ].join('\r\n'),
    ),
    ...more,
  };
}
