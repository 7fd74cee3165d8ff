/**
 * Two machines share a queue, and the one that works it off has weaker rules than the one that accepted the mail.
 */
import { expect, it } from 'vitest';
import { type Events, onEvent } from '../../src/core/channels.js';
import { memoryQueue } from '../../src/queue/memory.js';
import { createSender } from '../../src/sender.js';
import { createWorld } from '../../src/testing/world.js';

const MESSAGE = Buffer.from(
  'Date: Wed, 25 Nov 2026 10:00:00 +0000\r\nFrom: a@sender.test\r\nMessage-ID: <1@sender.test>\r\n\r\nhello\r\n',
);

it('Q-12: a worker with weaker rules holds the mail and says so once, by domain alone', async () => {
  const world = await createWorld({
    zones: { 'a.test': { mx: ['mx.a.test'] }, 'b.test': { mx: ['mx.a.test'] } },
    servers: { 'mx.a.test': {} },
  });
  const queue = memoryQueue();
  const strict = createSender(world.senderOptions({ queue, work: 'by-call', default: 'verified' }));
  const weak = createSender(world.senderOptions({ queue, work: 'by-call', default: 'opportunistic' }));
  const told: Events['policy.diverged'][] = [];
  const stop = onEvent('policy.diverged', (event) => told.push(event));
  try {
    for (const to of ['x@a.test', 'x@a.test', 'x@b.test']) {
      await strict.send({ from: 'a@sender.test', to, message: MESSAGE });
    }
    await weak.processOnce();
    const views = await queue.find({});
    expect(views.map(({ job }) => job.recipients[0]?.reason)).toEqual(Array(3).fill('policy-lowered'));
    expect(told).toEqual([{ domain: 'a.test' }]);
    world.server('mx.a.test').never('MAIL');
    await queue.flush('b.test', world.clock.now());
    await strict.processOnce();
    expect(told).toHaveLength(1);
  } finally {
    stop();
    await weak.drain();
    await strict.close();
    await world.close();
  }
});
