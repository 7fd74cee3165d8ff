/**
 * Every scenario of the test world, played in this process: what each evil server gets, and what the sender makes of it.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Authority, createAuthority } from '../../src/testing/authority.js';
import { createFakeClock } from '../../src/testing/clock.js';
import { faults } from '../../src/testing/faults.js';
import { runScenario } from '../../src/testing/scenario-run.js';
import { findScenario, scenarios } from '../../src/testing/scenarios.js';

let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority({ clock: createFakeClock() });
});

describe('scenarios', () => {
  it.each(scenarios.map((scenario) => [scenario.rules.join(', '), scenario.name, scenario] as const))(
    '%s: %s',
    async (_rules, name, scenario) => {
      expect(await runScenario(scenario, { authority })).toMatchObject({ name });
    },
  );

  it('every fault of the mock server is played by the scenario of its name', () => {
    expect(faults.filter((fault) => !scenarios.some(({ name }) => name === fault))).toEqual([]);
  });

  it('names are unique, and one that nobody knows is answered with the nearest', () => {
    expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
    expect(() => findScenario('noStarttl')).toThrow(/did you mean "noStarttls"/);
  });
});
