/**
 * The half of a host that is CommonJS: it takes what the ESM half made, and gives back what the ESM half must understand.
 */
import {
  ConfigError,
  createEngine,
  type EngineOptions,
  explainOutcome,
  isConfigError,
  type Outcome,
  type Plan,
} from 'enforced-tls';
import { isAtLeast } from 'enforced-tls/policy';
import type { Connection } from 'enforced-tls/smtp';
import { admit, type Verdict } from 'enforced-tls/verdict';

/** Two plans of the other copy. */
export const isAsStrict = (plan: Plan, other: Plan): boolean => isAtLeast(plan, other);

/** An outcome of the other copy. */
export const tell = (outcome: Outcome, plan: Plan): string => explainOutcome(outcome, { now: 0, plan });

/** A verdict and a connection of the other copy, and a pass for the other copy. */
export const openDoor = (connection: Connection, verdict: Verdict): ReturnType<typeof admit> =>
  admit(connection, verdict);

/** An error of this copy. */
export function failHere(): unknown {
  try {
    createEngine({} as EngineOptions);
  } catch (error) {
    return error;
  }
  throw new Error('createEngine took no options at all');
}

/** What this copy thinks of an error. */
export const isMine = (error: unknown): { brand: boolean; instance: boolean } => ({
  brand: isConfigError(error),
  instance: error instanceof ConfigError,
});
