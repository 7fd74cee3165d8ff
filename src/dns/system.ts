/**
 * The resolver of this machine, on `node:dns`. It asks for exactly the name that it is given: no search list, no hosts
 * file, no guess (MX-1). It cannot see DNSSEC, so its answers are `unknown`; it knows no TTL of MX answers, so nothing
 * keeps those (MX-14).
 *
 * Each question has a resolver of node:dns to itself, so that a time-out or a call-off ends this question alone. Making one
 * costs more than asking, so one that was answered is used again within a second; a changed /etc/resolv.conf counts after
 * that. Over UDP, and over TCP where an answer was truncated.
 * An empty MX list is an alias whose target the server left out: the aliases are then followed by own questions (MX-6).
 * Failure: what the DNS says is a value; only a call-off rejects.
 * Standards: RFC 1035, RFC 2308, RFC 5321 §5.1.
 */
import { Resolver as NodeResolver } from 'node:dns/promises';
import { type Context, within } from '../core/context.js';
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { followAliases } from './alias.js';
import type { DnsAnswer, DnsFailure, MxRecord, PtrResolver, Resolver, TxtResolver } from './resolver.js';

/** Options of {@link createSystemResolver}. */
export interface SystemResolverOptions {
  /** Name servers to ask, as `address` or `address:port`; default: those of the operating system. */
  readonly servers?: readonly string[];
  /** Longest time for one question with all its repetitions, in milliseconds; default 15 000. */
  readonly timeoutMs?: number;
  /** How often each server is asked, each time waiting twice as long; 1 to 10, default 3. */
  readonly tries?: number;
}

// node:dns (c-ares) code -> what it means here. Whatever is not listed is a failure too: `servfail`.
const FAILURES: Readonly<Record<string, DnsFailure>> = {
  ESERVFAIL: 'servfail',
  EREFUSED: 'refused',
  // No name server listens at the address: the same people can mend it.
  ECONNREFUSED: 'refused',
  ENOTIMP: 'notimp',
  ETIMEOUT: 'timeout',
  EFORMERR: 'malformed',
  EBADRESP: 'malformed',
  EBADNAME: 'malformed',
  EBADQUERY: 'malformed',
};

class QuestionTimeout extends Error {}

/** Turns a rejection of node:dns into an answer. */
function readFailure<T>(error: unknown): DnsAnswer<T> {
  if (error instanceof QuestionTimeout) return { kind: 'failed', failure: 'timeout' };
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENODATA') return { kind: 'nodata', dnssec: 'unknown' };
  if (code === 'ENOTFOUND') return { kind: 'nxdomain', dnssec: 'unknown' };
  return {
    kind: 'failed',
    failure: FAILURES[code] ?? 'servfail',
    detail: code === '' ? String(error) : code,
  };
}

interface Asking {
  readonly idle: { readonly dns: NodeResolver; readonly since: number }[];
  readonly servers: readonly string[] | null;
  readonly timeoutMs: number;
  readonly tries: number;
}

/** One question over a resolver of its own. */
async function askOnce<T, R>(
  question: (dns: NodeResolver) => Promise<R[]>,
  read: (rows: readonly R[]) => DnsAnswer<T>,
  asking: Asking,
  ctx: Context,
): Promise<DnsAnswer<T>> {
  ctx.signal.throwIfAborted();
  const dns = takeResolver(asking, ctx.clock.now());
  try {
    const rows = await within(
      question(dns),
      asking.timeoutMs,
      ctx,
      () => new QuestionTimeout('no answer in time'),
    );
    leaveResolver(dns, asking, ctx.clock.now());
    return read(rows);
  } catch (error) {
    dns.cancel();
    ctx.signal.throwIfAborted();
    const answer = readFailure<T>(error);
    if (answer.kind !== 'failed') leaveResolver(dns, asking, ctx.clock.now());
    return answer;
  }
}

const IDLE_MS = 1000;
const MAX_IDLE = 100;

/** One whose question was answered a moment ago, else a new one. */
function takeResolver(asking: Asking, now: number): NodeResolver {
  for (let left = asking.idle.pop(); left !== undefined; left = asking.idle.pop()) {
    if (left.since <= now && now < left.since + IDLE_MS) return left.dns;
    // The others wait for longer.
    asking.idle.length = 0;
  }
  // c-ares doubles the wait with each round, so that the rounds together last about `timeoutMs`.
  const first = Math.max(1, Math.ceil(asking.timeoutMs / (2 ** asking.tries - 1)));
  const dns = new NodeResolver({ timeout: first, tries: asking.tries });
  if (asking.servers !== null) dns.setServers(asking.servers);
  return dns;
}

function leaveResolver(dns: NodeResolver, asking: Asking, now: number): void {
  if (asking.idle.length < MAX_IDLE) asking.idle.push({ dns, since: now });
}

function readMx(rows: readonly { priority: number; exchange: string }[]): DnsAnswer<MxRecord> {
  const records = rows.map((row) => ({ preference: row.priority, exchange: row.exchange }));
  return { kind: 'found', records, dnssec: 'unknown' };
}

function readAddresses(rows: readonly { address: string; ttl: number }[]): DnsAnswer<string> {
  // An alias whose target has no such address.
  if (rows.length === 0) return { kind: 'nodata', dnssec: 'unknown' };
  // RFC 2181 §5.2: where the TTLs of a set differ, the least holds.
  const ttl = Math.min(...rows.map((row) => row.ttl));
  return { kind: 'found', records: rows.map((row) => row.address), ttl, dnssec: 'unknown' };
}

function readNames(rows: readonly string[]): DnsAnswer<string> {
  // Like an alias that leads to a name without such records.
  return rows.length === 0
    ? { kind: 'nodata', dnssec: 'unknown' }
    : { kind: 'found', records: rows, dnssec: 'unknown' };
}

function readFirst(rows: readonly string[]): DnsAnswer<string> {
  return readNames(rows.slice(0, 1));
}

function readTxt(rows: readonly (readonly string[])[]): DnsAnswer<string> {
  return readNames(rows.map((strings) => strings.join('')));
}

function parseOptions(options: SystemResolverOptions): Asking {
  refuseUnknownOptions(options, ['servers', 'timeoutMs', 'tries'], 'createSystemResolver');
  const { servers, timeoutMs = 15_000, tries = 3 } = options;
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > 600_000) {
    throw new ConfigError(
      'resolver-invalid',
      `createSystemResolver: timeoutMs must be 1 to 600000 milliseconds, got ${String(timeoutMs)}`,
    );
  }
  if (!Number.isInteger(tries) || tries < 1 || tries > 10) {
    throw new ConfigError(
      'resolver-invalid',
      `createSystemResolver: tries must be 1 to 10, got ${String(tries)}`,
    );
  }
  if (servers !== undefined) {
    try {
      new NodeResolver().setServers(servers);
      if (servers.length === 0) throw new Error('the list is empty');
    } catch (cause) {
      throw new ConfigError(
        'resolver-invalid',
        `createSystemResolver: servers must be addresses such as "192.0.2.53" or "[2001:db8::53]:53", got ${JSON.stringify(servers)}`,
        cause,
      );
    }
  }
  return { idle: [], servers: servers ?? null, timeoutMs, tries };
}

/**
 * A resolver that asks the name servers of the operating system, or those that are given.
 * @throws ConfigError `option-unknown`, `resolver-invalid`
 */
export function createSystemResolver(
  options: SystemResolverOptions = {},
): Resolver & TxtResolver & PtrResolver {
  const asking = parseOptions(options);
  const cname = (name: string, ctx: Context): Promise<DnsAnswer<string>> =>
    askOnce((dns) => dns.resolveCname(name), readFirst, asking, ctx);
  return {
    name: asking.servers === null ? 'system' : asking.servers.join(','),
    async mx(domain, ctx) {
      const { answer } = await followAliases<MxRecord>(domain, {
        ask: (name) => askOnce((dns) => dns.resolveMx(name), readMx, asking, ctx),
        cname: (name) => cname(name, ctx),
        isOpen: (open) => open.kind === 'found' && open.records.length === 0,
      });
      const isEmpty = answer.kind === 'found' && answer.records.length === 0;
      return isEmpty ? { kind: 'nodata', dnssec: answer.dnssec } : answer;
    },
    addresses: (host, family, ctx) =>
      family === 4
        ? askOnce((dns) => dns.resolve4(host, { ttl: true }), readAddresses, asking, ctx)
        : askOnce((dns) => dns.resolve6(host, { ttl: true }), readAddresses, asking, ctx),
    cname,
    txt: (name, ctx) => askOnce((dns) => dns.resolveTxt(name), readTxt, asking, ctx),
    ptr: (name, ctx) => askOnce((dns) => dns.resolvePtr(name), readNames, asking, ctx),
  };
}
