/**
 * A test mail through a sender and its queue.
 */
import { afterEach, expect, it } from 'vitest';
import { judgeReturned } from '../../src/preflight/test-mail.js';
import { closeAll, HOST, start } from '../policy/bench.js';

afterEach(closeAll);

it('FAQ-13: goes the way of any other mail, by its policies, and what arrived is known again', async () => {
  const { world, sender } = await start();
  const mail = { from: 'ops@bank.example', to: 'anna@partner.example' };
  const { test, receipt } = await sender.sendTest({ ...mail, minLevel: 'verified' });
  await world.clock.until(sender.processOnce());
  expect(await world.clock.until(receipt.attempted)).toMatchObject([{ state: 'delivered' }]);
  const [message] = world.server(HOST).messages;
  expect(message?.secure).toBe(true);
  expect(judgeReturned(message?.content ?? '', test)).toMatchObject({ kind: 'copy', passed: false });
  await expect(sender.sendTest({ ...mail, to: 'anna' })).rejects.toMatchObject({ code: 'address-invalid' });
  await expect(sender.sendTest({ ...mail, minLevel: 'plain' })).rejects.toMatchObject({
    code: 'policy-lowered',
  });
});
