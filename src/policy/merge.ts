/**
 * From what everybody asks to what must hold: field by field, the strictest wins. Lists are intersected; where nothing is
 * left the plan is contradictory, and mail is held with both sources named. A source that could not answer makes the plan
 * let nothing out. Pure; the property tests prove that one more ask never lowers a field (`compare.ts`).
 */
import { legacySuites } from '../tls/suite-profiles.js';
import type { TrustStore } from '../x509/trust-store.js';
import { intersectStores } from '../x509/trust-store.js';
import type { PlanBase } from './base.js';
import { levels, nameModes, nameReferences, protocols } from './compare.js';
import { fingerprintPlan } from './fingerprint.js';
import { higher } from './order.js';
import type { Ask, Because, Contradiction, Level, Plan, ProtocolFloor } from './plan.js';
import { mergeSuiteRules } from './suite-rules.js';

/** What is merged. */
export interface MergeInput {
  readonly domain: string;
  readonly because: readonly Because[];
  readonly unknown: Plan['unknown'];
  readonly base: PlanBase;
}

/** Fields of an ask that hold a list of which only the common part counts. */
type ListField = 'mxAllowed' | 'acceptedNames' | 'includeAnchors' | 'issuer' | 'pins';

/** Merges asks into a plan without waivers and report-only, which are applied afterwards (`decide.ts`). */
export function mergePlan(input: MergeInput): Plan {
  const { base, because, unknown, domain } = input;
  if (because.length > 0 || unknown.length > 0) return mergeAnew(input);
  // Where nobody asks anything, domains differ by their name alone: it is in the hash only where it is what is verified.
  const plan = unasked.get(base) ?? mergeAnew(input);
  unasked.set(base, plan);
  const own = { ...plan, domain };
  return plan.name.reference === 'nexthop' ? { ...own, fingerprint: fingerprintPlan(own) } : own;
}

/** What a base comes to by itself. */
const unasked = new WeakMap<PlanBase, Plan>();

function mergeAnew(input: MergeInput): Plan {
  const { base, because, domain } = input;
  const contradictions: Contradiction[] = [];
  const lists = (field: ListField): readonly string[] | null =>
    intersectLists(field, because, contradictions);
  const asks = because.map((each) => each.asked);
  const reference = rise(
    nameReferences,
    base.nameReference,
    asks.map((ask) => ask.nameReference),
  );
  const mxAllowed = lists('mxAllowed');
  const level = rise(
    levels,
    base.level,
    asks.map((ask) => ask.level),
  );
  const plan = {
    domain,
    level,
    because,
    mxAllowed,
    mxAddresses: Object.assign({}, ...asks.map((ask) => ask.mxAddresses ?? {})) as Plan['mxAddresses'],
    name: {
      mode: mergeMode(asks, base),
      reference,
      accepted: reference === 'names' ? (lists('acceptedNames') ?? []) : null,
    },
    trust: {
      store: mergeStores(because, base.store, contradictions),
      include: lists('includeAnchors'),
      exclude: [...new Set(asks.flatMap((ask) => ask.excludeAnchors ?? []))].toSorted(),
      issuer: lists('issuer'),
      pins: lists('pins'),
      mustStaple: asks.some((ask) => ask.mustStaple === true),
    },
    ...mergeTls(asks, level, base),
    keys: {
      minRsaBits: Math.max(base.keys.minRsaBits, ...asks.map((ask) => ask.minRsaBits ?? 0)),
      minEcBits: Math.max(base.keys.minEcBits, ...asks.map((ask) => ask.minEcBits ?? 0)),
    },
    // MX-20: implied where the plan lists its MX names.
    requireMxAuth: mxAllowed !== null || asks.some((ask) => ask.requireMxAuth === true),
    clientCertificate: asks.find((ask) => ask.clientCertificate !== undefined)?.clientCertificate ?? null,
    locked: asks.some((ask) => ask.locked === true),
    contradictions,
    unknown: input.unknown,
    onPolicyFailure: base.onPolicyFailure,
    holdForMs: base.holdForMs,
    waivers: [],
    reportOnly: null,
    warnings: [],
  };
  return { ...plan, fingerprint: fingerprintPlan(plan) };
}

/** Versions and suites: BCP 195 only where no ask names suites; several asks are merged. */
function mergeTls(asks: readonly Ask[], level: Level, base: PlanBase): Pick<Plan, 'minProtocol' | 'ciphers'> {
  const versions = asks.flatMap((ask) => (ask.minProtocol === undefined ? [] : [ask.minProtocol]));
  const suites = asks.flatMap((ask) => (ask.ciphers === undefined ? [] : [ask.ciphers]));
  const asked = versions.length > 0 || suites.length > 0;
  if (base.allowLegacyTls && level === 'opportunistic' && !asked) {
    return { minProtocol: 'TLSv1', ciphers: legacySuites };
  }
  return {
    minProtocol: rise<ProtocolFloor>(protocols, base.minProtocol, versions),
    ciphers: suites.length === 0 ? base.ciphers : suites.reduce(mergeSuiteRules),
  };
}

function rise<T>(order: readonly T[], base: T, asked: readonly (T | undefined)[]): T {
  return asked.reduce<T>((value, each) => (each === undefined ? value : higher(order, value, each)), base);
}

/** The mode: the base where nobody asks; else the strictest of what is asked, which may be `san-or-cn` (CI-13). */
function mergeMode(asks: readonly Ask[], base: PlanBase): Plan['name']['mode'] {
  const asked = asks.flatMap((ask) => (ask.nameMode === undefined ? [] : [ask.nameMode]));
  return asked.length === 0 ? base.nameMode : asked.reduce((a, b) => higher(nameModes, a, b));
}

function intersectLists(
  field: ListField,
  because: readonly Because[],
  contradictions: Contradiction[],
): readonly string[] | null {
  const asking = because.flatMap((each) => {
    const { asked, source } = each;
    // Whoever asks for named names and names none asks for none.
    const none = field === 'acceptedNames' && asked.nameReference === 'names' ? [] : undefined;
    const list = asked[field] ?? none;
    return list === undefined ? [] : [{ source, list }];
  });
  const [first, ...others] = asking;
  if (first === undefined) return null;
  let common = first.list;
  let source = first.source;
  for (const other of others) {
    common = common.filter((entry) => other.list.includes(entry));
    if (common.length === 0) contradictions.push({ field, sources: [source, other.source] });
    source = other.source;
  }
  return common;
}

function mergeStores(
  because: readonly Because[],
  base: TrustStore | null,
  contradictions: Contradiction[],
): TrustStore | null {
  let common: TrustStore | null = null;
  let source = '';
  for (const each of because) {
    const { store } = each.asked;
    if (store === undefined) continue;
    common = common === null ? store : intersectStores(common, store);
    if (common.anchors.length === 0)
      contradictions.push({ field: 'store', sources: [source || each.source, each.source] });
    source = each.source;
  }
  return common ?? base;
}
