/**
 * One message, one mail server with STARTTLS, class `verified`: what must work under every version of Node.
 * Needs nothing but the package and its optional peers.
 */
import assert from 'node:assert/strict';
import { createSender } from 'enforced-tls';
import { createWorld } from 'enforced-tls/testing';

const host = 'mx1.partner.example';
const world = await createWorld({ zones: { 'partner.example': { mx: [host] } } });
const sender = createSender(world.senderOptions());
const { outcomes } = await world.deliver(sender, {
  from: 'ops@bank.example',
  to: ['anna@partner.example'],
  message: Buffer.from(
    'From: ops@bank.example\r\nTo: anna@partner.example\r\nSubject: Report\r\n\r\nHello\r\n',
  ),
  complete: true,
});
assert.deepEqual(
  outcomes.map(({ state, host: at }) => [state, at]),
  [['delivered', host]],
);
assert.equal(outcomes[0].verdict.authenticated, true);
assert.match(world.server(host).messages[0].content.toString(), /\r\n\r\nHello\r\n$/);
world.noEnvelopeOutsideTls();
await sender.close();
await world.close();
console.log(`${process.version} ${outcomes[0].verdict.facts.protocol}`);
