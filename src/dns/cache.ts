/**
 * Keeps answers of a resolver for as long as the zone allows, and asks an equal question only once at a time.
 *
 *   found, nodata, nxdomain   kept for their TTL; without a TTL not at all (MX-14)
 *   servfail                  kept for `failureMs`, at most 5 minutes (RFC 2308 §7.1)
 *   other failures            not kept
 *
 * Answers are kept by name, type and resolver. An answer from here carries the rest of its TTL. When wall time jumps
 * back behind the moment of storing, the answer counts as old. Bounded: the least recently used answers go first.
 * Failure: a caller that is called off leaves; the question is called off when its last caller has left.
 */
import type { Context } from '../core/context.js';
import { ConfigError } from '../core/errors.js';
import { keepNewest } from '../core/newest.js';
import { refuseUnknownOptions } from '../core/options.js';
import type { DnsAnswer, PtrResolver, Resolver, TxtResolver } from './resolver.js';

/** Options of {@link cacheResolver}. */
export interface CacheOptions {
  /** Most answers that are kept; default 10 000. */
  readonly max?: number;
  /** How long a server failure is remembered, in milliseconds; default 30 000, at most 300 000. */
  readonly failureMs?: number;
}

// RFC 8767 §4: no sane TTL is longer than a week; a day is plenty for mail.
const LONGEST_MS = 86_400_000;
const LONGEST_FAILURE_MS = 300_000;

type Answer = DnsAnswer<unknown>;

interface Kept {
  readonly answer: Answer;
  readonly storedAt: number;
  readonly lastsMs: number;
}

interface Asked {
  readonly answer: Promise<Answer>;
  readonly controller: AbortController;
  callers: number;
}

interface Cache {
  readonly max: number;
  readonly failureMs: number;
  readonly kept: Map<string, Kept>;
  readonly asked: Map<string, Asked>;
}

/** Milliseconds for which an answer may be kept (MX-14); `failureMs` is that of a server failure. */
export function lifetimeOf(answer: Answer, failureMs: number): number {
  if (answer.kind === 'failed') return answer.failure === 'servfail' ? failureMs : 0;
  // An answer that failed validation is not worth keeping, and one without TTL must not be (MX-14).
  if (answer.dnssec === 'bogus' || answer.ttl === undefined || !(answer.ttl > 0)) return 0;
  return Math.min(answer.ttl * 1000, LONGEST_MS);
}

function store(cache: Cache, key: string, answer: Answer, now: number): void {
  const lastsMs = lifetimeOf(answer, cache.failureMs);
  if (lastsMs <= 0) return;
  keepNewest(cache.kept, key, { answer, storedAt: now, lastsMs }, cache.max);
}

function recall(cache: Cache, key: string, now: number): Answer | null {
  const kept = cache.kept.get(key);
  if (kept === undefined) return null;
  const age = now - kept.storedAt;
  cache.kept.delete(key);
  if (age < 0 || age >= kept.lastsMs) return null;
  // A Map keeps the order of insertion: what was used last stands last.
  cache.kept.set(key, kept);
  const { answer } = kept;
  if (answer.kind === 'failed') return answer;
  return { ...answer, ttl: Math.floor((kept.lastsMs - age) / 1000) };
}

/** Starts a question that may be shared; it lives as long as anybody waits for it. */
function startAsking(cache: Cache, key: string, ask: (ctx: Context) => Promise<Answer>, ctx: Context): Asked {
  const controller = new AbortController();
  const shared: Context = { clock: ctx.clock, signal: controller.signal };
  const answer = ask(shared).then(
    (value) => {
      forget();
      store(cache, key, value, ctx.clock.now());
      return value;
    },
    (error: unknown) => {
      forget();
      throw error;
    },
  );
  const asked: Asked = { answer, controller, callers: 0 };
  const forget = (): void => {
    if (cache.asked.get(key) === asked) cache.asked.delete(key);
  };
  cache.asked.set(key, asked);
  return asked;
}

/** Waits for a shared question as one of its callers. */
function join(cache: Cache, key: string, asked: Asked, ctx: Context): Promise<Answer> {
  asked.callers += 1;
  return new Promise<Answer>((resolve, reject) => {
    const leave = (): void => {
      asked.callers -= 1;
      if (asked.callers === 0) {
        // Nobody may join a question that is being called off.
        if (cache.asked.get(key) === asked) cache.asked.delete(key);
        asked.controller.abort(ctx.signal.reason);
      }
      reject(ctx.signal.reason);
    };
    ctx.signal.addEventListener('abort', leave, { once: true });
    const done = (): void => ctx.signal.removeEventListener('abort', leave);
    asked.answer.then(
      (answer) => {
        done();
        resolve(answer);
      },
      (error: unknown) => {
        done();
        reject(error);
      },
    );
  });
}

async function lookup(
  cache: Cache,
  key: string,
  ask: (ctx: Context) => Promise<Answer>,
  ctx: Context,
): Promise<Answer> {
  ctx.signal.throwIfAborted();
  const known = recall(cache, key, ctx.clock.now());
  if (known !== null) return known;
  return join(cache, key, cache.asked.get(key) ?? startAsking(cache, key, ask, ctx), ctx);
}

/** What can be asked of the cache over `R`: what can be asked of `R`. */
export type CachedResolver<R> = Resolver &
  (R extends TxtResolver ? TxtResolver : unknown) &
  (R extends PtrResolver ? PtrResolver : unknown);

/**
 * A resolver that remembers what `resolver` answered, no longer than the answers allow.
 * @throws ConfigError `option-unknown`, `cache-invalid`
 */
export function cacheResolver<R extends Resolver & Partial<TxtResolver & PtrResolver>>(
  resolver: R,
  options: CacheOptions = {},
): CachedResolver<R> {
  refuseUnknownOptions(options, ['max', 'failureMs'], 'cacheResolver');
  const { max = 10_000, failureMs = 30_000 } = options;
  if (!Number.isInteger(max) || max < 1) {
    throw new ConfigError(
      'cache-invalid',
      `cacheResolver: max must be a whole number from 1, got ${String(max)}`,
    );
  }
  if (!(failureMs >= 0 && failureMs <= LONGEST_FAILURE_MS)) {
    throw new ConfigError(
      'cache-invalid',
      `cacheResolver: failureMs must be 0 to ${LONGEST_FAILURE_MS} (RFC 2308 §7.1), got ${String(failureMs)}`,
    );
  }
  const cache: Cache = { max, failureMs, kept: new Map(), asked: new Map() };
  const cached = <T>(
    type: string,
    name: string,
    ask: (ctx: Context) => Promise<DnsAnswer<T>>,
    ctx: Context,
  ): Promise<DnsAnswer<T>> =>
    // The key holds the type of the question, so what comes back is of the type that was asked for.
    lookup(cache, `${type}/${name.toLowerCase()}/${resolver.name}`, ask, ctx) as Promise<DnsAnswer<T>>;
  const basic: Resolver = {
    name: resolver.name,
    mx: (domain, ctx) => cached('MX', domain, (shared) => resolver.mx(domain, shared), ctx),
    addresses: (host, family, ctx) =>
      cached(family === 4 ? 'A' : 'AAAA', host, (shared) => resolver.addresses(host, family, shared), ctx),
    cname: (name, ctx) => cached('CNAME', name, (shared) => resolver.cname(name, shared), ctx),
  };
  const { txt, ptr } = resolver;
  const more: Partial<TxtResolver & PtrResolver> = {
    ...(txt && {
      txt: (name, ctx) => cached('TXT', name, (shared) => txt.call(resolver, name, shared), ctx),
    }),
    ...(ptr && {
      ptr: (name, ctx) => cached('PTR', name, (shared) => ptr.call(resolver, name, shared), ctx),
    }),
  };
  return { ...basic, ...more } as CachedResolver<R>;
}
