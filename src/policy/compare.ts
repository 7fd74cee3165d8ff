/**
 * Which of two plans asks for more.
 *
 *   isAtLeast     exact, field by field, over everything that a plan decides: what the merge promises.
 *   weakerThan    whether a control that held when a message was accepted is gone now. Lists that changed while
 *                 they still bind (a new MX name, the next pin, a newer list of roots) are the host's upkeep, not a
 *                 weakening: the host is told to change them when a partner does.
 *
 * A plan that lets nothing out (contradictory, or with a source that cannot be read) is at least as strict as any.
 */
import { reaches } from './order.js';
import { suiteRulesAtLeast } from './suite-rules.js';
import type { Level, Plan, ProtocolFloor } from './plan.js';

/** The classes a to d in rising order. */
export const levels: readonly Level[] = ['plain', 'opportunistic', 'mandatory', 'verified'];
/** Lowest versions of TLS in rising order. */
export const protocols: readonly ProtocolFloor[] = ['TLSv1', 'TLSv1.2', 'TLSv1.3'];
/** Modes of the name check in rising order. */
export const nameModes: readonly Plan['name']['mode'][] = ['san-or-cn', 'san', 'san-and-cn'];

/** What the name comes from, in rising order of how little a forger of DNS can change it. */
export const nameReferences: readonly Plan['name']['reference'][] = ['mx', 'nexthop', 'names'];

/** True for a plan under which nothing goes out. */
function letsNothingOut(plan: Plan): boolean {
  return plan.contradictions.length > 0 || plan.unknown.length > 0;
}

/** Fields in which `a` asks for less than `b`; empty when `a` is at least as strict. */
export function loweredFields(a: Plan, b: Plan): string[] {
  if (letsNothingOut(a)) return [];
  if (letsNothingOut(b))
    return [...b.contradictions.map((entry) => entry.field), ...b.unknown.map(() => 'unknown')];
  const kept: Readonly<Record<string, boolean>> = {
    level: reaches(levels, a.level, b.level),
    mxAllowed: isNarrower(a.mxAllowed, b.mxAllowed),
    nameMode: reaches(nameModes, a.name.mode, b.name.mode),
    nameReference: reaches(nameReferences, a.name.reference, b.name.reference),
    acceptedNames: isNarrower(a.name.accepted, b.name.accepted),
    store: isNarrower(anchorsOf(a), anchorsOf(b)),
    include: isNarrower(a.trust.include, b.trust.include),
    exclude: b.trust.exclude.every((entry) => a.trust.exclude.includes(entry)),
    issuer: isNarrower(a.trust.issuer, b.trust.issuer),
    pins: isNarrower(a.trust.pins, b.trust.pins),
    mustStaple: a.trust.mustStaple || !b.trust.mustStaple,
    minProtocol: reaches(protocols, a.minProtocol, b.minProtocol),
    ciphers: suiteRulesAtLeast(a.ciphers, b.ciphers),
    minRsaBits: a.keys.minRsaBits >= b.keys.minRsaBits,
    minEcBits: a.keys.minEcBits >= b.keys.minEcBits,
    requireMxAuth: a.requireMxAuth || !b.requireMxAuth,
    locked: a.locked || !b.locked,
    waivers: a.waivers.every((waiver) => b.waivers.some((other) => other.check === waiver.check)),
  };
  return Object.keys(kept).filter((field) => kept[field] !== true);
}

/** True when `a` asks for at least as much as `b` in every field. */
export function isAtLeast(a: Plan, b: Plan): boolean {
  return loweredFields(a, b).length === 0;
}

/** What held when a message was accepted, as plain data that a queue can keep. */
export interface PlanFloor {
  readonly level: Level;
  readonly fingerprint: string;
  /** Absent in floors that only know the level. */
  readonly controls?: FloorControls;
}

/** The controls of a plan that may not go away while a message waits. */
export interface FloorControls {
  readonly minProtocol: ProtocolFloor;
  readonly nameMode: Plan['name']['mode'];
  readonly nameReference: Plan['name']['reference'];
  readonly ciphers: Plan['ciphers'];
  readonly keys: Plan['keys'];
  readonly requireMxAuth: boolean;
  readonly locked: boolean;
  /** Which of the lists bind. */
  readonly binding: readonly ('mxAllowed' | 'include' | 'issuer' | 'pins')[];
}

const floors = new WeakMap<Plan, PlanFloor>();

/** The floor of a plan; the very same object for the same plan. */
export function floorOf(plan: Plan): PlanFloor {
  const known = floors.get(plan);
  if (known !== undefined) return known;
  const floor: PlanFloor = {
    level: plan.level,
    fingerprint: plan.fingerprint,
    controls: {
      minProtocol: plan.minProtocol,
      nameMode: plan.name.mode,
      nameReference: plan.name.reference,
      ciphers: plan.ciphers,
      keys: plan.keys,
      requireMxAuth: plan.requireMxAuth,
      locked: plan.locked,
      binding: bindingOf(plan),
    },
  };
  floors.set(plan, floor);
  return floor;
}

/**
 * The controls that hold now and are weaker than those under which a message was accepted, for people; null when none
 * is. A plan that lets nothing out is never weaker: it holds the mail for its own reason.
 */
export function weakerThan(plan: Plan, floor: PlanFloor): string | null {
  if (plan.fingerprint === floor.fingerprint || letsNothingOut(plan)) return null;
  const lost: string[] = [];
  if (!reaches(levels, plan.level, floor.level)) lost.push(`level ${floor.level} -> ${plan.level}`);
  if (floor.controls !== undefined) lost.push(...lostControls(plan, floor.controls));
  return lost.length === 0 ? null : lost.join(', ');
}

function lostControls(plan: Plan, floor: FloorControls): string[] {
  const lost: string[] = [];
  if (!reaches(protocols, plan.minProtocol, floor.minProtocol)) {
    lost.push(`lowest protocol ${floor.minProtocol} -> ${plan.minProtocol}`);
  }
  if (!reaches(nameModes, plan.name.mode, floor.nameMode)) {
    lost.push(`name mode ${floor.nameMode} -> ${plan.name.mode}`);
  }
  if (plan.name.reference !== floor.nameReference) {
    lost.push(`name to verify ${floor.nameReference} -> ${plan.name.reference}`);
  }
  if (!suiteRulesAtLeast(plan.ciphers, floor.ciphers)) {
    lost.push('weaker suites');
  }
  if (plan.keys.minRsaBits < floor.keys.minRsaBits || plan.keys.minEcBits < floor.keys.minEcBits) {
    lost.push('smaller keys');
  }
  if (floor.requireMxAuth && !plan.requireMxAuth) lost.push('MX names need no proof any more');
  if (floor.locked && !plan.locked) lost.push('not locked any more');
  const binding = bindingOf(plan);
  for (const list of floor.binding) if (!binding.includes(list)) lost.push(`no ${list} list any more`);
  return lost;
}

function bindingOf(plan: Plan): FloorControls['binding'] {
  return [
    ...(plan.mxAllowed === null ? [] : (['mxAllowed'] as const)),
    ...(plan.trust.include === null ? [] : (['include'] as const)),
    ...(plan.trust.issuer === null ? [] : (['issuer'] as const)),
    ...(plan.trust.pins === null ? [] : (['pins'] as const)),
  ];
}

function isNarrower(a: readonly string[] | null, b: readonly string[] | null): boolean {
  if (b === null) return true;
  return a !== null && a.every((entry) => b.includes(entry));
}

function anchorsOf(plan: Plan): readonly string[] | null {
  const { store } = plan.trust;
  return store === null ? null : store.anchors.map((anchor) => anchor.certificate.sha256);
}
