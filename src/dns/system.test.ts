/** The resolver against a small name server on loopback, whose packets are made by dns-packet. */
import type { Answer } from 'dns-packet';
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../core/clock.js';
import { createContext } from '../core/context.js';
import { type NameServer, RCODES, type Reply, startNameServer } from './name-server.fixture.js';
import type { PtrResolver, Resolver, TxtResolver } from './resolver.js';
import { createSystemResolver, type SystemResolverOptions } from './system.js';

const servers: NameServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const mx = (name: string, preference: number, exchange: string): Answer => ({
  name,
  type: 'MX',
  ttl: 60,
  data: { preference, exchange },
});
const cname = (name: string, data: string): Answer => ({ name, type: 'CNAME', ttl: 60, data });
const a = (name: string, data: string, ttl = 60): Answer => ({ name, type: 'A', ttl, data });

const ctx = createContext();

/** A resolver that asks a server of its own; questions without a listed reply are answered with NXDOMAIN. */
async function serve(
  replies: Readonly<Record<string, Reply>>,
  options: { tries?: number } = {},
): Promise<{ resolver: Resolver & TxtResolver & PtrResolver; server: NameServer }> {
  const server = await startNameServer(
    (question, isTcp) => replies[isTcp ? `tcp ${question}` : question] ?? { rcode: RCODES.NXDOMAIN },
  );
  servers.push(server);
  return { server, resolver: createSystemResolver({ servers: [server.address], tries: 1, ...options }) };
}

describe('answers', () => {
  it('MX-6: MX records come as published, with the root as an empty exchange', async () => {
    const { resolver } = await serve({
      'MX p.test': {
        answers: [mx('p.test', 20, 'B.p.test'), mx('p.test', 10, '192.0.2.1'), mx('p.test', 0, '.')],
      },
    });
    const answer = await resolver.mx('p.test', ctx);
    expect(answer).toMatchObject({ kind: 'found', dnssec: 'unknown' });
    expect(answer.kind === 'found' ? answer.records : []).toEqual(
      expect.arrayContaining([
        { preference: 20, exchange: 'B.p.test' },
        { preference: 10, exchange: '192.0.2.1' },
        { preference: 0, exchange: '' },
      ]),
    );
  });

  it('SPF-4: the strings of a text record are joined without spaces, one character is one octet', async () => {
    const txt = { name: 'p.test', type: 'TXT', ttl: 60 };
    const { resolver } = await serve({
      'TXT p.test': {
        answers: [
          { ...txt, data: ['v=spf1 ip4:192.', '0.2.1 -all'] },
          { ...txt, data: [Buffer.from([0xc3, 0xa9])] },
        ],
      },
    });
    const answer = await resolver.txt('p.test', ctx);
    expect(answer.kind === 'found' ? answer.records.toSorted() : answer).toEqual([
      'v=spf1 ip4:192.0.2.1 -all',
      '\u00c3\u00a9',
    ]);
    expect(await resolver.txt('none.test', ctx)).toMatchObject({ kind: 'nxdomain' });
  });

  it('SPF-7: the names of an address', async () => {
    const name = '1.2.0.192.in-addr.arpa';
    const { resolver } = await serve({
      [`PTR ${name}`]: { answers: [{ name, type: 'PTR', ttl: 60, data: 'mail.p.test' }] },
    });
    expect(await resolver.ptr(name, ctx)).toMatchObject({ kind: 'found', records: ['mail.p.test'] });
  });

  it('MX-14: MX answers carry no TTL, because node:dns tells none; addresses carry the least of the set', async () => {
    const { resolver } = await serve({
      'MX p.test': { answers: [mx('p.test', 10, 'a.p.test')] },
      'A a.p.test': { answers: [a('a.p.test', '192.0.2.2', 300), a('a.p.test', '192.0.2.1', 20)] },
    });
    expect(await resolver.mx('p.test', ctx)).not.toHaveProperty('ttl');
    expect(await resolver.addresses('a.p.test', 4, ctx)).toEqual({
      kind: 'found',
      records: ['192.0.2.2', '192.0.2.1'],
      ttl: 20,
      dnssec: 'unknown',
    });
  });

  it('MX-16: IPv6 addresses are asked for by themselves', async () => {
    const { resolver, server } = await serve({
      'AAAA a.test': { answers: [{ name: 'a.test', type: 'AAAA', ttl: 60, data: '2001:db8::1' }] },
    });
    expect(await resolver.addresses('a.test', 6, ctx)).toMatchObject({ records: ['2001:db8::1'] });
    expect(server.asked).toEqual(['AAAA a.test']);
  });

  it('MX-1: a single label is one question, for exactly that name', async () => {
    const { resolver, server } = await serve({});
    expect(await resolver.mx('mail', ctx)).toMatchObject({ kind: 'nxdomain' });
    expect(server.asked).toEqual(['MX mail']);
  });

  it('MX-9: a name that has other records only is `nodata`, and NXDOMAIN is not', async () => {
    const { resolver } = await serve({ 'MX p.test': { answers: [] }, 'A p.test': { answers: [] } });
    expect(await resolver.mx('p.test', ctx)).toEqual({ kind: 'nodata', dnssec: 'unknown' });
    expect(await resolver.addresses('p.test', 4, ctx)).toEqual({ kind: 'nodata', dnssec: 'unknown' });
    expect(await resolver.addresses('q.test', 4, ctx)).toEqual({ kind: 'nxdomain', dnssec: 'unknown' });
  });

  it('MX-6: a truncated answer is asked for again over TCP', async () => {
    const { resolver, server } = await serve({
      'MX p.test': { answers: [], truncated: true },
      'tcp MX p.test': { answers: Array.from({ length: 200 }, (_, i) => mx('p.test', i, `h${i}.p.test`)) },
    });
    const answer = await resolver.mx('p.test', ctx);
    expect(answer.kind === 'found' ? answer.records.length : answer.kind).toBe(200);
    expect(server.asked).toEqual(['MX p.test', 'tcp MX p.test']);
  });
});

describe('aliases', () => {
  it('MX-6: MX records behind an alias in the same answer are used', async () => {
    const { resolver } = await serve({
      'MX p.test': { answers: [cname('p.test', 'q.test'), mx('q.test', 10, 'a.q.test')] },
    });
    expect(await resolver.mx('p.test', ctx)).toMatchObject({
      kind: 'found',
      records: [{ preference: 10, exchange: 'a.q.test' }],
    });
  });

  it('MX-6: an alias whose target the server left out is followed by own questions', async () => {
    const { resolver, server } = await serve({
      'MX p.test': { answers: [cname('p.test', 'q.test')] },
      'CNAME p.test': { answers: [cname('p.test', 'q.test')] },
      'MX q.test': { answers: [mx('q.test', 10, 'a.q.test')] },
    });
    expect(await resolver.mx('p.test', ctx)).toMatchObject({
      kind: 'found',
      records: [{ exchange: 'a.q.test' }],
    });
    expect(server.asked).toEqual(['MX p.test', 'CNAME p.test', 'MX q.test']);
  });

  it('MX-6, MX-9: an alias to a name without MX records is `nodata` only after that name was asked', async () => {
    const { resolver, server } = await serve({
      'MX p.test': { answers: [cname('p.test', 'q.test')] },
      'CNAME p.test': { answers: [cname('p.test', 'q.test')] },
      'MX q.test': { answers: [] },
    });
    expect(await resolver.mx('p.test', ctx)).toMatchObject({ kind: 'nodata' });
    expect(server.asked).toContain('MX q.test');
  });

  it('MX-7: an alias to a name that does not exist is `nxdomain`', async () => {
    const { resolver } = await serve({
      'MX p.test': { answers: [cname('p.test', 'gone.test')] },
      'CNAME p.test': { answers: [cname('p.test', 'gone.test')] },
    });
    expect(await resolver.mx('p.test', ctx)).toMatchObject({ kind: 'nxdomain' });
  });

  it('MX-6: a circle of aliases is a temporary failure', async () => {
    const { resolver } = await serve({
      'MX p.test': { answers: [cname('p.test', 'q.test')] },
      'CNAME p.test': { answers: [cname('p.test', 'q.test')] },
      'MX q.test': { answers: [cname('q.test', 'p.test')] },
      'CNAME q.test': { answers: [cname('q.test', 'p.test')] },
    });
    expect(await resolver.mx('p.test', ctx)).toMatchObject({ kind: 'failed', failure: 'alias-loop' });
  });

  it('MX-8: an alias that cannot be followed at present is a temporary failure, never an implicit MX', async () => {
    const { resolver } = await serve({
      'MX p.test': { answers: [cname('p.test', 'q.test')] },
      'CNAME p.test': { rcode: RCODES.SERVFAIL },
    });
    expect(await resolver.mx('p.test', ctx)).toMatchObject({ kind: 'failed', failure: 'servfail' });
  });

  it('MX-13: an alias whose target has no address is `nodata`, not an empty list', async () => {
    const { resolver } = await serve({ 'A a.test': { answers: [cname('a.test', 'b.test')] } });
    expect(await resolver.addresses('a.test', 4, ctx)).toMatchObject({ kind: 'nodata' });
  });
});

describe('failures', () => {
  it.each([
    ['SERVFAIL', 'servfail'],
    ['REFUSED', 'refused'],
    ['NOTIMP', 'notimp'],
    ['FORMERR', 'malformed'],
  ] as const)('MX-8: %s is the failure `%s` for every type', async (rcode, failure) => {
    const reply: Reply = { rcode: RCODES[rcode] };
    const { resolver } = await serve({ 'MX p.test': reply, 'A p.test': reply, 'CNAME p.test': reply });
    const expected = { kind: 'failed', failure };
    expect(await resolver.mx('p.test', ctx)).toMatchObject(expected);
    expect(await resolver.addresses('p.test', 4, ctx)).toMatchObject(expected);
    expect(await resolver.cname('p.test', ctx)).toMatchObject(expected);
  });

  it('MX-8: an answer that cannot be read is `malformed`', async () => {
    // A response with one answer whose name points behind the end.
    const header = [0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
    const question = [1, 0x70, 4, 0x74, 0x65, 0x73, 0x74, 0, 0, 15, 0, 1];
    const { resolver } = await serve({ 'MX p.test': { octets: [...header, ...question, 0xc0, 0xff] } });
    const answer = await resolver.mx('p.test', ctx);
    expect(answer).toMatchObject({ kind: 'failed', failure: 'malformed' });
  });

  it('MX-8: silence is a time-out, by the clock of the context', async () => {
    const { resolver, server } = await serve({ 'MX p.test': 'silence' });
    let expire: (() => void) | null = null;
    let waits = 0;
    const clock: Clock = {
      now: () => 0,
      after: (ms, fn) => {
        waits = ms;
        expire = fn;
        return () => undefined;
      },
    };
    const asked = server.next();
    const answer = resolver.mx('p.test', createContext({ clock }));
    await asked;
    (expire as (() => void) | null)?.();
    expect(await answer).toEqual({ kind: 'failed', failure: 'timeout' });
    expect(waits).toBe(15_000);
  });

  it('MX-8: a server where nothing listens is a failure, not an absence', async () => {
    const { resolver, server } = await serve({});
    await server.close();
    servers.splice(0);
    expect(await resolver.mx('p.test', ctx)).toMatchObject({ kind: 'failed' });
  });

  it('MX-8: a name that cannot be asked for is a failure, not an absence', async () => {
    const { resolver } = await serve({});
    expect(await resolver.mx(`${'a'.repeat(64)}.test`, ctx)).toMatchObject({ kind: 'failed' });
  });

  it('MX-8: a call-off rejects with its reason', async () => {
    const { resolver, server } = await serve({ 'MX p.test': 'silence' });
    const controller = new AbortController();
    const asked = server.next();
    const answer = resolver.mx('p.test', createContext({ signal: controller.signal }));
    const rejected = expect(answer).rejects.toThrow('called off');
    await asked;
    controller.abort(new Error('called off'));
    await rejected;
  });
});

it('MX-8: a call-off ends its own question and no other, whatever was asked and answered before', async () => {
  const { resolver, server } = await serve({
    'A one.test': { answers: [a('one.test', '192.0.2.1')] },
    'A two.test': { answers: [a('two.test', '192.0.2.2')] },
    'A dead.test': 'silence',
    'A other.test': 'silence',
  });
  for (let round = 0; round < 3; round += 1) {
    expect(await resolver.addresses('one.test', 4, ctx)).toMatchObject({ records: ['192.0.2.1'] });
    expect(await resolver.addresses('no.test', 4, ctx)).toMatchObject({ kind: 'nxdomain' });
    const [callOff, other] = [new AbortController(), new AbortController()];
    const asked = server.next();
    const dead = resolver.addresses('dead.test', 4, createContext({ signal: callOff.signal }));
    const waiting = resolver.addresses('other.test', 4, createContext({ signal: other.signal }));
    let isOver = false;
    const ended = waiting.catch(() => (isOver = true));
    const rejected = expect(dead).rejects.toThrow('called off');
    await asked;
    callOff.abort(new Error('called off'));
    await rejected;
    expect(await resolver.addresses('two.test', 4, ctx)).toMatchObject({ records: ['192.0.2.2'] });
    expect(isOver).toBe(false);
    other.abort(new Error('enough'));
    await ended;
  }
});

describe('options', () => {
  it.each([
    [{ servers: ['ns.test'] }, 'resolver-invalid', 'servers must be addresses'],
    [{ servers: [] }, 'resolver-invalid', 'servers must be addresses'],
    [{ timeoutMs: 0 }, 'resolver-invalid', 'timeoutMs'],
    [{ tries: 11 }, 'resolver-invalid', 'tries'],
    [{ server: ['127.0.0.1'] }, 'option-unknown', 'did you mean "servers"'],
  ])('MX-8: %j is refused: %s, %s', (options, code, says) => {
    expect(() => createSystemResolver(options as SystemResolverOptions)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(says) }),
    );
  });

  it('MX-8: without servers those of the operating system are asked', () => {
    expect(createSystemResolver().name).toBe('system');
    expect(createSystemResolver({ servers: ['127.0.0.1:53'] }).name).toBe('127.0.0.1:53');
  });
});
