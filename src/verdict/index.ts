/**
 * The verdict on a session, and the door.
 * @module
 */
export { admit } from './admit.js';
export { judge, type JudgeInput, refusePlan } from './judge.js';
export type { Check, Evidence, Verdict } from './verdict.js';
