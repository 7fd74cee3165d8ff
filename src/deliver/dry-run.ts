/**
 * Steps 2 to 7 for every host of a domain, and QUIT where MAIL would be said (FAQ-14). It goes the way of a delivery, so
 * the two cannot disagree; only kept connections and remembered failures are left aside, for each host is asked anew.
 * Failure is a value; only a call-off throws.
 */
import type { Context } from '../core/context.js';
import type { Reason } from '../core/reasons.js';
import type { Plan } from '../policy/plan.js';
import type { Target } from '../route/route.js';
import { createConnectionPool } from '../smtp/pool.js';
import type { Verdict } from '../verdict/verdict.js';
import { findWay, type HostHealth, type Opened, type Opener, openTarget } from './open.js';

/** How one host would have fared. */
export interface DryHost {
  readonly target: Target;
  /** null: mail would go out. */
  readonly reason: Reason | null;
  readonly detail: string;
  /** Every check with what it saw; null where no session came about. */
  readonly verdict: Verdict | null;
}

/** What a delivery would have met. */
export interface DryRun {
  readonly domain: string;
  readonly plan: Plan;
  /** In order of preference; empty where there is no way at all. */
  readonly hosts: readonly DryHost[];
  /** Why there is no way, or why the first host that refuses does; null: every host takes mail. */
  readonly reason: Reason | null;
  readonly detail: string;
}

const NO_MEMORY: HostHealth = { down: () => null, report: () => undefined };

/** Tries a domain out without sending anything. */
export async function dryRun(domain: string, opener: Opener, ctx: Context): Promise<DryRun> {
  const way = await findWay(domain, null, opener, ctx);
  const { plan } = way;
  if (way.kind === 'none') return { domain, plan, hosts: [], reason: way.reason, detail: way.detail };
  const afresh = { ...opener, pool: createConnectionPool(), health: NO_MEMORY };
  const hosts: DryHost[] = [];
  for (const target of way.route.targets) {
    hosts.push(await leave(await openTarget(plan, target, afresh, ctx), ctx));
  }
  const refusing = hosts.find((host) => host.reason !== null);
  return { domain, plan, hosts, reason: refusing?.reason ?? null, detail: refusing?.detail ?? '' };
}

async function leave(opened: Opened, ctx: Context): Promise<DryHost> {
  const { target } = opened;
  if (opened.kind === 'refused') {
    return { target, reason: opened.reason, detail: opened.detail, verdict: opened.verdict };
  }
  // A pool of its own that keeps nothing: QUIT is said here and waited for.
  await opened.session.connection.quit(ctx);
  opened.turn.end(false);
  return { target, reason: null, detail: '', verdict: opened.session.proof };
}
