/**
 * How long mail lives in the SQLite queue: what a policy says, and what a clock that jumps makes of it.
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
const DAY = 86_400_000;
let folder: string;
let world: World;
let sender: Sender;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lifetime-'));
  world = await createWorld({
    zones: { 'short.test': { mx: ['mx.short.test'] }, 'long.test': { mx: ['mx.long.test'] } },
    servers: { 'mx.short.test': { certificate: 'expired' }, 'mx.long.test': { certificate: 'expired' } },
  });
});
afterEach(async () => {
  await sender.close();
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Sends one mail; gives a look at who has failed since, and after how many days. */
async function send(
  to: readonly string[],
  given: Partial<SenderOptions> = {},
): Promise<() => Promise<[domain: string, days: number][]>> {
  const queue = join(folder, 'mail.sqlite');
  sender = createSender(world.senderOptions({ queue, random: () => 0, ...given }));
  const began = world.clock.now();
  const { id } = await sender.send({ from: 'a@sender.test', to, message });
  sender.start();
  await world.clock.settle();
  return async () =>
    (await sender.status(id))
      .filter(({ state }) => state === 'buried')
      .map(({ job, endedAt }) => [job.domain, ((endedAt ?? began) - began) / DAY]);
}

describe('mail that cannot be delivered', () => {
  it('Q-3, FI-10: lives for as long as the policy of its domain says, each recipient for itself', async () => {
    const failed = await send(['b@short.test', 'b@long.test'], {
      policies: [{ match: 'short.test', holdFor: '2d' }],
    });
    await world.clock.advance('47h');
    expect(await failed()).toEqual([]);
    await world.clock.advance('25h');
    expect(await failed()).toEqual([['short.test', 2]]);
    await world.clock.advance('3d');
    expect(await failed()).toEqual([
      ['short.test', 2],
      ['long.test', 5],
    ]);
    expect(world.ndrs.filter(({ kind }) => kind === 'failed')).toHaveLength(2);
  });

  it('Q-27: after a jump of the clock forwards it ends by the clock, once, and not as lost', async () => {
    const failed = await send(['b@long.test']);
    world.clock.set(world.clock.now() + 4 * DAY);
    await world.clock.advance('2d');
    expect(await failed()).toEqual([['long.test', 5]]);
    expect(world.ndrs.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
  });

  it('Q-27: after a jump of the clock backwards it lives longer by no more than the jump, and is delivered once', async () => {
    await send(['b@long.test', 'b@short.test']);
    world.clock.set(world.clock.now() - 2 * DAY);
    world.server('mx.long.test').certify({ dns: ['mx.long.test'] });
    await world.clock.advance('3d');
    expect(world.server('mx.long.test').messages).toHaveLength(1);
    await world.clock.advance('5d');
    const [view] = await sender.queue.find({ domain: 'short.test' });
    expect([view?.state, view?.endedAt]).toEqual(['buried', view?.job.expiresAt]);
    expect(world.ndrs.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
    expect(world.server('mx.long.test').messages).toHaveLength(1);
  });
});
