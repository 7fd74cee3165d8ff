/**
 * What a single message may ask: more than the policies of its domain, never less (FAQ-7, FI-7, BITS-5.2.3). Headers of a
 * message ask nothing: `TLS-Required: No` changes no plan (AT-23), and that it was said is told.
 */
import { ConfigError } from '../core/errors.js';
import { faultOfAsk } from './ask-check.js';
import { parseLevel } from './base.js';
import { levels } from './compare.js';
import { reaches } from './order.js';
import type { Ask, Level, MinProtocol, Plan } from './plan.js';

/** Options of a message that raise what must hold. */
export interface MessageAsk {
  /** At least this class for all its recipients. */
  readonly minLevel?: Level;
  readonly minProtocol?: MinProtocol;
  readonly requireMxAuth?: boolean;
}

/** The ask of a message, or null. @throws ConfigError `ask-invalid`, `level-unknown` */
export function asksOfMessage({ minLevel, minProtocol, requireMxAuth }: MessageAsk): Ask | null {
  if (minLevel === undefined && minProtocol === undefined && (requireMxAuth ?? false) === false) return null;
  const ask: Ask = {
    ...(minLevel === undefined ? {} : { level: parseLevel(minLevel, 'minLevel') }),
    ...(minProtocol === undefined ? {} : { minProtocol }),
    ...(requireMxAuth === undefined || requireMxAuth === false ? {} : { requireMxAuth }),
  };
  const fault = faultOfAsk(ask);
  if (fault !== null) throw new ConfigError('ask-invalid', fault);
  return ask;
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

/** What is told of a message whose header asks for delivery without TLS (RFC 8689 §5), once for each enforced domain. */
export function warnOfHeader(
  header: Uint8Array,
  plans: readonly Plan[],
): readonly { readonly domain: string; readonly warning: string }[] {
  const enforced = plans.filter((plan) => reaches(levels, plan.level, 'mandatory'));
  if (enforced.length === 0 || !TLS_NOT_REQUIRED.test(Buffer.from(header).toString('latin1'))) return [];
  const warning = 'a message says "TLS-Required: No"; that has no effect here';
  return enforced.map(({ domain }) => ({ domain, warning }));
}

/** The field with its value, folded or not. */
const TLS_NOT_REQUIRED = /^tls-required:[ \t\r\n]*no[ \t]*\r?$/im;
