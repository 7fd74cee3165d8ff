/**
 * Step 2: what must hold for mail to a domain. All sources are asked, their asks merged, and then what the host alone
 * may say is applied: dates, waivers, report-only; none of it to a locked plan.
 * Failure: a source that throws or does not know makes the plan let nothing out; `decide` itself does not reject.
 */
import type { Context } from '../core/context.js';
import { printable } from '../core/printable.js';
import { warnOfList } from '../x509/list-age.js';
import { intersectStores } from '../x509/trust-store.js';
import { faultOfAsk, freezePlan } from './ask-check.js';
import type { PlanBase } from './base.js';
import { levels } from './compare.js';
import { fingerprintPlan } from './fingerprint.js';
import { findRule, isRelayed, type ParsedRule, writeMatch } from './from-table.js';
import { mergePlan } from './merge.js';
import { reaches } from './order.js';
import type { Ask, Because, Plan, Waiver } from './plan.js';
import { type Grounds, recallPlan } from './recall.js';
import type { PolicySource, SourceAnswer } from './source.js';

/** Who is asked. */
export interface Sources {
  readonly table: readonly ParsedRule[];
  readonly sources: readonly PolicySource[];
  readonly base: PlanBase;
}

/**
 * The plan of a canonical domain; `ask` is what the message asks on top. `alsoNamed`: the names behind an alias; what is
 * locked for them is locked for it (BITS-5.2.3). The very same object where nothing has changed, but for one that warns of
 * old roots.
 */
export async function decide(
  domain: string,
  from: Sources,
  ask: Ask | null,
  ctx: Context,
  alsoNamed: readonly string[] = [],
): Promise<Plan> {
  const now = ctx.clock.now();
  const rule = findRule(from.table, domain);
  const active = rule !== null && (rule.effectiveFrom === null || now >= rule.effectiveFrom) ? rule : null;
  const isSilent = from.sources.length === 0 && alsoNamed.length === 0 && ask === null;
  const said = isSilent ? NOTHING : await hearAll([domain, ...alsoNamed], from, ask, ctx);
  const waivers = active?.waivers.some((waiver) => now >= waiver.until)
    ? active.waivers.filter((waiver) => now < waiver.until)
    : (active?.waivers ?? NONE);
  const grounds: Grounds = { domain, active, waivers, because: said.because, unknown: said.unknown };
  return warnOfRoots(
    recallPlan(from, grounds, () => freezePlan(merge(from, grounds))),
    now,
  );
}

/** What was said of a domain, next to its rule. */
type Heard = Pick<Grounds, 'because' | 'unknown'>;

const NONE: readonly Waiver[] = [];
const NOTHING: Heard = { because: [], unknown: [] };

/** What the sources say of a domain and of the names behind it, what the table locks for those, and what the message asks. */
async function hearAll(
  [domain, ...alsoNamed]: readonly [string, ...string[]],
  from: Sources,
  ask: Ask | null,
  ctx: Context,
): Promise<Heard> {
  const asking = [domain, ...alsoNamed].flatMap((name) =>
    from.sources.map((source) => askSource(source, name, ctx)),
  );
  const answers = asking.length === 0 ? [] : await Promise.all(asking);
  const because: Because[] = [];
  const unknown: { source: string; cause: string }[] = [];
  for (const [source, answer] of answers) {
    if (answer.kind === 'asks') {
      const contact = answer.contact === undefined ? {} : { contact: answer.contact };
      because.push({ source: source.name, asked: answer.ask, ref: answer.ref, ...contact });
    } else if (answer.kind === 'unknown')
      unknown.push({ source: source.name, cause: printable(answer.cause, 200) });
  }
  for (const name of alsoNamed) {
    const locking = findRule(from.table, name);
    if (locking?.ask.locked === true)
      because.push({ source: 'table', asked: locking.ask, ref: refOf(locking) });
  }
  if (ask !== null) because.push({ source: 'message', asked: ask, ref: 'options of the message' });
  return { because, unknown };
}

function merge({ base }: Sources, grounds: Grounds): Plan {
  const { domain, active, unknown } = grounds;
  const because = boundByLock(grounds.because, base);
  const others = mergePlan({ domain, because, unknown, base });
  if (active === null) return others;
  const own: Because = {
    source: 'table',
    asked: others.locked ? underLock(active.ask, base) : active.ask,
    ref: refOf(active),
  };
  // FAQ-8, FAQ-19: the default is for domains that no rule names. A rule names its own class, above the default or below.
  const ruled = { ...base, level: active.ask.level ?? base.level };
  const whole = mergePlan({ domain, because: [own, ...because], unknown, base: ruled });
  return applyHost(whole, others, active, grounds.waivers);
}

/** What a source says of a domain, checked; one that fails does not know. Rejects only for a call-off. */
export async function askSource(
  source: PolicySource,
  domain: string,
  ctx: Context,
): Promise<readonly [PolicySource, SourceAnswer]> {
  try {
    return [source, readAnswer(await source.find(domain, ctx))];
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    return [source, { kind: 'unknown', cause: error instanceof Error ? error.message : String(error) }];
  }
}

/** What a source says; an answer that nobody can read says that it does not know. */
function readAnswer(answer: SourceAnswer | null | undefined): SourceAnswer {
  if (answer?.kind === 'none' || answer?.kind === 'unknown') return answer;
  if (answer?.kind !== 'asks') return { kind: 'unknown', cause: 'an answer of no known kind' };
  const fault = faultOfAsk(answer.ask);
  return fault === null ? answer : { kind: 'unknown', cause: fault };
}

/** AT-53: who relies on a list of roots hears that it is old, or that the clock cannot be right. */
function warnOfRoots(plan: Plan, now: number): Plan {
  const { store } = plan.trust;
  if (plan.level !== 'verified' || store === null) return plan;
  const warnings = warnOfList(store, now);
  return warnings.length === 0 ? plan : { ...plan, warnings: [...plan.warnings, ...warnings] };
}

/** What only the host's table says; waivers and report-only never touch a locked plan. */
function applyHost(whole: Plan, others: Plan, rule: ParsedRule, inForce: readonly Waiver[]): Plan {
  const host = {
    onPolicyFailure: rule.onPolicyFailure ?? whole.onPolicyFailure,
    holdForMs: rule.holdForMs ?? whole.holdForMs,
    warnings: [...rule.warnings, ...(whole.locked ? warnOfIgnored(whole, rule, inForce) : [])],
  };
  if (rule.reportOnly && !whole.locked) {
    const asked = { ...whole, ...host };
    const decides = { ...others, ...host, reportOnly: asked };
    return { ...decides, fingerprint: fingerprintPlan(decides) };
  }
  const waivers = whole.locked ? [] : inForce;
  const plan = { ...whole, ...host, waivers };
  return { ...plan, fingerprint: fingerprintPlan(plan) };
}

/**
 * BITS-5.1.2, BITS-5.2.8: under the lock of another source neither a rule nor a source puts another name in place of the mail
 * server's, and their roots count only where they are among those of the sender.
 */
function boundByLock(because: readonly Because[], base: PlanBase): readonly Because[] {
  if (!because.some(({ asked }) => asked.locked === true)) return because;
  return because.map((each) =>
    each.asked.locked === true ? each : { ...each, asked: underLock(each.asked, base) },
  );
}

function underLock(asked: Ask, base: PlanBase): Ask {
  const { nameReference: _reference, acceptedNames: _names, ...ask } = asked;
  if (ask.store === undefined || base.store === null) return ask;
  return { ...ask, store: intersectStores(base.store, ask.store) };
}

/** BITS-5.2.3: what a rule would lower under a lock has no effect, and whoever wrote it is told so. */
function warnOfIgnored(locked: Plan, rule: ParsedRule, inForce: readonly Waiver[]): readonly string[] {
  const asked = rule.ask.level;
  const ignored = [
    ...(asked === undefined || reaches(levels, asked, locked.level) ? [] : [`level "${asked}"`]),
    ...inForce.map(({ check }) => `the waiver of "${check}"`),
    ...(rule.reportOnly ? ['reportOnly'] : []),
    ...(rule.ask.acceptedNames === undefined || locked.name.reference === 'names' ? [] : ['verifyAs']),
  ];
  const lockedBy = locked.because.filter((each) => each.asked.locked === true).map((each) => each.source);
  const told = ignored.map((what) => `${what} has no effect: ${lockedBy.join(', ')} locks the domain`);
  if (isRelayed(rule)) told.push('mail goes through a relay; what happens behind it is not seen');
  return told.map((text) => `${refOf(rule)}: ${text}`);
}

function refOf(rule: ParsedRule): string {
  return `rule "${writeMatch(rule)}"`;
}
