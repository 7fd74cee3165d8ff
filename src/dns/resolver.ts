/**
 * What a resolver answers, in values that keep apart what RFC 5321 §5.1 treats apart: records, a name without such
 * records, no such name, and not knowing. `failed` is never read as "none" (MX-8).
 */
import type { Context } from '../core/context.js';

/** Whether the answer was protected by DNSSEC; `unknown`: this resolver cannot tell. */
export type Dnssec = 'secure' | 'insecure' | 'bogus' | 'unknown';

/** Why there is no answer; each is temporary (MX-8). */
export type DnsFailure = 'servfail' | 'refused' | 'notimp' | 'timeout' | 'malformed' | 'alias-loop' | 'bogus';

/** One answer. */
export type DnsAnswer<T> =
  | {
      readonly kind: 'found';
      readonly records: readonly T[];
      /** Seconds for which the answer may be kept; absent: not known, do not keep (MX-14). */
      readonly ttl?: number;
      readonly dnssec: Dnssec;
    }
  | { readonly kind: 'nodata'; readonly ttl?: number; readonly dnssec: Dnssec }
  | { readonly kind: 'nxdomain'; readonly ttl?: number; readonly dnssec: Dnssec }
  | { readonly kind: 'failed'; readonly failure: DnsFailure; readonly detail?: string };

/** One MX record; the exchange is as published (not yet canonical), the root is `''`. */
export interface MxRecord {
  readonly preference: number;
  readonly exchange: string;
}

/** Asks the DNS. Never throws for what the DNS says; rejects only when the context is called off. */
export interface Resolver {
  readonly name: string;
  mx(domain: string, ctx: Context): Promise<DnsAnswer<MxRecord>>;
  /** A (4) or AAAA (6) records in the order of the answer. */
  addresses(host: string, family: 4 | 6, ctx: Context): Promise<DnsAnswer<string>>;
  /** The CNAME at exactly this name: `nodata` where the name is no alias. */
  cname(name: string, ctx: Context): Promise<DnsAnswer<string>>;
}

/** Asks for text records: each is one record, its strings joined without spaces (RFC 7208 §3.3); one character is one octet. */
export interface TxtResolver {
  txt(name: string, ctx: Context): Promise<DnsAnswer<string>>;
}

/** Asks for the names of an address. `name` is the one below in-addr.arpa or ip6.arpa (RFC 1035 §3.5, RFC 3596 §2.5). */
export interface PtrResolver {
  ptr(name: string, ctx: Context): Promise<DnsAnswer<string>>;
}
