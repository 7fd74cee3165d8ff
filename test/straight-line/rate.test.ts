/**
 * A sender that was told a rate.
 */
import { expect, it } from 'vitest';
import { createSender } from '../../src/sender.js';
import { createWorld } from '../../src/testing/world.js';

const MESSAGE = Buffer.from(
  'Date: Wed, 25 Nov 2026 10:00:00 +0000\r\nFrom: a@sender.test\r\nMessage-ID: <1@sender.test>\r\n\r\nhello\r\n',
);

it('a partner gets so many messages in a minute, and all of them in time', async () => {
  const world = await createWorld({
    zones: { 'partner.test': { mx: ['mx.partner.test'] } },
    servers: { 'mx.partner.test': {} },
  });
  const rate = { perDomain: { messages: 2, per: '1m' } };
  const sender = createSender(world.senderOptions({ work: 'on-send', rate }));
  try {
    const mail = { from: 'a@sender.test', to: 'b@partner.test', message: MESSAGE };
    for (let i = 0; i < 4; i += 1) await sender.send(mail);
    await world.clock.settle();
    const arrived = () => world.server('mx.partner.test').messages;
    expect(arrived()).toHaveLength(2);
    await world.clock.advance('30s');
    await world.clock.settle();
    expect(arrived()).toHaveLength(3);
    await world.clock.advance('30s');
    await world.clock.settle();
    expect(arrived()).toHaveLength(4);
    expect(await sender.queue.count({ state: 'done' })).toBe(4);
  } finally {
    await sender.close();
    await world.close();
  }
});

it('a slip in the rate is refused when the sender is made', async () => {
  const world = await createWorld({ zones: {}, servers: {} });
  const make = (rate: object) => createSender(world.senderOptions({ rate: rate as never }));
  expect(() => make({ perDomains: { messages: 1, per: '1m' } })).toThrow('did you mean "perDomain"?');
  expect(() => make({ perDomain: { messages: -1, per: '1m' } })).toThrow('rate: perDomain: messages');
  await world.close();
});
