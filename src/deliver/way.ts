/**
 * Steps 2 and 3 of the straight line: the policy of a domain, and the way to its mail servers. The policy is decided for
 * each mail; a route is kept under an equal policy for as long as every DNS answer in it may be (MX-14), so that a burst
 * of mail to one partner finds the way once. Hosts of equal preference are drawn anew for each mail (MX-15).
 *
 * Failure is a value that says why there is no way; only a call-off throws.
 */
import type { Context } from '../core/context.js';
import type { Reason } from '../core/reasons.js';
import type { Resolver } from '../dns/resolver.js';
import type { Ask, Plan } from '../policy/plan.js';
import type { RouteSettings } from '../route/options.js';
import { redraw } from '../route/order.js';
import { findRoute } from '../route/resolve.js';
import type { ConfiguredRoute, Route } from '../route/route.js';
import { refusePlan } from '../verdict/judge.js';
import { findNamesBehind } from './names-behind.js';

type Targets = Extract<Route, { kind: 'targets' }>;

/** Plan and route of a domain, or the reason why nothing may be tried. The plan is always there, for the record. */
export type Way =
  | { readonly kind: 'way'; readonly plan: Plan; readonly route: Targets }
  | {
      readonly kind: 'none';
      readonly plan: Plan;
      readonly route: Route | null;
      readonly reason: Reason;
      readonly detail: string;
    };

/** Routes that were found before, under the plan for which they were. */
export interface KeptRoutes {
  recall(domain: string, plan: Plan, now: number): Targets | null;
  /** Keeps what was asked for at `since`. */
  keep(domain: string, plan: Plan, route: Targets, since: number): void;
}

/** What finding a way needs, made once by the composition root. */
export interface WayFinder {
  /** Merges what all sources say of the domain, and of the names behind it, and what the message asks (step 2). */
  readonly decide: (
    domain: string,
    ask: Ask | null,
    ctx: Context,
    alsoNamed?: readonly string[],
  ) => Promise<Plan>;
  /** Whether anybody may have locked a domain, so that an alias of it must be seen through. */
  readonly mayLock: boolean;
  readonly configuredRoute: (domain: string) => ConfiguredRoute | null;
  readonly resolver: Resolver;
  readonly route: RouteSettings;
  readonly routes: KeptRoutes;
}

/** Steps 2 and 3. */
export async function findWay(
  domain: string,
  ask: Ask | null,
  finder: WayFinder,
  ctx: Context,
): Promise<Way> {
  const named = await finder.decide(domain, ask, ctx);
  const behind = finder.mayLock && !named.locked ? await findNamesBehind(domain, finder.resolver, ctx) : [];
  if ('reason' in behind) return { kind: 'none', plan: named, route: null, ...behind };
  const plan = behind.length === 0 ? named : await finder.decide(domain, ask, ctx, behind);
  const refusal = refusePlan(plan);
  if (refusal !== null) return { kind: 'none', plan, route: null, ...refusal };
  const now = ctx.clock.now();
  const known = finder.routes.recall(domain, plan, now);
  if (known !== null) return { kind: 'way', plan, route: known };
  const request = { domain, plan, configured: finder.configuredRoute(domain) };
  const route = await findRoute(request, finder.route, finder.resolver, ctx);
  if (route.kind === 'unroutable') {
    return { kind: 'none', plan, route, reason: route.reason, detail: route.detail };
  }
  finder.routes.keep(domain, plan, route, now);
  return { kind: 'way', plan, route };
}

interface Kept {
  readonly fingerprint: string;
  readonly route: Targets;
  /** Before this time, after a jump of the clock, nothing is known. */
  readonly since: number;
  readonly isDrawn: boolean;
}

/** Domains whose route is kept at the same time; beyond it all are found anew. */
const MAX_KEPT = 10_000;

/** Makes a memory of routes; `random` draws among hosts of equal preference. */
export function createKeptRoutes(random: () => number): KeptRoutes {
  const routes = new Map<string, Kept>();
  return {
    recall(domain, { fingerprint }, now) {
      const kept = routes.get(domain);
      if (kept === undefined || kept.fingerprint !== fingerprint) return null;
      const { route, since, isDrawn } = kept;
      if (now < since || now >= route.holdsUntil) return null;
      return isDrawn ? { ...route, targets: redraw(route.targets, random) } : route;
    },
    keep(domain, { fingerprint }, route, since) {
      if (route.holdsUntil <= since) return;
      if (routes.size >= MAX_KEPT) routes.clear();
      routes.set(domain, { fingerprint, route, since, isDrawn: isDrawn(route) });
    },
  };
}

/** True where chance has a say: two hosts have the same preference. */
function isDrawn({ targets }: Targets): boolean {
  const hosts = new Map(targets.map(({ host, preference }) => [host, preference]));
  return new Set(hosts.values()).size < hosts.size;
}
