/**
 * What the host may choose about the way of its mail, checked once and turned into the form in which it is used.
 * Failure: a ConfigError that says what was expected.
 */
import { canonicalDomain } from '../core/domain.js';
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import type { AddressAllowance } from '../dns/address-guard.js';
import { type Network, parseIp, parseNetwork } from '../dns/ip.js';
import type { PermanentDnsConfirmation } from './confirmation.js';

/** An address family. */
export type Family = 'ipv4' | 'ipv6';

/** Options of resolving a route; all have a default. */
export interface RouteOptions {
  /** Families in the order of preference; addresses alternate. One alone is never left for the other. Default `['ipv6', 'ipv4']`. */
  readonly families?: readonly Family[];
  /** Port of mail servers found by MX. Default 25. */
  readonly port?: number;
  /** Names by which the sending host is known (MX-17). */
  readonly ownNames?: readonly string[];
  /** Addresses by which the sending host is known (MX-17). */
  readonly ownAddresses?: readonly string[];
  /** Most hosts that are tried. Default 5 (MX-16). */
  readonly maxHosts?: number;
  /** Most addresses that are tried, over all hosts; each host gets its share. Default 10 (MX-16). */
  readonly maxAddresses?: number;
  /** Private and reserved addresses that DNS may lead to: all (`true`), or these addresses and networks. Default none. */
  readonly allowPrivateAddresses?: boolean | readonly string[];
  /** From 0 up to 1; orders hosts of equal preference. Default `Math.random`. */
  readonly random?: () => number;
  /** Believe "no such domain" and null MX of enforced domains only when they stay (AT-31). Default: at once. */
  readonly confirmPermanentDns?: PermanentDnsConfirmation | null;
}

/** Options in the form in which they are used. */
export interface RouteSettings {
  readonly families: readonly Family[];
  readonly port: number;
  readonly ownNames: readonly string[];
  readonly ownNetworks: readonly Network[];
  readonly maxHosts: number;
  readonly maxAddresses: number;
  readonly allowed: AddressAllowance;
  readonly random: () => number;
  readonly confirmation: PermanentDnsConfirmation | null;
}

const KEYS: readonly (keyof RouteOptions)[] = [
  'families',
  'port',
  'ownNames',
  'ownAddresses',
  'maxHosts',
  'maxAddresses',
  'allowPrivateAddresses',
  'random',
  'confirmPermanentDns',
];

function invalid(where: string, expected: string, got: unknown): ConfigError {
  return new ConfigError(
    'route-invalid',
    `${where}: expected ${expected}, got ${JSON.stringify(got) ?? String(got)}`,
  );
}

/** A port; what came is quoted where it is none. */
export function parsePort(value: unknown, where: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535) return value;
  throw invalid(where, 'a port from 1 to 65535', value);
}

function parseCount(value: number, most: number, where: string): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw invalid(where, `a whole number from 1 to ${most}`, value);
}

function parseFamilies(families: readonly Family[]): readonly Family[] {
  const isKnown = families.every((family) => family === 'ipv4' || family === 'ipv6');
  if (isKnown && families.length > 0 && new Set(families).size === families.length) return families;
  throw invalid('families', '"ipv4", "ipv6" or both, each once', families);
}

function parseOwnName(name: string): string {
  const canonical = canonicalDomain(name);
  if (canonical !== null) return canonical;
  throw invalid('ownNames', 'host names (addresses go into ownAddresses)', name);
}

function parseOwnAddress(address: string): Network {
  if (parseIp(address) !== null) return parseNetwork(address, 'ownAddresses');
  throw invalid('ownAddresses', 'IP addresses', address);
}

/**
 * Checks the options and fills in what is not given.
 * @throws ConfigError `option-unknown`, `route-invalid`, `network-invalid`
 */
export function parseRouteOptions(options: RouteOptions): RouteSettings {
  refuseUnknownOptions(options, KEYS, 'route');
  const allowed = options.allowPrivateAddresses ?? false;
  return {
    families: parseFamilies(options.families ?? ['ipv6', 'ipv4']),
    port: parsePort(options.port ?? 25, 'port'),
    ownNames: (options.ownNames ?? []).map(parseOwnName),
    ownNetworks: (options.ownAddresses ?? []).map(parseOwnAddress),
    maxHosts: parseCount(options.maxHosts ?? 5, 50, 'maxHosts'),
    maxAddresses: parseCount(options.maxAddresses ?? 10, 100, 'maxAddresses'),
    allowed:
      typeof allowed === 'boolean'
        ? allowed
        : allowed.map((text) => parseNetwork(text, 'allowPrivateAddresses')),
    random: options.random ?? Math.random,
    confirmation: options.confirmPermanentDns ?? null,
  };
}
