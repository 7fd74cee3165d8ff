/**
 * From a domain to the addresses to try, in order.
 *
 *   literal   `[192.0.2.1]`: the address itself, no DNS (MX-3)
 *   relay     the host that was written down (MX-4); direct: the domain's own addresses (MX-5)
 *   MX        the records in order; without any, the domain itself (MX-9); a null MX ends it (MX-11)
 *
 * Failure is a Route without targets: permanent only where every answer was definitive (MX-10), temporary otherwise; what
 * could not be found out is never read as "none" (MX-8). It rejects only when called off.
 * Standards: RFC 5321 §5.1, RFC 7505.
 */
import { isIP } from 'node:net';
import type { Context } from '../core/context.js';
import type { Reason } from '../core/reasons.js';
import { judgeAddress } from '../dns/address-guard.js';
import type { Dnssec, Resolver } from '../dns/resolver.js';
import type { Plan } from '../policy/plan.js';
import {
  type HostAddresses,
  lookupAddresses,
  reasonOfFailure,
  refuseBogus,
  shareAddresses,
} from './addresses.js';
import { parseConfiguredRoute } from './configured.js';
import { parseRouteOptions, type RouteOptions, type RouteSettings } from './options.js';
import { cutLoop, type MxHost, orderHosts } from './order.js';
import type { ConfiguredRoute, MxAuth, Route, Target, UnusableHost, Via } from './route.js';

/** What is asked. */
export interface RouteRequest {
  /** Canonical domain, or an address literal in brackets. */
  readonly domain: string;
  readonly plan: Pick<Plan, 'mxAllowed' | 'level'>;
  /** The route that the host wrote down for the domain, or null. */
  readonly configured: ConfiguredRoute | null;
}

/** Resolves a domain. @throws ConfigError for options that cannot be read */
export async function resolveRoute(
  request: RouteRequest,
  options: RouteOptions,
  resolver: Resolver,
  ctx: Context,
): Promise<Route> {
  const search: Search = { ...request, settings: parseRouteOptions(options), resolver };
  if (request.domain.startsWith('[')) return literalRoute(search);
  const configured = request.configured === null ? null : parseConfiguredRoute(request.configured);
  if (configured?.type === 'relay') return relayRoute(search, configured, ctx);
  if (configured?.type === 'direct') {
    const host = { host: request.domain, preference: 0 };
    return hostsRoute(
      search,
      { via: 'direct', hosts: [host], dnssec: 'unknown', unusable: [], port: configured.port },
      ctx,
    );
  }
  return mxRoute(search, ctx);
}

interface Search extends RouteRequest {
  readonly settings: RouteSettings;
  readonly resolver: Resolver;
}

function unroutable(
  search: Search,
  reason: Reason,
  detail: string,
  unusable: readonly UnusableHost[] = [],
): Route {
  return { kind: 'unroutable', domain: search.domain, reason, detail, unusable };
}

/** MX-3. Class d has no name to verify there, so it is refused. */
function literalRoute(search: Search): Route {
  const { domain, plan, settings } = search;
  const address = domain.slice(1, -1).replace(/^IPv6:/i, '');
  if (isIP(address) === 0)
    return unroutable(search, 'recipient-invalid', 'an address literal that is no address');
  if (plan.level === 'verified') return unroutable(search, 'address-literal-unverifiable', address);
  const { allowed, why } = judgeAddress(address, settings.allowed);
  if (!allowed) return unroutable(search, 'address-not-allowed', `${address} is ${why}`);
  const target = targetOf(search, { host: address, preference: 0 }, address, 'configured');
  return {
    kind: 'targets',
    domain,
    via: 'literal',
    dnssec: 'unknown',
    targets: [target],
    unusable: [],
    published: [],
  };
}

async function relayRoute(
  search: Search,
  relay: Extract<ConfiguredRoute, { type: 'relay' }>,
  ctx: Context,
): Promise<Route> {
  const port = relay.port ?? 25;
  const found: HostAddresses =
    isIP(relay.host) === 0
      ? await lookupAddresses(relay.host, search.settings, search.resolver, ctx, false)
      : { kind: 'addresses', host: relay.host, addresses: [relay.host], own: false };
  if (found.kind === 'none') return hostsFailed(search, [found], []);
  const targets = found.addresses.slice(0, search.settings.maxAddresses).map((address): Target => ({
    ...targetOf(search, { host: relay.verifyAs ?? relay.host, preference: 0 }, address, 'configured'),
    port,
    tls: relay.tls ?? (port === 465 ? 'implicit' : 'starttls'),
    auth: relay.auth ?? null,
  }));
  return {
    kind: 'targets',
    domain: search.domain,
    via: 'relay',
    dnssec: 'unknown',
    targets,
    unusable: [],
    published: [relay.host],
  };
}

async function mxRoute(search: Search, ctx: Context): Promise<Route> {
  const { domain, settings } = search;
  const answer = refuseBogus(await search.resolver.mx(domain, ctx));
  if (answer.kind === 'failed') {
    return unroutable(
      search,
      reasonOfFailure(answer.failure),
      `MX of ${domain}: ${answer.detail ?? answer.failure}`,
    );
  }
  if (answer.kind === 'nxdomain') return refuseForGood(search, 'dns-nxdomain', answer.dnssec, ctx);
  if (answer.kind === 'nodata') {
    settings.confirmation?.clear(domain);
    const hosts = [{ host: domain, preference: 0 }];
    return hostsRoute(search, { via: 'implicit', hosts, dnssec: answer.dnssec, unusable: [] }, ctx);
  }
  const order = orderHosts(answer.records, settings);
  if (order.nullMx) return refuseForGood(search, 'null-mx', answer.dnssec, ctx);
  settings.confirmation?.clear(domain);
  if (order.hosts.length === 0) {
    const loop = order.unusable.some((each) => each.reason === 'mail-loop');
    return unroutable(
      search,
      loop ? 'mail-loop' : 'no-usable-host',
      'no mail host is left to try',
      order.unusable,
    );
  }
  const found = { via: 'mx' as const, hosts: order.hosts, dnssec: answer.dnssec, unusable: order.unusable };
  const route = await hostsRoute(search, found, ctx);
  return route.kind === 'targets' ? { ...route, published: order.published } : route;
}

/** AT-31: where the host asks for it, an unsigned "no" for an enforced domain is believed only when it has lasted. */
function refuseForGood(
  search: Search,
  reason: 'dns-nxdomain' | 'null-mx',
  dnssec: Dnssec,
  ctx: Context,
): Route {
  const { confirmation } = search.settings;
  const enforced = search.plan.level === 'mandatory' || search.plan.level === 'verified';
  if (
    confirmation === null ||
    !enforced ||
    dnssec === 'secure' ||
    confirmation.note(search.domain, ctx.clock.now())
  ) {
    return unroutable(search, reason, search.domain);
  }
  return unroutable(
    search,
    'dns-unconfirmed',
    `${search.domain}: ${reason}, unsigned and not seen for long enough`,
  );
}

interface FoundHosts {
  readonly via: Via;
  readonly hosts: readonly MxHost[];
  readonly dnssec: Dnssec;
  readonly unusable: readonly UnusableHost[];
  readonly port?: number | undefined;
}

/** Looks up all hosts at the same time and lines their addresses up. */
async function hostsRoute(search: Search, found: FoundHosts, ctx: Context): Promise<Route> {
  const { settings, resolver } = search;
  const hosts = found.hosts.slice(0, settings.maxHosts);
  const guarded = found.via !== 'direct';
  const looked = await Promise.all(
    hosts.map(({ host }) => lookupAddresses(host, settings, resolver, ctx, guarded)),
  );
  // MX-17: this host itself, known by its address.
  const own = looked.findIndex((each) => each.own);
  const { kept, dropped } =
    own < 0 ? { kept: hosts, dropped: [] } : cutLoop(hosts, hosts[own]?.preference ?? 0);
  const usable = kept.map((host) => ({ host, found: looked[hosts.indexOf(host)] as HostAddresses }));
  const none = usable.flatMap((each) => (each.found.kind === 'none' ? [each.found] : []));
  const unusable = [
    ...found.unusable,
    ...dropped,
    ...none.map(({ host, reason, detail }) => ({ host, reason, detail })),
  ];
  const shares = shareAddresses(
    usable.map((each) => (each.found.kind === 'addresses' ? each.found.addresses : [])),
    settings.maxAddresses,
  );
  const targets = usable.flatMap(({ host }, i) =>
    (shares[i] ?? []).map((address) => ({
      ...targetOf(search, host, address, authOf(search, host.host, found)),
      ...(found.port === undefined ? {} : { port: found.port }),
    })),
  );
  if (targets.length === 0) return hostsFailed(search, none, [...found.unusable, ...dropped]);
  const published = hosts.map(({ host }) => host);
  return {
    kind: 'targets',
    domain: search.domain,
    via: found.via,
    dnssec: found.dnssec,
    targets,
    unusable,
    published,
  };
}

/** MX-10: permanent only where every host failed definitively. */
function hostsFailed(
  search: Search,
  none: readonly Extract<HostAddresses, { kind: 'none' }>[],
  others: readonly UnusableHost[],
): Route {
  const unusable = [...others, ...none.map(({ host, reason, detail }) => ({ host, reason, detail }))];
  const [first] = none;
  if (first === undefined)
    return unroutable(search, 'mail-loop', 'no mail host is better than the sending one', unusable);
  const detail = none.map((each) => each.detail).join('; ');
  const definitive = ['dns-nxdomain', 'no-usable-host'];
  const passing = none.find((each) => !definitive.includes(each.reason));
  if (passing === undefined) return unroutable(search, 'no-usable-host', detail, unusable);
  const reason = passing.reason === 'address-not-allowed' ? passing.reason : 'host-unresolved';
  return unroutable(search, reason, detail, unusable);
}

/** MX-20: what vouches for the name of the host. */
function authOf(search: Search, host: string, found: FoundHosts): MxAuth {
  if (search.plan.mxAllowed?.includes(host) === true) return 'pinned';
  if (found.via === 'implicit' || found.via === 'direct') return 'implicit';
  return found.dnssec === 'secure' ? 'dnssec' : 'none';
}

function targetOf(search: Search, host: MxHost, address: string, mxAuth: MxAuth): Target {
  return { ...host, address, port: search.settings.port, tls: 'starttls', mxAuth, auth: null };
}
