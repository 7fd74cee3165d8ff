/**
 * Which verdicts are real: those that `judge` made, in any copy of this package. An object that only looks like a
 * verdict opens no door.
 */
import type { Verdict } from './verdict.js';

const REGISTRY = Symbol.for('enforced-tls:verdicts');

function registry(): WeakSet<object> {
  const holder = globalThis as { [REGISTRY]?: WeakSet<object> };
  if (holder[REGISTRY] === undefined)
    Object.defineProperty(holder, REGISTRY, { value: new WeakSet<object>() });
  return holder[REGISTRY] as WeakSet<object>;
}

/** For `judge` alone. */
export function registerVerdict(verdict: Verdict): void {
  registry().add(verdict);
}

/** True for a verdict that `judge` made. */
export function isRegistered(verdict: Verdict): boolean {
  return registry().has(verdict);
}
