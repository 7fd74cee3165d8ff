/**
 * Routes that the host wrote down: they replace the MX records of the domain, and the address guard does not apply,
 * because nobody else chose where they lead.
 *
 *   direct   the addresses of the domain itself, for domains that publish no MX on purpose (MX-5, SM-16)
 *   relay    one host that takes all mail for the domain; its certificate must carry `verifyAs` or its name (MX-4)
 *
 * Failure: of `direct`, what DNS says of the domain; of `relay`, always temporary, because a name that the sending side
 * wrote down wrongly is not the fault of the recipient.
 * Standards: RFC 5321 §5.1, RFC 8314 §7.3.
 */
import type { Context } from '../core/context.js';
import { describeReason } from '../core/reasons.js';
import { parseIp } from '../dns/ip.js';
import { type HostAddresses, lookupAddresses } from './addresses.js';
import { parseConfiguredRoute } from './configured.js';
import { type Resolving, unroutable } from './resolving.js';
import type { ConfiguredRoute, Route, Target } from './route.js';

type Relay = Extract<ConfiguredRoute, { type: 'relay' }>;

/** Makes the route that is written down. */
export function routeConfigured(
  configured: ConfiguredRoute,
  resolving: Resolving,
  ctx: Context,
): Promise<Route> {
  const route = parseConfiguredRoute(configured, `route of ${resolving.domain}`);
  return route.type === 'relay' ? routeRelay(route, resolving, ctx) : routeDirect(route.port, resolving, ctx);
}

async function routeDirect(port: number | undefined, resolving: Resolving, ctx: Context): Promise<Route> {
  const { domain, settings, resolver } = resolving;
  const found = await lookupAddresses(domain, settings, resolver, ctx, false);
  if (found.kind === 'none') return unroutable(domain, found.reason, found.detail);
  const endpoint = { host: domain, port: port ?? settings.port, tls: 'starttls', auth: null } as const;
  return routeAddresses('direct', endpoint, found, resolving);
}

/** The port for relays: TLS from the first byte on 465, logins on 587, other mail on 25 (RFC 8314 §7.3, RFC 6409 §3.1). */
function relayPort({ port, tls, auth }: Relay): number {
  if (port !== undefined) return port;
  if (tls === 'implicit') return 465;
  return auth === undefined ? 25 : 587;
}

async function routeRelay(relay: Relay, resolving: Resolving, ctx: Context): Promise<Route> {
  const { domain, settings, resolver } = resolving;
  const found: HostAddresses =
    parseIp(relay.host) === null
      ? await lookupAddresses(relay.host, settings, resolver, ctx, false)
      : {
          kind: 'addresses',
          host: relay.host,
          addresses: [relay.host],
          own: false,
          lastsMs: Number.POSITIVE_INFINITY,
        };
  if (found.kind === 'none') {
    const isTemporary = describeReason(found.reason).effect === 'retry';
    return unroutable(domain, isTemporary ? found.reason : 'host-unresolved', `the relay: ${found.detail}`);
  }
  const port = relayPort(relay);
  const endpoint = {
    host: relay.verifyAs ?? relay.host,
    port,
    tls: relay.tls ?? (port === 465 ? 'implicit' : 'starttls'),
    auth: relay.auth ?? null,
  } as const;
  return routeAddresses('relay', endpoint, found, resolving);
}

function routeAddresses(
  via: 'direct' | 'relay',
  endpoint: Pick<Target, 'host' | 'port' | 'tls' | 'auth'>,
  { addresses, lastsMs }: Extract<HostAddresses, { kind: 'addresses' }>,
  { domain, plan, settings, askedAt }: Resolving,
): Route {
  const mxAuth = plan.mxAllowed?.includes(endpoint.host) === true ? 'pinned' : 'configured';
  const targets = addresses
    .slice(0, settings.maxAddresses)
    .map((address): Target => ({ ...endpoint, address, preference: 0, mxAuth }));
  return {
    kind: 'targets',
    domain,
    via,
    dnssec: 'unknown',
    targets,
    unusable: [],
    published: [endpoint.host],
    holdsUntil: askedAt + lastsMs,
  };
}
