/**
 * Every scenario of the test world, played in this process: what each evil server gets, and what the sender makes of it.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Authority, createAuthority } from '../../src/testing/authority.js';
import { createFakeClock } from '../../src/testing/clock.js';
import { runScenario } from '../../src/testing/scenario-run.js';
import { starttlsScenarios } from "../../src/testing/scenarios-starttls.js";import { handshakeScenarios } from "../../src/testing/scenarios-handshake.js";import { certificateScenarios } from "../../src/testing/scenarios-certificate.js"; const scenarios=[...starttlsScenarios,...handshakeScenarios,...certificateScenarios];

let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority({ clock: createFakeClock() });
});

describe('scenarios', () => {
  it.each(scenarios.map((scenario) => [scenario.rules.join(', '), scenario.name, scenario.says, scenario] as const))(
    '%s: %s: %s',
    async (_rules, name, _says, scenario) => {
      expect(await runScenario(scenario, { authority })).toMatchObject({ name });
    },
  );
});
