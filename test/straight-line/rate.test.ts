/**
 * A sender that was told a rate.
 */
import { expect, it } from 'vitest';
import { createSender, type Sender } from '../../src/sender.js';
import type { AttemptRecord } from '../../src/deliver/attempt.js';
import { createWorld, type World } from '../../src/testing/world.js';

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

/** Sends one mail to each address, and lets it be tried. */
async function sendAll(sender: Sender, world: World, to: readonly string[]): Promise<void> {
  for (const each of to) await sender.send({ from: 'a@sender.test', to: [each], message: MESSAGE });
  await world.clock.settle();
}

it('Q-10: a mail server gets so many messages in a minute, whatever domains it takes mail for', async () => {
  const world = await createWorld({
    zones: { 'one.test': { mx: ['mx.shared.test'] }, 'two.test': { mx: ['mx.shared.test'] } },
    servers: { 'mx.shared.test': {} },
  });
  const rate = { perHost: { messages: 2, per: '1m' } };
  const records: AttemptRecord[] = [];
  const sender = createSender(
    world.senderOptions({ work: 'on-send', rate, onAttempt: (record) => void records.push(record) }),
  );
  const arrived = (): number => world.server('mx.shared.test').messages.length;
  try {
    await sendAll(sender, world, ['b@one.test', 'b@two.test', 'c@one.test', 'c@two.test']);
    expect(arrived()).toBe(2);
    const waiting = await sender.queue.find({ state: 'ready' });
    expect(waiting.map(({ job }) => [job.attempts, job.recipients[0]?.state])).toEqual([
      [0, 'waiting'],
      [0, 'waiting'],
    ]);
    await world.clock.advance('30s');
    await world.clock.settle();
    expect(arrived()).toBe(3);
    await world.clock.advance('30s');
    await world.clock.settle();
    expect(arrived()).toBe(4);
    expect(records).toHaveLength(4);
  } finally {
    await sender.close();
    await world.close();
  }
});

it('Q-10: what is too much for one host goes to another of the same preference, and to none further back', async () => {
  const world = await createWorld({
    zones: {
      'partner.test': {
        mx: ['10 mx1.partner.test', '10 mx2.partner.test', '20 backup.partner.test'],
      },
    },
  });
  const rate = { perHost: { messages: 2, per: '1m' } };
  const sender = createSender(world.senderOptions({ work: 'on-send', rate }));
  const arrived = (host: string): number => world.server(host).messages.length;
  try {
    await sendAll(
      sender,
      world,
      Array.from({ length: 6 }, (_, i) => `b${i}@partner.test`),
    );
    expect([arrived('mx1.partner.test'), arrived('mx2.partner.test')]).toEqual([2, 2]);
    expect(arrived('backup.partner.test')).toBe(0);
    expect(await sender.queue.count({ state: 'ready' })).toBe(2);
    await world.clock.advance('30s');
    await world.clock.settle();
    expect(arrived('mx1.partner.test') + arrived('mx2.partner.test')).toBe(6);
  } finally {
    await sender.close();
    await world.close();
  }
});

it('Q-10: a host further back takes what the first ones do not answer for, up to its own rate; the rest was tried', async () => {
  const world = await createWorld({
    zones: {
      'partner.test': {
        mx: ['10 mx1.partner.test', '20 backup.partner.test'],
      },
    },
    servers: { 'mx1.partner.test': { fault: 'refusedPort' } },
  });
  const rate = { perHost: { messages: 2, per: '1m' } };
  const sender = createSender(world.senderOptions({ work: 'on-send', rate, perDomain: 1 }));
  try {
    await sendAll(sender, world, ['a@partner.test', 'b@partner.test']);
    expect(world.server('backup.partner.test').messages).toHaveLength(2);
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
