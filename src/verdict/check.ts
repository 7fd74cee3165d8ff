/**
 * How a check says what it found. A check is a pure function of the evidence; it looks at everything it can and never
 * stops another one.
 */
import { printable } from '../core/printable.js';
import type { Reason } from '../core/reasons.js';
import type { CheckName, Level } from '../policy/plan.js';
import type { Check, Evidence } from './verdict.js';

/** One check of the verdict. */
export type CheckFunction = (evidence: Evidence) => Check;

/** The line of a check. `got` is foreign text: escaped and cut here. */
export function line(
  name: CheckName,
  result: Check['result'],
  details: { readonly reason?: Reason | null; readonly want?: string; readonly got?: string } = {},
): Check {
  return {
    name,
    result,
    reason: details.reason ?? null,
    want: details.want ?? '',
    got: printable(details.got ?? '', 400),
    waivedBy: null,
  };
}

/** True where the class of the plan is at least this one. */
export function isLevel(evidence: Evidence, ...levels: readonly Level[]): boolean {
  return levels.includes(evidence.plan.level);
}
