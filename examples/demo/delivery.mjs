/**
 * Scene 1: an honest mail server, and the receipt that proves how the mail went.
 */
import { createSender, summarise } from 'enforced-tls';
import { createWorld } from 'enforced-tls/testing';
import { mailTo, mailsHeard } from './mail.mjs';

const HOST = 'mx1.partner.example';

/** @param {import('./mail.mjs').Scene} scene */
export async function showDelivery({ page, clock, authority, settings }) {
  const world = await createWorld({ zones: { 'partner.example': { mx: [HOST] } }, clock, authority });
  /** @type {import('enforced-tls').DeliveryReceipt[]} */
  const receipts = [];
  const sender = createSender({
    ...world.senderOptions(),
    ...settings,
    policies: [{ match: 'partner.example', level: 'verified', mx: [HOST] }],
    onAttempt: (record) => receipts.push(...summarise(record)),
  });
  page.title('1  A partner whose mail server is in order');
  page.quote(await sender.explain('partner.example'));
  page.line();
  const { outcomes } = await world.deliver(sender, mailTo('anna@partner.example'));
  const [receipt] = receipts;
  if (outcomes[0] === undefined || receipt === undefined) throw new Error('one mail has one outcome');
  showReceipt(page, receipt);
  const heard = mailsHeard(world);
  await sender.close();
  await world.close();
  return { outcome: outcomes[0], heard };
}

/** @param {import('./page.mjs').Page} page @param {import('enforced-tls').DeliveryReceipt} receipt */
function showReceipt(page, { state, reason, recipient, mx, reply, tls, checks, policy, at }) {
  page.line(`  ${page.state(state)}  ${page.strong(recipient)}  ${reason ?? ''}`.trimEnd());
  page.facts([
    ['when', new Date(at).toISOString()],
    ['server', mx === null ? 'none' : `${mx.host} [${mx.address}]`],
    ['answer', reply === null ? 'none' : [reply.code, ...reply.lines].join(' ')],
    ...tlsFacts(tls),
    ['policy', `${policy.level}, ${policy.because.join('; ')}`],
  ]);
  page.line();
  page.facts(checks.map(({ name, result, got }) => [`${result.padEnd(8)}${name}`, got]));
}

/** @param {import('enforced-tls').DeliveryReceipt['tls']} tls */
function tlsFacts(tls) {
  /** @type {[string, string][]} */
  const facts = [];
  if (tls === null) return facts;
  const { protocol, cipher, keyExchange, chain, identity, verifiedBy } = tls;
  facts.push(['tls', `${protocol}, ${cipher.standardName}, ${cipher.bits} bits`]);
  if (keyExchange !== null) facts.push(['keys', `${keyExchange.type} ${keyExchange.name ?? ''}`]);
  facts.push(['verified', `by ${verifiedBy}, as ${identity ?? 'nobody'}`]);
  for (const { subject, notAfter, sha256 } of chain) {
    const until = new Date(notAfter).toISOString().slice(0, 10);
    facts.push(['certificate', `${subject}, valid until ${until}, sha256 ${sha256.slice(0, 16)}...`]);
  }
  return facts;
}
