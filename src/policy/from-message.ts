/**
 * What a single message may ask: more than the policies of its domain, never less (FAQ-7, FI-7, BITS-5.2.3). Headers of a
 * message ask nothing: `TLS-Required: No` changes no plan (AT-23).
 */
import { ConfigError } from '../core/errors.js';
import { parseLevel } from './base.js';
import { levels } from './compare.js';
import type { Ask, Level, MinProtocol, Plan } from './plan.js';

/** Options of a message that raise what must hold. */
export interface MessageAsk {
  /** At least this class for all its recipients. */
  readonly minLevel?: Level;
  readonly minProtocol?: MinProtocol;
  readonly requireMxAuth?: boolean;
}

/** The ask of a message, or null. @throws ConfigError */
export function asksOfMessage(options: MessageAsk): Ask | null {
  const ask: Ask = {
    ...(options.minLevel === undefined ? {} : { level: parseLevel(options.minLevel, 'minLevel') }),
    ...(options.minProtocol === undefined ? {} : { minProtocol: options.minProtocol }),
    ...(options.requireMxAuth === true ? { requireMxAuth: true } : {}),
  };
  return Object.keys(ask).length === 0 ? null : ask;
}

/**
 * Refuses a message that asks for a lower class than every one of its domains has: it would be lowered nowhere, and
 * whoever asked believes that it was. Where it raises some of them the others keep what they have.
 * @throws ConfigError `policy-lowered`
 */
export function refuseLowering(ask: Ask | null, plans: readonly Plan[]): void {
  const asked = ask?.level;
  const [first] = plans;
  if (asked === undefined || first === undefined) return;
  if (plans.some((plan) => levels.indexOf(asked) >= levels.indexOf(plan.level))) return;
  throw new ConfigError(
    'policy-lowered',
    `minLevel: "${asked}" is below "${first.level}", which ${first.domain} has; a message can only raise it`,
  );
}
