/**
 * Scene 2: one mail to many partners, with each of whom something else is wrong.
 */
import { createSender, describeReason } from 'enforced-tls';
import { createWorld } from 'enforced-tls/testing';
import { mailTo, mailsHeard } from './mail.mjs';
import { groups, policies, servers, zones } from './partners.mjs';

/** @param {import('./mail.mjs').Scene} scene */
export async function showRefusals({ page, clock, authority, settings }) {
  const world = await createWorld({ zones, servers, clock, authority });
  const sender = createSender({ ...world.senderOptions(), ...settings, policies });
  const domains = groups.flatMap(({ partners }) => partners.map(({ domain }) => domain));
  const { outcomes } = await world.deliver(sender, mailTo(...domains.map((domain) => `anna@${domain}`)));
  page.title('2  Partners with whom something is wrong, and what a sender is told');
  for (const { title, partners } of groups) {
    page.line(`  ${page.faint(title)}`);
    page.line();
    for (const partner of partners) {
      const outcome = outcomes.find(({ recipient }) => recipient === `anna@${partner.domain}`);
      if (outcome !== undefined) showOutcome(page, outcome, partner.wrong);
    }
  }
  const heard = mailsHeard(world);
  await sender.close();
  await world.close();
  return { outcomes, heard };
}

/**
 * @param {import('./page.mjs').Page} page
 * @param {import('enforced-tls').Outcome} outcome
 * @param {string} wrong what was arranged
 */
function showOutcome(page, { state, reason, recipient, detail, status }, wrong) {
  page.line(`  ${page.state(state)}  ${page.strong(reason ?? '')}  ${page.faint(`${recipient}, ${status}`)}`);
  const row = reason === null ? null : describeReason(reason);
  page.facts([
    ['arranged', wrong],
    ...(row === null ? [] : [/** @type {const} */ (['finding', row.says])]),
    ...(detail === '' ? [] : [/** @type {const} */ (['seen', detail])]),
    ...(row === null ? [] : [/** @type {const} */ (['remedy', `${row.remedy} (${row.fixer})`])]),
  ]);
  page.line();
}
