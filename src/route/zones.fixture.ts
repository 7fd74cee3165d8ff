/** A resolver of plain data for the tests of this folder. */
import { createContext } from '../core/context.js';
import type { DnsAnswer, DnsFailure, Dnssec, MxRecord, Resolver } from '../dns/resolver.js';
import type { Level } from '../policy/plan.js';
import type { RouteOptions } from './options.js';
import { resolveRoute } from './resolve.js';
import type { ConfiguredRoute, Route } from './route.js';

export const FAILURES: readonly DnsFailure[] = [
  'servfail',
  'refused',
  'notimp',
  'timeout',
  'malformed',
  'alias-loop',
  'bogus',
];

export interface Zone {
  /** `10 a.test` */
  readonly mx?: readonly string[] | 'nxdomain' | DnsFailure;
  readonly a?: readonly string[] | 'nxdomain' | DnsFailure;
  readonly aaaa?: readonly string[] | 'nxdomain' | DnsFailure;
  readonly dnssec?: Dnssec;
}

function answer<T>(rows: readonly T[] | 'nxdomain' | DnsFailure | undefined, dnssec: Dnssec): DnsAnswer<T> {
  if (rows === undefined) return { kind: 'nodata', dnssec };
  if (rows === 'nxdomain') return { kind: 'nxdomain', dnssec };
  return typeof rows === 'string'
    ? { kind: 'failed', failure: rows }
    : { kind: 'found', records: rows, dnssec };
}

/** A resolver of plain data that notes each question; what is not listed does not exist. */
export function zones(data: Readonly<Record<string, Zone>>): Resolver & { readonly asked: string[] } {
  const asked: string[] = [];
  const at = (name: string): Zone => data[name] ?? { mx: 'nxdomain', a: 'nxdomain', aaaa: 'nxdomain' };
  return {
    name: 'zones',
    asked,
    mx: (domain) => {
      asked.push(`MX ${domain}`);
      const { mx, dnssec = 'insecure' } = at(domain);
      if (typeof mx === 'string' || mx === undefined) return Promise.resolve(answer<MxRecord>(mx, dnssec));
      const records = mx.map((row): MxRecord => {
        const [preference = '', exchange = ''] = row.split(' ');
        return { preference: Number(preference), exchange };
      });
      return Promise.resolve(answer(records, dnssec));
    },
    addresses: (host, family) => {
      asked.push(`${family === 4 ? 'A' : 'AAAA'} ${host}`);
      const { a, aaaa, dnssec = 'insecure' } = at(host);
      return Promise.resolve(answer(family === 4 ? a : aaaa, dnssec));
    },
    cname: () => Promise.resolve({ kind: 'nodata', dnssec: 'insecure' }),
  };
}

export interface Asking {
  readonly level?: Level;
  readonly mxAllowed?: readonly string[];
  readonly pins?: readonly string[];
  readonly configured?: ConfiguredRoute;
}

export function resolve(
  domain: string,
  resolver: Resolver,
  { level = 'verified', mxAllowed, pins, configured }: Asking = {},
  options: RouteOptions = {},
): Promise<Route> {
  const trust = {
    store: null,
    include: null,
    exclude: [],
    issuer: null,
    pins: pins ?? null,
    mustStaple: false,
  };
  const plan = { level, mxAllowed: mxAllowed ?? null, trust };
  return resolveRoute({ domain, plan, configured: configured ?? null }, options, resolver, createContext());
}

export const reasonOf = (route: Route): string => (route.kind === 'unroutable' ? route.reason : 'none');
export const addressesOf = (route: Route): string[] =>
  route.kind === 'targets' ? route.targets.map(({ host, address }) => `${host} ${address}`) : [];
