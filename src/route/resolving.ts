/** What the steps of resolving a route share. */
import type { Reason } from '../core/reasons.js';
import type { Resolver } from '../dns/resolver.js';
import type { Plan } from '../policy/plan.js';
import type { RouteSettings } from './options.js';
import type { Route } from './route.js';

/** What a plan says about mail servers. */
export type RoutePlan = Pick<Plan, 'mxAllowed' | 'level'> & Partial<Pick<Plan, 'trust'>>;

/** One resolution under way. */
export interface Resolving {
  /** Canonical. */
  readonly domain: string;
  readonly plan: RoutePlan;
  readonly settings: RouteSettings;
  readonly resolver: Resolver;
  /** When resolving began, milliseconds since the epoch. */
  readonly askedAt: number;
}

/** A route that ends before any host is known. */
export function unroutable(domain: string, reason: Reason, detail: string): Route {
  return { kind: 'unroutable', domain, reason, detail, unusable: [] };
}
