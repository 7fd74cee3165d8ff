import { describe, expect, it } from 'vitest';
import type { Zones } from '../testing/zones.js';
import { check, resultOf } from './check.fixture.js';

describe('identities', () => {
  const zones: Zones = {
    'send.test': { txt: ['v=spf1 ip4:192.0.2.9 -all'] },
    'bad.test': { txt: ['v=spf1 -all'] },
    'good.test': { txt: ['v=spf1 ip4:192.0.2.9 -all'] },
  };

  it('SPF-1: the reverse-path decides where the name of the client has no record', async () => {
    expect(await check(zones)).toMatchObject({
      result: 'pass',
      decisive: { identity: 'mailfrom', domain: 'send.test', term: 'ip4:192.0.2.9' },
      helo: { result: 'none' },
    });
  });

  it('SPF-1: a name that fails decides at once', async () => {
    const outcome = await check(zones, { ehlo: 'bad.test' });
    expect(outcome).toMatchObject({ result: 'fail', decisive: { identity: 'helo' }, mailFrom: null });
    expect(outcome.dns.queries).toEqual(['bad.test/TXT']);
  });

  it('SPF-1: a name that passes says nothing for the reverse-path', async () => {
    const outcome = await check(zones, { ehlo: 'good.test', mailFrom: 'a@bad.test' });
    expect(outcome).toMatchObject({ result: 'fail', helo: { result: 'pass' } });
  });

  it('SPF-1: for the null reverse-path stands postmaster at the name of the client', async () => {
    const exists = {
      'h.test': { txt: ['v=spf1 exists:%{l}.%{o} -all'] },
      'postmaster.h.test': { a: ['127.0.0.2'] },
    };
    const outcome = await check(exists, { ehlo: 'h.test', mailFrom: '' });
    expect(outcome).toMatchObject({ result: 'pass', decisive: { identity: 'helo' } });
    expect(outcome.dns.queries.filter((query) => query === 'h.test/TXT')).toHaveLength(1);
  });

  it('SPF-1: a sender without local part is postmaster', async () => {
    const exists = {
      'h.test': { txt: ['v=spf1 exists:%{l}.%{o} -all'] },
      'postmaster.h.test': { a: ['127.0.0.2'] },
    };
    expect(await check(exists, { mailFrom: '@h.test' })).toMatchObject({ result: 'pass' });
  });

  it.each(['localhost', '[192.0.2.9]', '192.0.2.9', '', 'a..b.test'])(
    'SPF-1, SPF-3: a client named %j is not asked for',
    async (ehlo) => {
      const outcome = await check(zones, { ehlo });
      expect(outcome.helo).toBeNull();
      expect((await check(zones, { ehlo, mailFrom: '' })).result).toBe('none');
    },
  );

  it.each(['a@test', 'a@[192.0.2.9]', 'a@a..test', `a@${'x'.repeat(64)}.test`, 'a@no.such.test'])(
    'SPF-3: %s is none',
    async (mailFrom) => {
      expect((await check(zones, { mailFrom })).result).toBe('none');
    },
  );

  it('SPF-1: every form of a name is one name', async () => {
    const u = { 'xn--bcher-kva.test': { txt: ['v=spf1 +all'] } };
    expect((await check(u, { mailFrom: 'a@BÜCHER.test' })).result).toBe('pass');
  });

  it('SPF-11: macros of a sender show the A-labels of its domain', async () => {
    const u = {
      'xn--bcher-kva.test': { txt: ['v=spf1 exists:%{o}.ok.test -all'] },
      'xn--bcher-kva.test.ok.test': { a: ['127.0.0.2'] },
    };
    expect((await check(u, { mailFrom: 'a@BÜCHER.test' })).result).toBe('pass');
  });

  it.each(['', 'mx.test', '192.0.2', '192.0.2.01'])('SPF-1: %j is no address of a client', async (ip) => {
    await expect(check(zones, { ip })).rejects.toThrow(
      expect.objectContaining({ code: 'client-address-invalid' }),
    );
  });
});

describe('the record', () => {
  it.each(['servfail', 'timeout', 'refused', 'bogus'] as const)('SPF-3: %s is temperror', async (failure) => {
    expect((await check({}, {}, { 'send.test/TXT': failure })).result).toBe('temperror');
  });

  it.each([
    ['SPF-4: another version', ['v=spf10 -all'], 'none'],
    ['SPF-4: no record among others', ['google-site=1', 'spf2.0/pra +all'], 'none'],
    ['SPF-4: the version alone', ['v=spf1'], 'neutral'],
    ['SPF-4: the version in any case', ['V=SPF1 +all'], 'pass'],
    ['SPF-4: a tab behind the version', ['v=spf1\t+all'], 'none'],
    ['SPF-4: two records', ['v=spf1 -all', 'v=spf1 +all'], 'permerror'],
    ['SPF-4: two records that are the same', ['v=spf1 +all', 'v=spf1 +all'], 'permerror'],
    ['SPF-4: one record among others', ['other', 'v=spf1 +all', '\u0096'], 'pass'],
  ] as const)('%s', async (_title, txt, expected) => {
    expect((await check({ 'send.test': { txt } })).result).toBe(expected);
  });

  it.each([
    ['v=spf1 ip4:192.0.2.0/24 -all', '192.0.2.9', 'pass'],
    ['v=spf1 ip4:192.0.2.0/24 -all', '198.51.100.1', 'fail'],
    ['v=spf1 ip4:192.0.2.0/24', '198.51.100.1', 'neutral'],
    ['v=spf1 ip4:192.0.2.0/24 ~all', '198.51.100.1', 'softfail'],
    ['v=spf1 -ip4:192.0.2.9 +all', '192.0.2.9', 'fail'],
    ['v=spf1 ip6:2001:db8::/32 -all', '2001:db8::1', 'pass'],
    ['v=spf1 ip4:0.0.0.0/0 -all', '2001:db8::1', 'fail'],
  ])('SPF-2, SPF-6: %s for %s is %s', async (record, ip, expected) => {
    expect(await resultOf(record, {}, { ip })).toBe(expected);
  });

  it('SPF-5: an error behind the term that matches', async () => {
    expect(await resultOf('v=spf1 ip4:192.0.2.0/24 foo:bar -all')).toBe('permerror');
  });

  it('SPF-6: redirect is ignored beside all, wherever that stands', async () => {
    const zones = { 'r.test': { txt: ['v=spf1 -all'] } };
    expect(await resultOf('v=spf1 redirect=r.test ?all', zones)).toBe('neutral');
    expect(await resultOf('v=spf1 redirect=r.test', zones)).toBe('fail');
  });

  it('SPF-9: a redirect changes the domain of the record', async () => {
    const zones = {
      'send.test': { a: ['192.0.2.1'] },
      'r.test': { txt: ['v=spf1 a -all'], a: ['192.0.2.9'] },
    };
    expect(await resultOf('v=spf1 redirect=r.test', zones)).toBe('pass');
  });

  it.each([
    ['pass', 'v=spf1 +all', 'pass'],
    ['fail', 'v=spf1 -all', 'softfail'],
    ['softfail', 'v=spf1 ~all', 'softfail'],
    ['neutral', 'v=spf1 ?all', 'softfail'],
    ['permerror', 'v=spf1 foo', 'permerror'],
    ['none', 'v=other', 'permerror'],
  ])('SPF-9: include of %s', async (_what, record, expected) => {
    expect(await resultOf('v=spf1 include:i.test ~all', { 'i.test': { txt: [record] } })).toBe(expected);
  });

  it('SPF-9: include of a domain that cannot be read is temperror, of one that is none permerror', async () => {
    const zones = { 'send.test': { txt: ['v=spf1 include:i.test +all'] } };
    expect((await check(zones, {}, { 'i.test/TXT': 'servfail' })).result).toBe('temperror');
    expect((await check(zones)).result).toBe('permerror');
  });

  it('SPF-9: the all of an included record does not end the including one', async () => {
    const zones = { 'f.test': { txt: ['v=spf1 -all'] } };
    expect(await resultOf('v=spf1 include:f.test ip4:192.0.2.9 -all', zones)).toBe('pass');
  });

  it('SPF-9: redirect to a domain without record', async () => {
    expect(await resultOf('v=spf1 redirect=none.test')).toBe('permerror');
  });
});

describe('address families', () => {
  const zones: Zones = {
    'send.test': { a: ['192.0.2.9'], aaaa: ['2001:db8::9'], mx: ['mx.send.test'] },
    'mx.send.test': { a: ['192.0.2.8'], aaaa: ['2001:db8::8'] },
  };
  it.each([
    ['v=spf1 a -all', '192.0.2.9', 'pass'],
    ['v=spf1 a -all', '::ffff:192.0.2.9', 'pass'],
    ['v=spf1 a -all', '::ffff:c000:209', 'pass'],
    ['v=spf1 a -all', '2001:db8::9', 'pass'],
    ['v=spf1 a -all', '2001:db8::1', 'fail'],
    ['v=spf1 a//64 -all', '2001:db8::1', 'pass'],
    ['v=spf1 a/24 -all', '192.0.2.200', 'pass'],
    ['v=spf1 a//64 -all', '192.0.2.200', 'fail'],
    ['v=spf1 a/24//64 -all', '192.0.2.200', 'pass'],
    ['v=spf1 mx -all', '192.0.2.8', 'pass'],
    ['v=spf1 mx -all', '2001:db8::8', 'pass'],
    ['v=spf1 exists:send.test -all', '2001:db8::77', 'pass'],
  ])('SPF-8, SPF-10: %s for %s is %s', async (record, ip, expected) => {
    expect(await resultOf(record, zones, { ip })).toBe(expected);
  });

  it('SPF-8: exists never asks for AAAA', async () => {
    const zone = { 'x.test': { aaaa: ['2001:db8::1'] } };
    expect(await resultOf('v=spf1 exists:x.test -all', zone, { ip: '2001:db8::1' })).toBe('fail');
  });

  it('SPF-8: mx knows no implicit MX', async () => {
    expect(await resultOf('v=spf1 mx -all', { 'send.test': { a: ['192.0.2.9'] } })).toBe('fail');
  });

  it('SPF-8: a null MX matches nobody', async () => {
    expect(await resultOf('v=spf1 mx -all', { 'send.test': { nullMx: true, a: ['192.0.2.9'] } })).toBe(
      'fail',
    );
  });
});

describe('names of the client', () => {
  const zones: Zones = {
    '9.2.0.192.in-addr.arpa': { ptr: ['liar.test', 'mail.send.test'] },
    'mail.send.test': { a: ['192.0.2.9'] },
    'liar.test': { a: ['198.51.100.1'] },
  };

  it('SPF-7: count only where they lead back', async () => {
    expect(await resultOf('v=spf1 ptr -all', zones)).toBe('pass');
    expect(await resultOf('v=spf1 ptr:liar.test -all', zones)).toBe('fail');
    expect(await resultOf('v=spf1 ptr:end.test -all', zones)).toBe('fail');
  });

  it('SPF-7: an error of their zone is no match', async () => {
    const record = { 'send.test': { txt: ['v=spf1 ptr ~all'] } };
    const failures = { '9.2.0.192.in-addr.arpa/PTR': 'servfail' } as const;
    expect((await check({ ...zones, ...record }, {}, failures)).result).toBe('softfail');
    // And it counts for nothing: two more may find nothing.
    const voids = { 'send.test': { txt: ['v=spf1 ptr a:v1.test a:v2.test ~all'] } };
    expect((await check({ ...zones, ...voids }, {}, failures)).result).toBe('softfail');
  });

  it('SPF-7: only the first ten are looked at', async () => {
    const many = Array.from({ length: 10 }, (_, index) => `n${index}.other.test`);
    const first = { ...zones, '9.2.0.192.in-addr.arpa': { ptr: ['mail.send.test', ...many] } };
    const last = { ...zones, '9.2.0.192.in-addr.arpa': { ptr: [...many, 'mail.send.test'] } };
    expect(await resultOf('v=spf1 ptr -all', first)).toBe('pass');
    expect(await resultOf('v=spf1 ptr -all', last)).toBe('fail');
  });

  it('SPF-11: the macro p is a name that leads back, the best one first', async () => {
    const ok = {
      ...zones,
      'mail.send.test.ok.test': { a: ['127.0.0.2'] },
      'unknown.ok.test': { a: ['127.0.0.2'] },
    };
    expect(await resultOf('v=spf1 exists:%{p}.ok.test -all', ok)).toBe('pass');
    expect(await resultOf('v=spf1 -exists:%{p}.ok.test +all', ok, { ip: '192.0.2.77' })).toBe('fail');
  });
});
