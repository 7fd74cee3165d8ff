/**
 * The pass without which no mail is said. `transact` takes an `Admitted`, and only `verdict/admit` makes one: a
 * connection that was not judged does not compile. At run time a registry shared by all copies of this package tells a
 * real pass from a forged object.
 */
import { ConfigError } from '../core/errors.js';
import type { Connection } from './connection.js';

/** A connection that passed its verdict; `proof` is that verdict. */
export interface Admitted<Proof = unknown> {
  readonly '~admitted': true;
  readonly connection: Connection;
  readonly proof: Proof;
}

const REGISTRY = Symbol.for('enforced-tls:admitted');

function registry(): WeakSet<object> {
  const holder = globalThis as { [REGISTRY]?: WeakSet<object> };
  // Non-writable: another copy of the package finds this one, nobody swaps it by accident.
  if (holder[REGISTRY] === undefined) {
    Object.defineProperty(holder, REGISTRY, { value: new WeakSet<object>() });
  }
  return holder[REGISTRY] as WeakSet<object>;
}

/** Issues the pass. For `verdict/admit` alone; a rule of the build forbids every other caller. */
export function issueAdmission<Proof>(connection: Connection, proof: Proof): Admitted<Proof> {
  const pass: Admitted<Proof> = Object.freeze({ '~admitted': true as const, connection, proof });
  registry().add(pass);
  return pass;
}

/**
 * Refuses a forged pass.
 * @throws ConfigError `not-admitted`
 */
export function assertAdmitted(pass: Admitted): void {
  if (registry().has(pass)) return;
  throw new ConfigError(
    'not-admitted',
    'transact: expected a connection admitted by admit(connection, verdict), got an object that nobody admitted',
  );
}
