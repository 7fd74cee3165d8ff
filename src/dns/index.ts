/** Names of the folder that other folders use; hosts find them in `enforced-tls/route`. */
export { type AddressAllowance, type AddressJudgement, judgeAddress } from './address-guard.js';
export { type CachedResolver, type CacheOptions, cacheResolver } from './cache.js';
export type { Network } from './ip.js';
export type {
  DnsAnswer,
  DnsFailure,
  Dnssec,
  MxRecord,
  PtrResolver,
  Resolver,
  TxtResolver,
} from './resolver.js';
export { createSystemResolver, type SystemResolverOptions } from './system.js';
