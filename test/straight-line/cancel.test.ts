/**
 * A sender's message is taken back while a policy holds it: one report reaches the sender of the message.
 */
import PostalMime from 'postal-mime';
import { expect, it } from 'vitest';
import { createSender } from '../../src/sender.js';
import { createWorld } from '../../src/testing/world.js';

const MESSAGE = Buffer.from(
  'Date: Wed, 25 Nov 2026 10:00:00 +0000\r\nFrom: a@sender.test\r\nMessage-ID: <1@sender.test>\r\n\r\nhello\r\n',
);

it('Q-24, DSN-13: cancelled mail is reported once, with who took it back and why, and its receipt ends', async () => {
  const world = await createWorld({
    zones: { 'other.test': { mx: ['mx.other.test'] } },
    servers: { 'mx.other.test': { certificate: 'wrongHost' } },
  });
  const sender = createSender(world.senderOptions({ work: 'on-send', random: () => 0 }));
  try {
    const to = ['b@other.test', 'c@other.test'];
    const receipt = await sender.send({ from: 'a@sender.test', to, message: MESSAGE });
    await world.clock.settle();
    await receipt.attempted;
    const results = await sender.cancel(receipt.id, { by: 'ops@sender.test', reason: 'sent by mistake' });
    expect(results).toMatchObject([{ domain: 'other.test', result: 'cancelled' }]);
    expect(await receipt.settled).toMatchObject([{ reason: 'cancelled' }, { reason: 'cancelled' }]);
    await world.clock.advance('6d');
    expect(world.ndrs).toMatchObject([{ kind: 'failed', to: 'a@sender.test' }]);
    const { text = '' } = await PostalMime.parse(world.ndrs[0]?.message ?? '');
    expect(text).toContain('by ops@sender.test: sent by mistake');
    expect(text).toContain('b@other.test');
    expect(text).toContain('c@other.test');
    world.server('mx.other.test').never('MAIL');
  } finally {
    await sender.close();
    await world.close();
  }
});

it('Q-24: the receipt of mail that is cancelled before its first attempt ends too', async () => {
  const world = await createWorld({ zones: {}, servers: {} });
  const sender = createSender(world.senderOptions({ work: 'by-call' }));
  try {
    const receipt = await sender.send({ from: 'a@sender.test', to: 'b@other.test', message: MESSAGE });
    await sender.cancel(receipt.id, { by: 'ops', reason: 'sent by mistake' });
    expect(await receipt.attempted).toMatchObject([{ state: 'failed', reason: 'cancelled' }]);
    expect(await receipt.settled).toMatchObject([{ state: 'failed', reason: 'cancelled' }]);
  } finally {
    await sender.close();
    await world.close();
  }
});
