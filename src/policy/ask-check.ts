/**
 * Whether an ask means something. A value that nobody knows would be passed over where asks are merged, or lower what others
 * ask (a size that is no number is reached by every key), so it is found before (BITS-5.2.3).
 * What was looked at is frozen: it cannot change behind the back of a plan that rests on it.
 */
import { freezeDeep } from '../core/frozen.js';
import { levels, nameModes, nameReferences, protocols } from './compare.js';
import type { Ask, Plan } from './plan.js';
import { faultOfSuites } from './suite-rules.js';

type Judge = (value: unknown) => string | null;

const flag: Judge = (value) => (typeof value === 'boolean' ? null : 'true or false');
const size: Judge = (value) =>
  Number.isSafeInteger(value) && (value as number) > 0 ? null : 'a whole number of bits';
const texts: Judge = (value) =>
  Array.isArray(value) && value.every((each) => typeof each === 'string' && each.trim() !== '')
    ? null
    : 'a list of texts';
const object: Judge = (value) => (typeof value === 'object' && value !== null ? null : 'an object');
const oneOf =
  (words: readonly string[]): Judge =>
  (value) =>
    words.includes(value as string) ? null : `one of ${words.map((word) => `"${word}"`).join(', ')}`;

const JUDGES: Readonly<Record<keyof Ask, Judge>> = {
  level: oneOf(levels),
  mxAllowed: texts,
  mxAddresses: object,
  nameMode: oneOf(nameModes),
  nameReference: oneOf(nameReferences),
  acceptedNames: texts,
  store: (value) =>
    Array.isArray((value as { anchors?: unknown } | null)?.anchors) ? null : 'a trust store',
  includeAnchors: texts,
  excludeAnchors: texts,
  issuer: texts,
  pins: texts,
  mustStaple: flag,
  // `TLSv1` is what a host allows, and nothing that can be asked for.
  minProtocol: oneOf(protocols.slice(1)),
  ciphers: faultOfSuites,
  minRsaBits: size,
  minEcBits: size,
  requireMxAuth: flag,
  clientCertificate: object,
  locked: flag,
};

/** Keys of a plan or an ask under which stand lists of roots and keys, which have a life of their own. */
const LEFT = ['store', 'clientCertificate'];
const sound = new WeakSet<object>();

/** A plan that nobody can change: it is given again for the next mail. */
export function freezePlan(plan: Plan): Plan {
  return freezeDeep(plan, LEFT);
}

/** What is wrong with an ask, for people; null: nothing, and from now on it stays as it is. */
export function faultOfAsk(ask: unknown): string | null {
  if (typeof ask !== 'object' || ask === null) return 'ask: expected an object';
  if (sound.has(ask)) return null;
  for (const [field, value] of Object.entries(ask)) {
    if (value === undefined) continue;
    const judge = Object.hasOwn(JUDGES, field) ? JUDGES[field as keyof Ask] : null;
    const expected = judge === null ? 'no such field' : judge(value);
    if (expected !== null) return `${field}: expected ${expected}, got ${shown(value)}`;
  }
  sound.add(freezeDeep(ask, LEFT));
  return null;
}

function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : (JSON.stringify(value)?.slice(0, 100) ?? typeof value);
}
