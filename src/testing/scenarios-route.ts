/**
 * Scenarios of the way to a mail server: forged MX records, and MX records that change.
 */
import { delivered, held, MX1, one, PARTNER, type Scenario } from './scenario.js';
import type { World } from './world.js';

const EVIL = 'mx.evil.example';
const forged = {
  says: 'the MX records lead to a stranger, whose certificate is good for its own name',
  zones: { [PARTNER]: { mx: [EVIL] } },
} as const;

/** The records change, and what was asked before has run out. */
const moveAway = async ({ resolver, clock }: World): Promise<void> => {
  resolver.set(PARTNER, { mx: [EVIL] });
  await clock.advance('5m');
};

/** By name. */
export const routeScenarios: readonly Scenario[] = [
  {
    name: 'mxForged',
    ...forged,
    rules: ['AT-30', 'MX-20'],
    expected: one('delivered', null, { host: EVIL }),
  },
  {
    name: 'mxForged, the policy wants authenticated names',
    ...forged,
    rules: ['AT-30', 'MX-20'],
    options: { policies: [{ match: PARTNER, level: 'verified', requireMxAuth: true }] },
    expected: held('mx-not-authenticated'),
  },
  {
    name: 'mxForged, the policy names the servers',
    ...forged,
    rules: ['AT-30', 'FI-5'],
    options: { policies: [{ match: PARTNER, level: 'verified', mx: [MX1] }] },
    expected: held('mx-not-allowed'),
  },
  {
    name: 'mxChanged',
    says: 'after the first mail the MX records lead to a stranger; the policy names the servers',
    rules: ['AT-30', 'FI-5'],
    servers: { [EVIL]: {} },
    options: { policies: [{ match: PARTNER, level: 'verified', mx: [MX1] }] },
    expected: delivered,
    turns: [
      {
        change: moveAway,
        expected: held('mx-not-allowed'),
      },
    ],
    holds: (world) => world.server(EVIL).never('MAIL'),
  },
  {
    name: 'mxMoved',
    says: 'after the first mail the MX records lead to another honest server',
    rules: [],
    servers: { [EVIL]: {} },
    expected: one('delivered', null, { host: MX1 }),
    turns: [
      {
        change: moveAway,
        expected: one('delivered', null, { host: EVIL }),
      },
    ],
  },
];
