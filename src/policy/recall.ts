/**
 * Plans that were decided before: a burst of mail to a partner asks the same a thousand times over, and merging and hashing
 * is most of what deciding costs. A plan is given again only where all on which it rests is the same.
 */
import type { ParsedRule } from './from-table.js';
import type { Because, Plan, Waiver } from './plan.js';

/** Everything on which a plan rests, next to the base of its sources. */
export interface Grounds {
  readonly domain: string;
  /** The rule of the table that holds now. */
  readonly active: ParsedRule | null;
  readonly because: readonly Because[];
  readonly unknown: Plan['unknown'];
  /** Those of the rule that have not run out. */
  readonly waivers: readonly Waiver[];
}

interface Decided {
  readonly grounds: Grounds;
  readonly plan: Plan;
}

/** The last plan of each domain. */
const decided = new WeakMap<object, Map<string, Decided>>();
/** Domains whose plan is kept at the same time; beyond it all are decided anew. */
const MAX_DECIDED = 10_000;

/** The plan for these grounds out of the sources `from`: the last one of the domain where they are the same, else what `decide` makes of them. */
export function recallPlan(from: object, grounds: Grounds, decide: () => Plan): Plan {
  const plans = decided.get(from) ?? new Map<string, Decided>();
  const known = plans.get(grounds.domain);
  if (known !== undefined && areSame(known.grounds, grounds)) return known.plan;
  const plan = decide();
  if (plans.size >= MAX_DECIDED) plans.clear();
  decided.set(from, plans.set(grounds.domain, { grounds, plan }));
  return plan;
}

/** Equal asks are the same object: who asks for something else makes a new one. */
function areSame(a: Grounds, b: Grounds): boolean {
  return (
    a.active === b.active &&
    alike(a.waivers, b.waivers, (one, other) => one === other) &&
    alike(a.because, b.because, isSameWord) &&
    alike(a.unknown, b.unknown, (one, other) => one.source === other.source && one.cause === other.cause)
  );
}

function isSameWord(a: Because, b: Because): boolean {
  return a.asked === b.asked && a.source === b.source && a.ref === b.ref && a.contact === b.contact;
}

function alike<T>(a: readonly T[], b: readonly T[], same: (one: T, other: T) => boolean): boolean {
  return a.length === b.length && a.every((one, i) => same(one, b[i] as T));
}
