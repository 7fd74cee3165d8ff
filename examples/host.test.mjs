/**
 * Tests of your own program, with enforced-tls/testing: what does it do when a partner's mail server goes wrong? Nothing
 * leaves this machine, and five days pass in a moment.
 *
 *   npx vitest run host.test.mjs
 */
import { createSender } from 'enforced-tls';
import { createWorld } from 'enforced-tls/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';

/** The part of the program that is tested. @param {import('enforced-tls').Sender} sender @param {string} customer */
function sendStatement(sender, customer) {
  return sender.send({
    from: 'ops@bank.example',
    to: [customer],
    message: Buffer.from('From: ops@bank.example\r\nSubject: Statement\r\n\r\nBalance: 100\r\n'),
  });
}

/** @type {import('enforced-tls/testing').World} */
let world;
/** @type {import('enforced-tls').Sender} */
let sender;

beforeEach(async () => {
  world = await createWorld({ zones: { 'partner.example': { mx: ['mx1.partner.example'] } } });
  sender = createSender(world.senderOptions({ complete: true, work: 'on-send' }));
});
afterEach(async () => {
  await sender.close();
  await world.close();
});

it('a statement arrives, over TLS alone', async () => {
  const receipt = await sendStatement(sender, 'anna@partner.example');
  const [outcome] = await receipt.settled;
  expect(outcome.state).toBe('delivered');
  expect(world.server('mx1.partner.example').messages[0].content.toString()).toContain('Balance: 100');
  world.noEnvelopeOutsideTls();
});

it('a statement waits while the certificate is expired, and goes out when it has been renewed', async () => {
  world.server('mx1.partner.example').certify('expired');
  const receipt = await sendStatement(sender, 'anna@partner.example');
  const [first] = await receipt.attempted;
  expect(first).toMatchObject({ state: 'held', reason: 'certificate-expired' });
  world.server('mx1.partner.example').never('MAIL');

  world.server('mx1.partner.example').certify({ dns: ['mx1.partner.example'] });
  await world.clock.advance('4h');
  expect(await receipt.settled).toMatchObject([{ state: 'delivered' }]);
});

it('after five days without STARTTLS the sender is told', async () => {
  world.server('mx1.partner.example').play('noStarttls');
  const receipt = await sendStatement(sender, 'anna@partner.example');
  await world.clock.advance('5d');
  expect(await receipt.settled).toMatchObject([{ state: 'failed', reason: 'starttls-not-supported' }]);
  expect(world.ndrs.map(({ kind }) => kind)).toEqual(['delayed', 'failed']);
  world.server('mx1.partner.example').never('MAIL');
});
