import { describe, expect, it } from 'vitest';
import { type Context, createContext } from '../core/context.js';
import { cacheResolver, type CacheOptions } from './cache.js';
import type { DnsAnswer, MxRecord, Resolver } from './resolver.js';

interface World {
  readonly resolver: Resolver;
  readonly ctx: Context;
  readonly asked: string[];
  /** Seconds of wall time. */
  now: number;
  say: DnsAnswer<string>;
}

/** A cache over a resolver that says whatever `say` holds. */
function world(say: DnsAnswer<string>, options: CacheOptions = {}, name = 'ns'): World {
  const asked: string[] = [];
  const reply = <T>(question: string, answer: DnsAnswer<T>): Promise<DnsAnswer<T>> => {
    asked.push(question);
    return Promise.resolve(answer);
  };
  const inner: Resolver = {
    name,
    mx: (domain) =>
      reply(`MX ${domain}`, { kind: 'found', records: [], dnssec: 'unknown' } as DnsAnswer<MxRecord>),
    addresses: (host, family) => reply(`${family} ${host}`, state.say),
    cname: (alias) => reply(`CNAME ${alias}`, state.say),
  };
  const clock = { now: (): number => state.now * 1000, after: () => () => undefined };
  const state = {
    resolver: cacheResolver(inner, options),
    ctx: createContext({ clock }),
    asked,
    now: 1000,
    say,
  };
  return state;
}

const found = (ttl?: number): DnsAnswer<string> => ({
  kind: 'found',
  records: ['192.0.2.1'],
  dnssec: 'insecure',
  ...(ttl === undefined ? {} : { ttl }),
});

describe('how long answers are kept', () => {
  it('MX-14: for their TTL and not a second longer; the rest of it is told', async () => {
    const w = world(found(60));
    await w.resolver.addresses('a.test', 4, w.ctx);
    w.now += 59;
    expect(await w.resolver.addresses('A.Test', 4, w.ctx)).toEqual({ ...found(60), ttl: 1 });
    expect(w.asked).toHaveLength(1);
    w.now += 1;
    expect(await w.resolver.addresses('a.test', 4, w.ctx)).toEqual(found(60));
    expect(w.asked).toHaveLength(2);
  });

  it('MX-14: use does not prolong the life of an answer', async () => {
    const w = world(found(60));
    for (let i = 0; i < 7; i += 1) {
      await w.resolver.addresses('a.test', 4, w.ctx);
      w.now += 10;
    }
    expect(w.asked).toHaveLength(2);
  });

  it('MX-14: answers without a TTL, and with a TTL of zero, are not kept', async () => {
    for (const answer of [found(), found(0)]) {
      const w = world(answer);
      await w.resolver.addresses('a.test', 4, w.ctx);
      await w.resolver.addresses('a.test', 4, w.ctx);
      expect(w.asked).toHaveLength(2);
    }
    const w = world(found(60));
    await w.resolver.mx('p.test', w.ctx);
    await w.resolver.mx('p.test', w.ctx);
    expect(w.asked).toEqual(['MX p.test', 'MX p.test']);
  });

  it('MX-14: absences are kept for their TTL too', async () => {
    for (const kind of ['nodata', 'nxdomain'] as const) {
      const w = world({ kind, ttl: 30, dnssec: 'insecure' });
      await w.resolver.addresses('a.test', 4, w.ctx);
      w.now += 29;
      expect(await w.resolver.addresses('a.test', 4, w.ctx)).toMatchObject({ kind });
      expect(w.asked).toHaveLength(1);
      w.now += 1;
      await w.resolver.addresses('a.test', 4, w.ctx);
      expect(w.asked).toHaveLength(2);
    }
  });

  it('MX-14: a server failure is kept at most five minutes', async () => {
    const w = world({ kind: 'failed', failure: 'servfail' }, { failureMs: 300_000 });
    await w.resolver.addresses('a.test', 4, w.ctx);
    w.now += 299;
    await w.resolver.addresses('a.test', 4, w.ctx);
    expect(w.asked).toHaveLength(1);
    w.now += 1;
    await w.resolver.addresses('a.test', 4, w.ctx);
    expect(w.asked).toHaveLength(2);
    expect(() => world(found(), { failureMs: 300_001 })).toThrow(
      expect.objectContaining({ code: 'cache-invalid' }),
    );
  });

  it('MX-14: a server failure is kept per name and type', async () => {
    const w = world({ kind: 'failed', failure: 'servfail' });
    await w.resolver.addresses('a.test', 4, w.ctx);
    await w.resolver.addresses('a.test', 6, w.ctx);
    await w.resolver.cname('a.test', w.ctx);
    await w.resolver.addresses('b.test', 4, w.ctx);
    expect(w.asked).toEqual(['4 a.test', '6 a.test', 'CNAME a.test', '4 b.test']);
  });

  it.each(['timeout', 'refused', 'malformed', 'alias-loop', 'bogus', 'notimp'] as const)(
    'MX-14: the failure `%s` is not kept',
    async (failure) => {
      const w = world({ kind: 'failed', failure });
      await w.resolver.addresses('a.test', 4, w.ctx);
      await w.resolver.addresses('a.test', 4, w.ctx);
      expect(w.asked).toHaveLength(2);
    },
  );

  it('MX-14: what failed validation is not kept', async () => {
    const w = world({ kind: 'found', records: ['192.0.2.1'], ttl: 60, dnssec: 'bogus' });
    await w.resolver.addresses('a.test', 4, w.ctx);
    await w.resolver.addresses('a.test', 4, w.ctx);
    expect(w.asked).toHaveLength(2);
  });

  it('MX-14, Q-27: when wall time jumps back behind an answer, it counts as old', async () => {
    const w = world(found(60));
    await w.resolver.addresses('a.test', 4, w.ctx);
    w.now -= 1;
    await w.resolver.addresses('a.test', 4, w.ctx);
    expect(w.asked).toHaveLength(2);
  });

  it('MX-14: no TTL keeps an answer longer than a day', async () => {
    const w = world(found(2_000_000));
    await w.resolver.addresses('a.test', 4, w.ctx);
    w.now += 86_400;
    await w.resolver.addresses('a.test', 4, w.ctx);
    expect(w.asked).toHaveLength(2);
  });

  it('AT-13: it is bounded, and what was longest unused goes first', async () => {
    const w = world(found(60), { max: 2 });
    for (const host of ['a.test', 'b.test', 'a.test', 'c.test', 'a.test', 'b.test']) {
      await w.resolver.addresses(host, 4, w.ctx);
    }
    expect(w.asked).toEqual(['4 a.test', '4 b.test', '4 c.test', '4 b.test']);
  });

  it.each([{ max: 0 }, { max: 1.5 }, { failureMs: -1 }, { failureMs: Number.NaN }])(
    'MX-14: %j is refused by a ConfigError',
    (options) => {
      expect(() => world(found(), options)).toThrow(expect.objectContaining({ code: 'cache-invalid' }));
    },
  );
});

describe('equal questions at the same time', () => {
  interface Pending {
    readonly ctx: Context;
    readonly answer: (answer: DnsAnswer<string>) => void;
    readonly fail: (error: Error) => void;
  }

  /** A resolver whose answers the test gives by hand. */
  function slow(): { resolver: Resolver; pending: Pending[] } {
    const pending: Pending[] = [];
    const resolver: Resolver = {
      name: 'slow',
      mx: () => Promise.reject(new Error('not asked here')),
      addresses: (_, __, ctx) =>
        new Promise((resolve, reject) => {
          ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason));
          pending.push({ ctx, answer: resolve, fail: reject });
        }),
      cname: () => Promise.reject(new Error('not asked here')),
    };
    return { resolver: cacheResolver(resolver), pending };
  }

  it('AT-13: are asked once, and all get the answer', async () => {
    const { resolver, pending } = slow();
    const answers = [1, 2, 3].map(() => resolver.addresses('a.test', 4, createContext()));
    expect(pending).toHaveLength(1);
    pending[0]?.answer(found());
    expect(await Promise.all(answers)).toEqual([found(), found(), found()]);
  });

  it('AT-13: one caller who leaves does not take the answer from the others', async () => {
    const { resolver, pending } = slow();
    const leaving = new AbortController();
    const left = resolver.addresses('a.test', 4, createContext({ signal: leaving.signal }));
    const staying = resolver.addresses('a.test', 4, createContext());
    const rejected = expect(left).rejects.toThrow('gone');
    leaving.abort(new Error('gone'));
    await rejected;
    expect(pending[0]?.ctx.signal.aborted).toBe(false);
    pending[0]?.answer(found());
    expect(await staying).toEqual(found());
  });

  it('AT-13: when the last caller has left the question is called off, and the next one asks anew', async () => {
    const { resolver, pending } = slow();
    const leaving = new AbortController();
    const left = resolver.addresses('a.test', 4, createContext({ signal: leaving.signal }));
    const rejected = expect(left).rejects.toThrow('gone');
    leaving.abort(new Error('gone'));
    await rejected;
    expect(pending[0]?.ctx.signal.aborted).toBe(true);
    const next = resolver.addresses('a.test', 4, createContext());
    expect(pending).toHaveLength(2);
    pending[1]?.answer(found());
    expect(await next).toEqual(found());
  });

  it('AT-13: a resolver that rejects is asked again the next time', async () => {
    const { resolver, pending } = slow();
    const first = resolver.addresses('a.test', 4, createContext());
    const rejected = expect(first).rejects.toThrow('broken');
    pending[0]?.fail(new Error('broken'));
    await rejected;
    void resolver.addresses('a.test', 4, createContext());
    expect(pending).toHaveLength(2);
  });

  it('AT-13: who is called off already asks nothing', async () => {
    const { resolver, pending } = slow();
    const signal = AbortSignal.abort(new Error('gone'));
    await expect(resolver.addresses('a.test', 4, createContext({ signal }))).rejects.toThrow('gone');
    expect(pending).toHaveLength(0);
  });
});

describe('text and names of addresses', () => {
  it('MX-14: kept like the rest where the resolver can ask for them, absent where it cannot', async () => {
    const asked: string[] = [];
    const answer: DnsAnswer<string> = { kind: 'found', records: ['x'], ttl: 60, dnssec: 'unknown' };
    const reply = (question: string): Promise<DnsAnswer<string>> => {
      asked.push(question);
      return Promise.resolve(answer);
    };
    const plain = world(found()).resolver;
    const cached = cacheResolver({
      ...plain,
      txt: (name: string) => reply(`TXT ${name}`),
      ptr: (name: string) => reply(`PTR ${name}`),
    });
    const ctx = createContext();
    for (let i = 0; i < 2; i += 1) {
      expect(await cached.txt('a.test', ctx)).toMatchObject({ records: ['x'] });
      expect(await cached.ptr('a.test', ctx)).toMatchObject({ records: ['x'] });
    }
    expect(asked).toEqual(['TXT a.test', 'PTR a.test']);
    expect(cacheResolver(plain)).not.toHaveProperty('txt');
  });
});
