/**
 * Every scenario of the test world, played in this process: what each evil server gets, and what the sender makes of it.
 * Each is played twice: with one message by DATA, and with CHUNKING and a window that is open when it happens.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Authority, createAuthority } from '../../src/testing/authority.js';
import { createFakeClock } from '../../src/testing/clock.js';
import { faults } from '../../src/testing/faults.js';
import type { Scenario } from '../../src/testing/scenario.js';
import { runScenario, type ScenarioResult } from '../../src/testing/scenario-run.js';
import { findScenario, scenarios } from '../../src/testing/scenarios.js';
import { certificateScenarios } from '../../src/testing/scenarios-certificate.js';
import { handshakeScenarios } from '../../src/testing/scenarios-handshake.js';
import { replyScenarios } from '../../src/testing/scenarios-replies.js';
import { routeScenarios } from '../../src/testing/scenarios-route.js';
import { sessionScenarios } from '../../src/testing/scenarios-session.js';
import { starttlsScenarios } from '../../src/testing/scenarios-starttls.js';

let authority: Authority;
/** What came of the scenarios that were played with several messages under way. */
const played = new Map<string, ScenarioResult>();
beforeAll(async () => {
  authority = await createAuthority({ clock: createFakeClock() });
});

/** Kinds of scenarios; the ids in front are those of all their rules together. */
const kinds: readonly (readonly [rules: string, kind: string, scenarios: readonly Scenario[]])[] = [
  [
    'AT-1, AT-2, AT-7, AT-8, CV-3, FAQ-8, FAQ-20, FAQ-21, SC-1, SC-4, SC-6, SC-15, SC-18, SC-37, SC-39, ST-1, ST-3, ST-4, ST-5, ST-6, ST-9, ST-13, ST-14',
    'STARTTLS',
    starttlsScenarios,
  ],
  [
    'AT-2, AT-8, AT-9, AT-10, AT-11, AT-12, CV-1, CV-2, CV-3, CV-4, CV-6, CV-9, CV-10, CV-11, CV-20, FI-11, FI-13, SM-7, ST-5, ST-8, ST-13, ST-21',
    'TLS itself',
    handshakeScenarios,
  ],
  [
    'AT-9, AT-10, CI-1, CI-3, CI-4, CI-5, CI-6, CI-7, CI-9, CI-10, CI-12, CI-13, CI-14, CI-16, CI-17, CI-19, CV-10, FAQ-21, FAQ-23, FI-19, FI-20, MX-18, Q-26, ST-13',
    'certificates',
    certificateScenarios,
  ],
  [
    'AT-3, AT-4, AT-6, AT-7, AT-11, AT-20, Q-6, Q-15, SC-1, SC-2, SC-4, SC-7, SC-10, SC-14, SC-15, SC-17, SC-20, SC-23, SC-24, SC-26, SC-30, SC-31, SC-37, SC-40, SC-46, SC-48, ST-4, ST-9, ST-10, ST-11, ST-12, ST-19',
    'sessions',
    sessionScenarios,
  ],
  [
    'AT-7, AT-11, AT-13, Q-15, SC-8, SC-9, SC-10, SC-11, SC-12, SC-28, SC-37, SC-39, SC-44, ST-19',
    'replies',
    replyScenarios,
  ],
  ['AT-30, FI-5, MX-20', 'the way to a server', routeScenarios],
];

describe.each(kinds)('%s: scenarios of %s', (rules, _kind, all) => {
  it.each(all.map((scenario) => [scenario.rules.join(', '), scenario.name, scenario] as const))(
    '%s: %s',
    async (_rules, name, scenario) => {
      expect(await runScenario(scenario, { authority })).toMatchObject({ name });
    },
  );

  it.each(all.map((scenario) => [scenario.rules.join(', '), scenario.name, scenario] as const))(
    '%s, SC-43, SC-54: %s, with CHUNKING and several messages under way',
    async (_rules, name, scenario) => {
      const result = await runScenario(scenario, { authority, window: true });
      played.set(name, result);
    },
  );

  it('the title names the rules of these scenarios', () => {
    const ids = [...new Set(all.flatMap((scenario) => scenario.rules))];
    expect(rules).toBe(ids.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).join(', '));
  });
});

it('every fault of the mock server is played by the scenario of its name', () => {
  expect(faults.filter((fault) => !scenarios.some(({ name }) => name === fault))).toEqual([]);
});

it('names are unique, all kinds are there, and a name that nobody knows is answered with the nearest', () => {
  expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
  expect(scenarios).toEqual(kinds.flatMap(([, , all]) => all));
  expect(() => findScenario('noStarttl')).toThrow(/did you mean "noStarttls"/);
});

it('SC-54: the window was open wherever a message was said, but where the server or the mail does not allow it', () => {
  const closed = [...played].flatMap(([name, { together, connections }]) => {
    const isSaid = connections.some(({ heard }) => heard.some((verb) => verb.startsWith('MAIL')));
    return isSaid && together <= 1 ? [name] : [];
  });
  expect(closed).toEqual([
    'ehloAfterTlsWithoutCapabilities',
    'ehloRefusedInTls',
    'rcptLimit552',
    'slowDrip',
    'unsolicitedReply',
  ]);
  expect(played.size).toBe(scenarios.length);
  expect([...played.values()].filter(({ together }) => together > 1).length).toBeGreaterThan(50);
});
