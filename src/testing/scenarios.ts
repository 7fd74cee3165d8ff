/**
 * All scenarios: every named fault of a mock server, alone and under plans that make a difference, with what must come of
 * it.
 */
import { ConfigError } from '../core/errors.js';
import { nearest } from '../core/options.js';
import type { Scenario } from './scenario.js';
import { certificateScenarios } from './scenarios-certificate.js';
import { handshakeScenarios } from './scenarios-handshake.js';
import { replyScenarios } from './scenarios-replies.js';
import { routeScenarios } from './scenarios-route.js';
import { sessionScenarios } from './scenarios-session.js';
import { starttlsScenarios } from './scenarios-starttls.js';

/** All of them. */
export const scenarios: readonly Scenario[] = [
  ...starttlsScenarios,
  ...handshakeScenarios,
  ...certificateScenarios,
  ...sessionScenarios,
  ...replyScenarios,
  ...routeScenarios,
];

/**
 * The scenario of this name.
 * @throws ConfigError `scenario-unknown`
 */
export function findScenario(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  const near = nearest(
    name,
    scenarios.map((scenario) => scenario.name),
  );
  throw new ConfigError(
    'scenario-unknown',
    `unknown scenario "${name}"${near === null ? '; `scenarios` has them all' : `; did you mean "${near}"?`}`,
  );
}
