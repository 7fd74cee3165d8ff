/**
 * The demo as a function, so that a test can run it with another trust and look at what it returns.
 */
import { createAuthority, createFakeClock, createWorld } from 'enforced-tls/testing';
import { showDays } from './days.mjs';
import { showDelivery } from './delivery.mjs';
import { showRefusals } from './refusals.mjs';

/**
 * Runs the three scenes.
 * @param {{ page: import('./page.mjs').Page, distrust?: boolean }} options `distrust`: the sender trusts the authority of
 * another world, which has certified none of these servers
 */
export async function runDemo({ page, distrust = false }) {
  const started = performance.now();
  const clock = createFakeClock();
  const authority = await createAuthority({ clock });
  const { trust } = await createWorld({ zones: {}, clock, ...(distrust ? {} : { authority }) });
  const scene = { page, clock, authority, settings: { trust, complete: true } };

  const delivery = await showDelivery(scene);
  const refusals = await showRefusals(scene);
  const days = await showDays(scene);

  const outcomes = [delivery.outcome, ...refusals.outcomes, ...days.outcomes];
  const heard = [...delivery.heard, ...refusals.heard, ...days.heard];
  const delivered = outcomes.filter(({ state }) => state === 'delivered').length;
  const asItShould = delivery.outcome.state === 'delivered' && heard.length === delivered;
  page.title('In short');
  page.facts([
    ['mails', `${outcomes.length} recipients: ${page.count(outcomes.map(({ state }) => state))}`],
    [
      'heard',
      `MAIL FROM ${heard.length} times, ${heard.filter(({ secure }) => secure).length} of them inside TLS`,
    ],
    ['reports', page.count(days.reports.map(({ kind }) => kind))],
    [
      'time',
      `${((performance.now() - started) / 1000).toFixed(1)} s here, until day ${days.passed} in the demo`,
    ],
  ]);
  return { outcomes, reports: days.reports, asItShould };
}
