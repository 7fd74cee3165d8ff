/**
 * Step 7: the door. It opens for a verdict that passed, that `judge` made of this very session, on a connection that has
 * been greeted on its present layer (ST-8). Nothing else makes an `Admitted`.
 */
import { type Admitted, issueAdmission } from '../smtp/admitted.js';
import type { Connection } from '../smtp/connection.js';
import { isRegistered } from './registry.js';
import type { Verdict } from './verdict.js';

/** The pass for this connection, or null. */
export function admit(connection: Connection, verdict: Verdict): Admitted<Verdict> | null {
  const { endpoint } = connection;
  const isThisSession =
    verdict.host === endpoint.host &&
    verdict.address === endpoint.address &&
    verdict.facts === connection.facts;
  const opens =
    isRegistered(verdict) &&
    verdict.passed &&
    isThisSession &&
    connection.alive &&
    connection.capabilities !== null;
  return opens ? issueAdmission(connection, verdict) : null;
}
