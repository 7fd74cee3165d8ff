/**
 * Reads a route that the host wrote down for a domain. It comes from configuration, perhaps from a JSON file, so nothing
 * about its shape is taken for granted.
 * Failure: a ConfigError that names the place and the nearest word that is known.
 */
import { canonicalDomain, parseDomain } from '../core/domain.js';
import { ConfigError } from '../core/errors.js';
import { nearest, refuseUnknownOptions } from '../core/options.js';
import { parseIp } from '../dns/ip.js';
import { parsePort } from './options.js';
import type { ConfiguredRoute } from './route.js';

type Relay = Extract<ConfiguredRoute, { type: 'relay' }>;

const TYPES = ['direct', 'relay'];
const RELAY_KEYS = ['type', 'host', 'port', 'tls', 'auth', 'verifyAs'];
const TLS_MODES = ['starttls', 'implicit'];

function invalid(where: string, expected: string, got: unknown): ConfigError {
  // `stringify` gives undefined for undefined and for functions.
  const shown = (JSON.stringify(got) as string | undefined) ?? String(got);
  return new ConfigError('route-invalid', `${where}: expected ${expected}, got ${shown.slice(0, 200)}`);
}

/** One of a few words, with a hint where it is nearly one of them. */
function parseWord(value: unknown, known: readonly string[], where: string): string {
  if (typeof value === 'string' && known.includes(value)) return value;
  const near = typeof value === 'string' ? nearest(value, known) : null;
  const hint = near === null ? '' : `; did you mean "${near}"?`;
  throw invalid(where, `${known.map((word) => `"${word}"`).join(' or ')}${hint}`, value);
}

/** A host name in canonical form, or an IP address as it is. */
function parseHost(value: unknown, where: string): string {
  if (typeof value === 'string') {
    if (parseIp(value) !== null) return value.toLowerCase();
    const host = canonicalDomain(value);
    if (host !== null) return host;
  }
  throw invalid(where, 'a host name or an IP address', value);
}

function parseLogin(value: unknown, where: string): { user: string; pass: string } {
  if (typeof value !== 'object' || value === null) {
    throw new ConfigError('route-invalid', `${where}: expected { user, pass }`);
  }
  refuseUnknownOptions(value, ['user', 'pass'], where);
  const { user, pass } = value as { user?: unknown; pass?: unknown };
  // RFC 4616 §2: NUL separates the parts. What came is not quoted: it may be the password.
  const isText = (text: unknown): text is string =>
    typeof text === 'string' && text !== '' && !text.includes('\0');
  if (isText(user) && isText(pass)) return { user, pass };
  throw new ConfigError(
    'route-invalid',
    `${where}: expected user and pass, text that is not empty and holds no NUL`,
  );
}

function parseRelay(value: object, where: string): Relay {
  refuseUnknownOptions(value, RELAY_KEYS, where);
  const given = value as Readonly<Record<string, unknown>>;
  const host = parseHost(given['host'], `${where}.host`);
  const port = given['port'] === undefined ? null : parsePort(given['port'], `${where}.port`);
  const tls = given['tls'] === undefined ? null : parseWord(given['tls'], TLS_MODES, `${where}.tls`);
  const auth = given['auth'] === undefined ? null : parseLogin(given['auth'], `${where}.auth`);
  const verifyAs = given['verifyAs'] === undefined ? null : parseHost(given['verifyAs'], `${where}.verifyAs`);
  if (parseIp(host) !== null && verifyAs === null) {
    throw new ConfigError(
      'route-needs-verify-as',
      `${where}: ${host} is an address, and certificates carry names: add verifyAs with the name (or address) that the certificate must carry`,
    );
  }
  if (parseIp(host) === null) parseDomain(host, `${where}.host`);
  return {
    type: 'relay',
    host,
    ...(port === null ? {} : { port }),
    ...(tls === null ? {} : { tls: tls === 'implicit' ? 'implicit' : 'starttls' }),
    ...(auth === null ? {} : { auth }),
    ...(verifyAs === null ? {} : { verifyAs }),
  };
}

/**
 * A configured route in canonical form; `where` is named in errors.
 * @throws ConfigError `route-invalid`, `route-needs-verify-as`, `option-unknown`, `domain-invalid`
 */
export function parseConfiguredRoute(value: unknown, where = 'route'): ConfiguredRoute {
  if (typeof value !== 'object' || value === null) {
    throw invalid(where, '{ type: "direct" } or { type: "relay", host }', value);
  }
  const type = parseWord((value as { type?: unknown }).type, TYPES, `${where}.type`);
  if (type === 'relay') return parseRelay(value, where);
  refuseUnknownOptions(value, ['type', 'port'], where);
  const { port } = value as { port?: unknown };
  return { type: 'direct', ...(port === undefined ? {} : { port: parsePort(port, `${where}.port`) }) };
}
