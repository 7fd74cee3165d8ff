/**
 * Step 3 of the straight line: from a domain to the addresses that are tried, in order, or the reason why there are
 * none.
 *
 *   literal      `[192.0.2.1]`: the address itself, no question at all (MX-3)
 *   configured   direct or relay: what the host wrote down, no MX question (MX-4, MX-5)
 *   mx           the MX records, ordered; the addresses of all hosts are asked for at the same time
 *   implicit     only where the name exists and has no MX record: the domain itself (MX-9)
 *
 * Security does not reorder and does not filter: who may take the mail is judged when the host is met (MX-18).
 * On failure: `unroutable` with a reason of the table; a question that failed is temporary, never "none" (MX-8).
 * Standards: RFC 5321 §5.1, RFC 7505, RFC 7672 §2.1.2.
 */
import type { Context } from '../core/context.js';
import { canonicalDomain } from '../core/domain.js';
import { describeReason } from '../core/reasons.js';
import { judgeAddress } from '../dns/address-guard.js';
import { lifetimeOf } from '../dns/cache.js';
import { parseIp } from '../dns/ip.js';
import type { DnsAnswer, Dnssec, MxRecord, Resolver } from '../dns/resolver.js';
import { lookupAddresses, reasonOfFailure, refuseBogus } from './addresses.js';
import { routeHosts } from './hosts.js';
import { routeConfigured } from './next-hop.js';
import { parseRouteOptions, type RouteOptions, type RouteSettings } from './options.js';
import { orderHosts } from './order.js';
import { type Resolving, type RoutePlan, unroutable } from './resolving.js';
import type { ConfiguredRoute, Route } from './route.js';

export type { RouteOptions } from './options.js';

/** The domain (or an address literal in brackets), what its plan says, and the route that the host wrote down for it. */
export interface RouteRequest {
  readonly domain: string;
  readonly plan: RoutePlan;
  readonly configured: ConfiguredRoute | null;
}

/**
 * Finds the way to a domain. Targets come in the order in which they are tried (MX-15, MX-16).
 * @throws ConfigError `option-unknown`, `route-invalid`, `network-invalid`, `route-needs-verify-as`; and what `ctx.signal` says
 */
export async function resolveRoute(
  request: RouteRequest,
  options: RouteOptions,
  resolver: Resolver,
  ctx: Context,
): Promise<Route> {
  return findRoute(request, parseRouteOptions(options), resolver, ctx);
}

/** The same with options that have been checked. @throws what `ctx.signal` says */
export async function findRoute(
  request: RouteRequest,
  settings: RouteSettings,
  resolver: Resolver,
  ctx: Context,
): Promise<Route> {
  const { plan, configured } = request;
  const literal = parseLiteral(request.domain);
  // MX-2, AT-39: one form, before anything is looked up.
  const domain = literal === null ? canonicalDomain(request.domain) : request.domain;
  if (domain === null) {
    const shown = request.domain.slice(0, 255);
    return unroutable(shown, 'recipient-invalid', `${JSON.stringify(shown)} is not a domain name`);
  }
  const resolving: Resolving = { domain, plan, settings, resolver, askedAt: ctx.clock.now() };
  // A literal is as direct as can be; only a relay takes its mail elsewhere.
  if (literal !== null && configured?.type !== 'relay') return routeLiteral(literal, resolving);
  if (configured !== null) return routeConfigured(configured, resolving, ctx);
  return routeMx(resolving, ctx);
}

/** The address inside an address literal, or null where the domain is none (RFC 5321 §4.1.3). */
function parseLiteral(domain: string): string | null {
  const inner = /^\[(?<tag>IPv6:)?(?<address>[0-9a-f.:]{2,45})\]$/i.exec(domain)?.groups;
  const address = inner?.['address']?.toLowerCase() ?? '';
  const ip = parseIp(address);
  return ip !== null && (ip.family === 6) === (inner?.['tag'] !== undefined) ? address : null;
}

/** MX-3: the address as it is; where the name must be proven, only if the host has pinned it or its certificate. */
function routeLiteral(address: string, { domain, plan, settings }: Resolving): Route {
  const isPinned = plan.mxAllowed?.includes(address) === true;
  const isCertificatePinned = (plan.trust?.pins ?? null) !== null;
  if (plan.level === 'verified' && !isPinned && !isCertificatePinned) {
    return unroutable(
      domain,
      'address-literal-unverifiable',
      `nothing is agreed about the machine ${domain}`,
    );
  }
  const { allowed, why } = judgeAddress(address, settings.allowed);
  if (!allowed) return unroutable(domain, 'address-not-allowed', `${address} is ${why}`);
  const target = { host: address, address, port: settings.port, tls: 'starttls', auth: null } as const;
  return {
    kind: 'targets',
    domain,
    via: 'literal',
    dnssec: 'unknown',
    targets: [{ ...target, preference: 0, mxAuth: isPinned ? 'pinned' : 'implicit' }],
    unusable: [],
    published: [],
    holdsUntil: Number.POSITIVE_INFINITY,
  };
}

/** FI-17: MX first; the domain's own addresses only where it has no MX record at all. */
async function routeMx(resolving: Resolving, ctx: Context): Promise<Route> {
  const { domain, resolver } = resolving;
  const answer = refuseBogus(await resolver.mx(domain, ctx));
  switch (answer.kind) {
    case 'failed': {
      const detail = `the MX records of ${domain}: ${answer.detail ?? answer.failure}`;
      return unroutable(domain, reasonOfFailure(answer.failure), detail);
    }
    case 'nxdomain': {
      const route = unroutable(domain, 'dns-nxdomain', `${domain} does not exist`);
      return confirm(route, answer.dnssec, resolving, ctx);
    }
    case 'nodata':
      return confirm(await routeImplicit(answer, resolving, ctx), 'unknown', resolving, ctx);
    case 'found':
      return routeRecords(answer, resolving, ctx);
  }
}

/** MX-9: no MX record at all; the domain is its own mail server, at preference 0. */
async function routeImplicit(
  answer: Extract<DnsAnswer<MxRecord>, { kind: 'nodata' }>,
  resolving: Resolving,
  ctx: Context,
): Promise<Route> {
  const { domain, settings, resolver } = resolving;
  const found = await lookupAddresses(domain, settings, resolver, ctx);
  const order = { hosts: [{ host: domain, preference: 0 }], unusable: [], published: [domain] };
  const how = { via: 'implicit', dnssec: answer.dnssec, lastsMs: lifetimeOf(answer, 0) } as const;
  return routeHosts(order, [found], how, resolving);
}

async function routeRecords(
  answer: Extract<DnsAnswer<MxRecord>, { kind: 'found' }>,
  resolving: Resolving,
  ctx: Context,
): Promise<Route> {
  const { records, dnssec } = answer;
  const { domain, settings, resolver } = resolving;
  if (records.length === 0) {
    // A found answer without records breaks the contract of the resolver; MX-9 forbids to guess from it.
    return unroutable(domain, 'dns-malformed', `the resolver found MX records of ${domain} but gave none`);
  }
  const order = orderHosts(records, settings);
  // RFC 7505 §4.1: at once, without a look at addresses.
  if (order.nullMx) {
    return confirm(unroutable(domain, 'null-mx', `${domain} publishes a null MX`), dnssec, resolving, ctx);
  }
  // AT-13: bounded, but more than are tried, so that a few dead names in front do not hide a working one.
  const hosts = order.hosts.slice(0, 4 * settings.maxHosts);
  const found = await Promise.all(hosts.map(({ host }) => lookupAddresses(host, settings, resolver, ctx)));
  const how = { via: 'mx', dnssec, lastsMs: lifetimeOf(answer, 0) } as const;
  const route = routeHosts({ ...order, hosts }, found, how, resolving);
  return confirm(route, 'unknown', resolving, ctx);
}

/**
 * AT-31: where TLS is enforced, a refusal that anyone on the way could have forged is temporary until it has been said
 * often and for long. `dnssec` is that of the refusal itself.
 */
function confirm(route: Route, dnssec: Dnssec, { domain, plan, settings }: Resolving, ctx: Context): Route {
  const { confirmation } = settings;
  const isEnforced = plan.level === 'mandatory' || plan.level === 'verified';
  if (confirmation === null || !isEnforced) return route;
  if (route.kind === 'targets') {
    confirmation.clear(domain);
    return route;
  }
  const isPermanent = describeReason(route.reason).effect === 'fail';
  if (!isPermanent || dnssec === 'secure' || confirmation.note(domain, ctx.clock.now())) return route;
  return { ...route, reason: 'dns-unconfirmed', detail: `${route.detail}; not yet believed` };
}
