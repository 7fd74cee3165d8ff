/**
 * The way to a domain: hosts in the order in which they are tried, one entry for each of their addresses.
 */
import type { Reason } from '../core/reasons.js';
import type { Dnssec } from '../dns/resolver.js';
import type { Endpoint } from '../smtp/endpoint.js';

/** How far the name of the host can be believed (MX-20). */
export type MxAuth = 'pinned' | 'dnssec' | 'mta-sts' | 'implicit' | 'configured' | 'none';

/** One address to try. */
export interface Target extends Endpoint {
  readonly preference: number;
  readonly mxAuth: MxAuth;
  /** Set for a relay that wants a login (ST-18). */
  readonly auth: { readonly user: string; readonly pass: string } | null;
}

/** How the way was found. */
export type Via = 'mx' | 'implicit' | 'direct' | 'literal' | 'relay';

/** A host that was named but cannot be tried, and why. */
export interface UnusableHost {
  readonly host: string;
  readonly reason: Reason;
  readonly detail: string;
}

/** What resolving a domain gives: targets to try in order, or the reason why there are none. */
export type Route =
  | {
      readonly kind: 'targets';
      readonly domain: string;
      readonly via: Via;
      readonly dnssec: Dnssec;
      readonly targets: readonly Target[];
      readonly unusable: readonly UnusableHost[];
      /** Names of all hosts as published, for the record. */
      readonly published: readonly string[];
      /**
       * Milliseconds since the epoch: until then DNS would say the same again (MX-14). The moment of asking where some
       * answer may not be kept.
       */
      readonly holdsUntil: number;
    }
  | {
      readonly kind: 'unroutable';
      readonly domain: string;
      readonly reason: Reason;
      readonly detail: string;
      readonly unusable: readonly UnusableHost[];
    };

/** A route that the host wrote down for a domain, instead of its MX records. */
export type ConfiguredRoute =
  /** The domain's own addresses, no MX lookup (MX-5, SecureMail SM-16). */
  | { readonly type: 'direct'; readonly port?: number }
  /** One host that takes all mail for the domain (MX-4). */
  | {
      readonly type: 'relay';
      readonly host: string;
      /** Default 465 with `implicit`, 587 with a login, else 25. */
      readonly port?: number;
      /** Default `implicit` on 465, else `starttls`. */
      readonly tls?: 'starttls' | 'implicit';
      readonly auth?: { readonly user: string; readonly pass: string };
      /** Required where `host` is an IP literal. */
      readonly verifyAs?: string;
    };
