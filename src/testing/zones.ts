/**
 * The DNS of a test as plain data: names with their records, questions that fail, and a list of what was asked. It
 * answers as a recursive resolver does: aliases are followed, a name below which others exist has no data, any other
 * name does not exist.
 * Failure: ConfigError `zone-invalid` for data that make no sense. Standards: RFC 1034 §3.6.2, RFC 5321 §5.1, RFC 7505.
 */
import type { Context } from '../core/context.js';
import { canonicalDomain } from '../core/domain.js';
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import type {
  DnsAnswer,
  DnsFailure,
  Dnssec,
  MxRecord,
  PtrResolver,
  Resolver,
  TxtResolver,
} from '../dns/resolver.js';

/** The records of one name. */
export interface Zone {
  /** Mail servers: names in order of preference (10, 20, ...), or with a preference of their own: `'5 mx.a.example'`. */
  readonly mx?: readonly string[];
  /** RFC 7505: the domain takes no mail. */
  readonly nullMx?: boolean;
  readonly a?: readonly string[];
  readonly aaaa?: readonly string[];
  /** Text records, each whole. */
  readonly txt?: readonly string[];
  /** Names of the address whose reverse name this is (`3.2.0.192.in-addr.arpa`). */
  readonly ptr?: readonly string[];
  /** An alias; it stands alone. */
  readonly cname?: string;
  /** Seconds for which a sender may keep an answer once it has asked (0: not at all); default 300. */
  readonly ttl?: number;
  /** Default `unknown`, as from a resolver that cannot tell. */
  readonly dnssec?: Dnssec;
}

/** Names and their records. */
export type Zones = Readonly<Record<string, Zone>>;

/** Kinds of questions. */
type QuestionKind = 'MX' | 'A' | 'AAAA' | 'CNAME' | 'TXT' | 'PTR';

/** Questions that fail, by name and kind: `{ 'a.example/MX': 'servfail' }`. `*` as kind: all kinds. */
export type Failures = Readonly<Record<string, DnsFailure>>;

/** A resolver over zones. */
export interface ZoneResolver extends Resolver, TxtResolver, PtrResolver {
  /** Every question asked, in order: `a.example/MX`. */
  readonly queries: readonly string[];
  /** Replaces the records of a name; null: there is no such name any more. */
  set(name: string, zone: Zone | null): void;
  /** Lets a question fail from now on, or succeed again (null). */
  fail(question: string, failure: DnsFailure | null): void;
}

const KEYS: readonly (keyof Zone)[] = ['mx', 'nullMx', 'a', 'aaaa', 'txt', 'ptr', 'cname', 'ttl', 'dnssec'];
const MOST_ALIASES = 8;

/**
 * Makes a resolver.
 * @throws ConfigError `zone-invalid`, `option-unknown`
 */
export function createZoneResolver(zones: Zones, failures: Failures = {}): ZoneResolver {
  const names = new Map<string, Zone>();
  const failing = new Map<string, DnsFailure>();
  const queries: string[] = [];
  const set = (name: string, zone: Zone | null): void => {
    if (zone === null) names.delete(keyOf(name));
    else names.set(keyOf(name), checkZone(name, zone));
  };
  const fail = (question: string, failure: DnsFailure | null): void => {
    const key = parseQuestion(question);
    if (failure === null) failing.delete(key);
    else failing.set(key, failure);
  };
  for (const [name, zone] of Object.entries(zones)) set(name, zone);
  for (const [question, failure] of Object.entries(failures)) fail(question, failure);

  const ask = <T>(name: string, kind: QuestionKind, read: (zone: Zone) => readonly T[]): DnsAnswer<T> => {
    queries.push(`${keyOf(name)}/${kind}`);
    let at = keyOf(name);
    for (let hops = 0; hops <= MOST_ALIASES; hops += 1) {
      const failure = failing.get(`${at}/${kind}`) ?? failing.get(`${at}/*`);
      if (failure !== undefined) return { kind: 'failed', failure, detail: 'as the test says' };
      const zone = names.get(at);
      if (zone === undefined) {
        const isAbove = [...names.keys()].some((other) => other.endsWith(`.${at}`));
        return { kind: isAbove ? 'nodata' : 'nxdomain', ttl: 300, dnssec: 'unknown' };
      }
      const facts = { ttl: zone.ttl ?? 300, dnssec: zone.dnssec ?? 'unknown' } as const;
      const records = read(zone);
      if (records.length > 0) return { kind: 'found', records, ...facts };
      if (zone.cname === undefined || kind === 'CNAME') return { kind: 'nodata', ...facts };
      at = keyOf(zone.cname);
    }
    return { kind: 'failed', failure: 'alias-loop', detail: `more than ${MOST_ALIASES} aliases` };
  };
  const answer = <T>(ctx: Context, question: () => DnsAnswer<T>): Promise<DnsAnswer<T>> => {
    if (ctx.signal.aborted) return Promise.reject(ctx.signal.reason as Error);
    return Promise.resolve(question());
  };
  return {
    name: 'zones',
    queries,
    set,
    fail,
    mx: (domain, ctx) => answer(ctx, () => ask(domain, 'MX', readMx)),
    addresses: (host, family, ctx) =>
      answer(ctx, () =>
        family === 4 ? ask(host, 'A', (zone) => zone.a ?? []) : ask(host, 'AAAA', (zone) => zone.aaaa ?? []),
      ),
    cname: (name, ctx) =>
      answer(ctx, () => ask(name, 'CNAME', (zone) => (zone.cname === undefined ? [] : [zone.cname]))),
    txt: (name, ctx) => answer(ctx, () => ask(name, 'TXT', (zone) => zone.txt ?? [])),
    ptr: (name, ctx) => answer(ctx, () => ask(name, 'PTR', (zone) => zone.ptr ?? [])),
  };
}

function keyOf(name: string): string {
  return canonicalDomain(name) ?? name.toLowerCase().replace(/\.$/, '');
}

function readMx(zone: Zone): MxRecord[] {
  const records = (zone.mx ?? []).map((text, index): MxRecord => {
    const [first = '', second] = text.split(' ');
    return second === undefined
      ? { preference: 10 * (index + 1), exchange: first }
      : { preference: Number(first), exchange: second };
  });
  return zone.nullMx === true ? [...records, { preference: 0, exchange: '' }] : records;
}

function checkZone(name: string, zone: Zone): Zone {
  refuseUnknownOptions(zone, KEYS, `zone "${name}"`);
  const { cname, mx, a, aaaa, txt, ptr, nullMx } = zone;
  if (cname !== undefined && (mx ?? a ?? aaaa ?? txt ?? ptr ?? nullMx) !== undefined) {
    throw new ConfigError(
      'zone-invalid',
      `zone "${name}": expected cname alone, got other records beside it`,
    );
  }
  for (const text of mx ?? []) {
    if (!/^(?:\d{1,5} )?\S+$/.test(text)) {
      throw new ConfigError(
        'zone-invalid',
        `zone "${name}": mx: expected a name such as "mx1.${name}" or "10 mx1.${name}", got ${JSON.stringify(text)}`,
      );
    }
  }
  return zone;
}

function parseQuestion(question: string): string {
  const [, name, kind] = /^(.+)\/(MX|A|AAAA|CNAME|TXT|PTR|\*)$/.exec(question) ?? [];
  if (name !== undefined) return `${keyOf(name)}/${kind}`;
  throw new ConfigError(
    'zone-invalid',
    `fail: expected a name and a kind such as "partner.example/MX" (MX, A, AAAA, CNAME, TXT, PTR or *), got ${JSON.stringify(question)}`,
  );
}
