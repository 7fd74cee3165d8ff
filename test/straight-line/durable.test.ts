/**
 * A sender with the SQLite queue: what was promised survives the sender, and a dead partner costs little.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSender, type Sender } from '../../src/sender.js';
import type { SenderOptions } from '../../src/sender-options.js';
import { createWorld, type World } from '../../src/testing/world.js';

const message = Buffer.from(
  'Date: Wed, 25 Nov 2026 10:00:00 +0000\r\nFrom: a@sender.test\r\nMessage-ID: <1@sender.test>\r\n\r\nhello\r\n',
);
const mail = { from: 'a@sender.test', to: 'b@partner.test', message };
let folder: string;
let world: World;
let senders: Sender[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'durable-'));
  world = await createWorld({ zones: { 'partner.test': { mx: ['mx.partner.test'] } } });
  senders = [];
});
afterEach(async () => {
  for (const sender of senders) await sender.close();
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

function make(given: Partial<SenderOptions> = {}): Sender {
  const queue = join(folder, 'mail.sqlite');
  const sender = createSender(world.senderOptions({ queue, random: () => 0, ...given }));
  senders.push(sender);
  return sender;
}
const server = () => world.server('mx.partner.test');

describe('a sender with the SQLite queue', () => {
  it('Q-8, Q-11: what one sender has taken, the next delivers, once', async () => {
    const first = make();
    const receipt = await first.send(mail);
    await first.close();
    const second = make();
    expect(await second.processOnce()).toBe(1);
    expect(server().messages.map(({ content }) => content)).toEqual([message]);
    expect(await second.processOnce()).toBe(0);
    expect((await second.status(receipt.id)).map(({ state }) => state)).toEqual(['done']);
  });

  it('Q-8, Q-11: senders that name one file share one queue: each mail goes out once, and one may leave', async () => {
    const [first, second] = [make(), make()];
    for (let i = 0; i < 10; i += 1) await (i % 2 === 0 ? first : second).send(mail);
    expect([await first.queue.count({}), await second.queue.count({})]).toEqual([10, 10]);
    first.start();
    second.start();
    await world.clock.advance('1h');
    expect(server().messages).toHaveLength(10);
    expect(await first.queue.count({ state: 'done' })).toBe(10);
    await first.close();
    const { id } = await second.send(mail);
    await world.clock.advance('1h');
    expect((await second.status(id)).map(({ state }) => state)).toEqual(['done']);
    world.noOffences();
  });

  it('Q-8: an idempotency key holds across senders', async () => {
    const first = make();
    const { id } = await first.send({ ...mail, idempotencyKey: 'invoice 7' });
    await first.close();
    const second = make();
    expect((await second.send({ ...mail, idempotencyKey: 'invoice 7' })).id).toBe(id);
    expect(await second.processOnce()).toBe(1);
  });

  it('Q-4, Q-22: a closed domain costs one try for each gap, and its first success releases everything', async () => {
    server().certify('expired');
    const tries: number[] = [];
    const began = world.clock.now();
    const sender = make({
      perDomain: 20,
      onAttempt: ({ startedAt }) => void tries.push((startedAt - began) / 60_000),
    });
    for (let i = 0; i < 100; i += 1) await sender.send(mail);
    sender.start();
    await world.clock.advance('8h');
    // Twenty were under way before anything was known; later one at a time finds out (30 min, 1 h, 2 h, 3 h).
    const later = tries.map(Math.round).filter((minute) => minute > 0);
    expect(later.filter((minute) => minute < 240)).toEqual([30, 90, 210]);
    // After four hours each sender is warned, without a connection for each.
    expect(world.ndrs.length).toBe(100);
    expect(new Set(world.ndrs.map(({ kind }) => kind))).toEqual(new Set(['delayed']));
    expect(server().connections.length).toBeLessThan(60);
    server().certify({ dns: ['mx.partner.test'] });
    await world.clock.advance('4h');
    expect(server().messages.length).toBe(100);
    world.noOffences();
  }, 60_000);

  it('Q-10: finished mail is forgotten after the time that was set', async () => {
    const sender = make({ keepFinishedFor: '2d' });
    const { id } = await sender.send(mail);
    sender.start();
    await world.clock.advance('1d');
    expect(await sender.status(id)).toHaveLength(1);
    await world.clock.advance('2d');
    expect(await sender.status(id)).toEqual([]);
  });
});
