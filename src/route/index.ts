/**
 * From a domain to the addresses of its mail servers, and the DNS behind it.
 * @module
 */
export type { Family, RouteOptions } from './options.js';
export { resolveRoute, type RouteRequest } from './resolve.js';
export type { RoutePlan } from './resolving.js';
export type { ConfiguredRoute, MxAuth, Route, Target, UnusableHost, Via } from './route.js';
export { parseConfiguredRoute } from './configured.js';
export {
  type ConfirmationOptions,
  createPermanentDnsConfirmation,
  type PermanentDnsConfirmation,
} from './confirmation.js';
export { type HostOrder, type MxHost, orderHosts, type OrderOptions } from './order.js';
export { warnNullMxSender } from './sender-domain.js';
export {
  type AddressAllowance,
  type AddressJudgement,
  type CachedResolver,
  type CacheOptions,
  cacheResolver,
  createSystemResolver,
  type DnsAnswer,
  type DnsFailure,
  type Dnssec,
  judgeAddress,
  type MxRecord,
  type Network,
  type PtrResolver,
  type Resolver,
  type SystemResolverOptions,
  type TxtResolver,
} from '../dns/index.js';
