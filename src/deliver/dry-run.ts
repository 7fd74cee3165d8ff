/**
 * Steps 2 to 7 for every address of every host of a domain, and QUIT where MAIL would be said (FAQ-14). It goes the way of
 * a delivery, so the two cannot disagree; only kept connections, remembered failures and the bound on hosts are left
 * aside, for each one is asked anew. `preflight/` makes its report from this.
 * Failure is a value; only a call-off throws.
 */
import type { Context } from '../core/context.js';
import type { Phase } from '../core/errors.js';
import type { Reason } from '../core/reasons.js';
import type { Ask, Plan } from '../policy/plan.js';
import type { Route, Target } from '../route/route.js';
import { createConnectionPool } from '../smtp/pool.js';
import type { Verdict } from '../verdict/verdict.js';
import { type HostHealth, type Opened, type Opener, openTarget } from './open.js';
import { createKeptRoutes, findWay } from './way.js';

/** How one host would have fared. */
export interface DryHost {
  readonly target: Target;
  /** null: mail would go out. */
  readonly reason: Reason | null;
  readonly detail: string;
  /** Where it ended; null: it did not. */
  readonly phase: Phase | 'verdict' | 'skipped' | null;
  /** Every check with what it saw; null where no session came about. */
  readonly verdict: Verdict | null;
  /** Report-only: what the asked plan says of the same session; null: there is no such plan. */
  readonly asked: Verdict | null;
}

/** What a delivery would have met. */
export interface DryRun {
  readonly domain: string;
  readonly plan: Plan;
  /** null: the plan itself lets nothing out. */
  readonly route: Route | null;
  /** In order of preference; empty where there is no way at all. */
  readonly hosts: readonly DryHost[];
  /** Why there is no way, or why the first host that refuses does; null: every host takes mail. */
  readonly reason: Reason | null;
  readonly detail: string;
}

const NO_MEMORY: HostHealth = { down: () => null, report: () => undefined };
/** The most that `route/options` lets be tried: a delivery stops earlier (MX-16), who asks for all sees all. */
const EVERY_HOST = { maxHosts: 50, maxAddresses: 100 } as const;
/** Conversations at the same time. */
const AT_ONCE = 5;

/** Tries a domain out without sending anything; `ask` as a message would ask, on top of every policy. */
export async function dryRun(domain: string, ask: Ask | null, opener: Opener, ctx: Context): Promise<DryRun> {
  const afresh: Opener = {
    ...opener,
    route: { ...opener.route, ...EVERY_HOST },
    routes: createKeptRoutes(opener.route.random),
    pool: createConnectionPool(),
    health: NO_MEMORY,
  };
  const way = await findWay(domain, ask, afresh, ctx);
  const { plan, route } = way;
  if (way.kind === 'none') return { domain, plan, route, hosts: [], reason: way.reason, detail: way.detail };
  const hosts: DryHost[] = [];
  const { targets } = way.route;
  for (let at = 0; at < targets.length; at += AT_ONCE) {
    const some = targets.slice(at, at + AT_ONCE);
    const tried = some.map(async (target) => leave(await openTarget(plan, target, 0, afresh, ctx), ctx));
    hosts.push(...(await Promise.all(tried)));
  }
  const refusing = hosts.find((host) => host.reason !== null);
  return { domain, plan, route, hosts, reason: refusing?.reason ?? null, detail: refusing?.detail ?? '' };
}

async function leave(opened: Opened, ctx: Context): Promise<DryHost> {
  const { target, asked = null } = opened;
  if (opened.kind === 'refused') {
    const { reason, detail, phase, verdict } = opened;
    return { target, reason, detail, phase, verdict, asked };
  }
  // A pool of its own that keeps nothing: QUIT is said here and waited for.
  await opened.session.connection.quit(ctx);
  opened.turn.end(false);
  return { target, reason: null, detail: '', phase: null, verdict: opened.session.proof, asked };
}
