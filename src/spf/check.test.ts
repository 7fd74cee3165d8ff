import { describe, expect, it } from 'vitest';
import { createContext } from '../core/context.js';
import { createFakeClock } from '../testing/clock.js';
import { createZoneResolver, type Failures, type ZoneResolver, type Zones } from '../testing/zones.js';
import { checkSpf, type SpfOutcome, type SpfSession } from './check.js';

const ctx = createContext();

/** The outcome for a@send.test from a client whose own name has no record. */
async function check(
  zones: Zones,
  session: Partial<SpfSession> = {},
  failures: Failures = {},
): Promise<SpfOutcome & { readonly dns: ZoneResolver }> {
  const dns = createZoneResolver(zones, failures);
  const outcome = await checkSpf(
    { ip: '192.0.2.9', ehlo: 'client.test', mailFrom: 'a@send.test', ...session },
    dns,
    ctx,
  );
  return { ...outcome, dns };
}

/** The result for a record at send.test. */
async function resultOf(
  record: string,
  zones: Zones = {},
  session: Partial<SpfSession> = {},
): Promise<string> {
  const sending = { ...zones['send.test'], txt: [record] };
  return (await check({ ...zones, 'send.test': sending }, session)).result;
}

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

describe('limits', () => {
  const hosts = (count: number): string => Array.from({ length: count }, () => 'a:x.test').join(' ');
  const zones: Zones = { 'x.test': { a: ['203.0.113.1'] } };

  it('SPF-7: ten terms that ask, and no eleventh', async () => {
    expect(await resultOf(`v=spf1 ${hosts(10)} +all`, zones)).toBe('pass');
    expect(await resultOf(`v=spf1 ${hosts(11)} +all`, zones)).toBe('permerror');
  });

  it('SPF-7: included and redirected terms count as well', async () => {
    const more = { ...zones, 'i.test': { txt: [`v=spf1 ${hosts(8)}`] }, 'r.test': { txt: ['v=spf1 +all'] } };
    expect(await resultOf('v=spf1 include:i.test redirect=r.test', more)).toBe('pass');
    expect(await resultOf('v=spf1 a:x.test include:i.test redirect=r.test', more)).toBe('permerror');
  });

  it('SPF-7: circles end', async () => {
    expect(await resultOf('v=spf1 include:send.test -all')).toBe('permerror');
    expect(await resultOf('v=spf1 redirect=send.test')).toBe('permerror');
  });

  it('SPF-7: two look-ups may find nothing, a third not', async () => {
    const void2 = 'a:v1.test exists:v2.test';
    expect(await resultOf(`v=spf1 ${void2} -all`, zones)).toBe('fail');
    for (const third of ['a:v3.test', 'mx:v3.test', 'exists:v3.test', 'ptr']) {
      expect(await resultOf(`v=spf1 ${void2} ${third} -all`, zones)).toBe('permerror');
    }
  });

  it('SPF-7: ten mail servers, and no eleventh', async () => {
    const servers = Array.from({ length: 11 }, (_, index) => `mx${index}.test`);
    const records = Object.fromEntries(servers.map((host) => [host, { a: ['203.0.113.1'] }]));
    const at = (count: number): Zones => ({ ...records, 'm.test': { mx: servers.slice(0, count) } });
    expect(await resultOf('v=spf1 mx:m.test -all', at(10))).toBe('fail');
    expect(await resultOf('v=spf1 mx:m.test -all', at(11))).toBe('permerror');
  });

  it('SPF-7: mail servers without addresses of the family are not void look-ups', async () => {
    const mx = { 'm.test': { mx: ['m1.test', 'm2.test', 'm3.test'] } };
    const four = Object.fromEntries(mx['m.test'].mx.map((host) => [host, { a: ['203.0.113.1'] }]));
    expect(await resultOf('v=spf1 mx:m.test -all', { ...mx, ...four }, { ip: '2001:db8::1' })).toBe('fail');
  });

  it.each(['a:x.test', 'mx:x.test', 'exists:x.test'])(
    'SPF-7: %s that cannot be asked is temperror',
    async (term) => {
      const record = { 'send.test': { txt: [`v=spf1 ${term} +all`] } };
      expect((await check(record, {}, { 'x.test/*': 'timeout' })).result).toBe('temperror');
    },
  );

  it('SPF-7: after the time limit it is temperror, and the question is called off', async () => {
    const clock = createFakeClock();
    let calledOff = false;
    const dns = createZoneResolver({});
    const slow = {
      ...dns,
      txt: (_name: string, { signal }: { signal: AbortSignal }) =>
        new Promise<never>((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            calledOff = true;
            reject(signal.reason as Error);
          });
        }),
    };
    const session = { ip: '192.0.2.9', ehlo: '[192.0.2.9]', mailFrom: 'a@send.test' };
    const outcome = checkSpf(session, slow, createContext({ clock }));
    await clock.advance('19s');
    expect(calledOff).toBe(false);
    await clock.advance('1s');
    expect(await outcome).toMatchObject({ result: 'temperror' });
    expect(calledOff).toBe(true);
    await expect(checkSpf({ ...session, timeLimitMs: 0 }, dns, ctx)).rejects.toThrow(
      expect.objectContaining({ code: 'time-limit-invalid' }),
    );
  });

  it('a check that is called off rejects with the reason', async () => {
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    const session = { ip: '192.0.2.9', ehlo: 'client.test', mailFrom: 'a@send.test' };
    const called = createContext({ signal: controller.signal });
    await expect(checkSpf(session, createZoneResolver({}), called)).rejects.toThrow('enough');
  });
});

describe('names made by macros', () => {
  it('SPF-11: too long ones lose labels on the left', async () => {
    const long = `${'a'.repeat(60)}.`.repeat(5);
    const zones = { [`${long.slice(61)}x.test`]: { a: ['127.0.0.2'] } };
    expect(await resultOf(`v=spf1 exists:${long}x.test -all`, zones)).toBe('pass');
  });

  it('SPF-11: a name that nobody can ask for matches nothing', async () => {
    const record = 'v=spf1 a:%{h}.test exists:a..test exists:%{l}.test ~all';
    for (const ehlo of ['x'.repeat(70), 'a..b', 'ü']) {
      expect(await resultOf(record, {}, { ehlo, mailFrom: 'ü\\@send.test' })).toBe('softfail');
    }
  });
});

describe('explanations', () => {
  const explained = (
    text: readonly string[],
    record = 'v=spf1 -all exp=why.send.test',
  ): Promise<SpfOutcome> =>
    check(
      { 'send.test': { txt: [record] }, 'why.send.test': { txt: text } },
      { receiver: 'mx.here.test', ehlo: 'client.test' },
    );

  it('SPF-12: the text of the domain that decided, with macros', async () => {
    const { decisive } = await explained(['%{c} is not %{d}, says %{r}. See http://x.test/%{S}']);
    expect(decisive.explanation).toBe(
      '192.0.2.9 is not send.test, says mx.here.test. See http://x.test/a%40send.test',
    );
  });

  it.each([
    ['no record', []],
    ['two records', ['one', 'two']],
    ['a macro that is none', ['The %{x}-files']],
    ['more than ASCII', ['\u00c3\u00a9']],
    ['a line end', ['a\r\n250 ok']],
  ])('SPF-12: %s is no explanation', async (_title, text) => {
    expect((await explained(text)).decisive).toMatchObject({ result: 'fail', explanation: null });
  });

  it('SPF-12: only a fail is explained', async () => {
    expect((await explained(['no'], 'v=spf1 ~all exp=why.send.test')).decisive.explanation).toBeNull();
  });

  it('SPF-12: that of an included record does not count, that of a redirected one does', async () => {
    const zones: Zones = {
      'i.test': { txt: ['v=spf1 -all exp=i-why.test'] },
      'i-why.test': { txt: ['from i'] },
      'why.test': { txt: ['from send'] },
    };
    const include = { 'send.test': { txt: ['v=spf1 include:i.test -all exp=why.test'] } };
    expect((await check({ ...zones, ...include })).decisive.explanation).toBe('from send');
    const redirect = { 'send.test': { txt: ['v=spf1 exp=why.test redirect=i.test'] } };
    expect((await check({ ...zones, ...redirect })).decisive.explanation).toBe('from i');
  });
});

describe('RFC 7208 Appendix A', () => {
  const zones: Zones = {
    'example.com': {
      mx: ['10 mail-a.example.com', '20 mail-b.example.com'],
      a: ['192.0.2.10', '192.0.2.11'],
    },
    'amy.example.com': { a: ['192.0.2.65'] },
    'bob.example.com': { a: ['192.0.2.66'] },
    'mail-a.example.com': { a: ['192.0.2.129'] },
    'mail-b.example.com': { a: ['192.0.2.130'] },
    'example.org': { mx: ['10 mail-c.example.org'] },
    'mail-c.example.org': { a: ['192.0.2.140'] },
    '65.2.0.192.in-addr.arpa': { ptr: ['amy.example.com'] },
    '140.2.0.192.in-addr.arpa': { ptr: ['mail-c.example.org'] },
    '4.0.0.10.in-addr.arpa': { ptr: ['bob.example.com'] },
    'mary.mobile-users._spf.example.com': { a: ['127.0.0.2'] },
    '15.15.168.192.joel.remote-users._spf.example.com': { a: ['127.0.0.2'] },
    'mobile-users._spf.example.com': { txt: ['v=spf1 exists:%{l1r+}.%{d}'] },
    'remote-users._spf.example.com': { txt: ['v=spf1 exists:%{ir}.%{l1r+}.%{d}'] },
  };
  const users = 'v=spf1 mx include:mobile-users._spf.%{d} include:remote-users._spf.%{d} -all';
  it.each([
    ['v=spf1 +all', '203.0.113.1', 'pass'],
    ['v=spf1 a -all', '192.0.2.10', 'pass'],
    ['v=spf1 a -all', '192.0.2.11', 'pass'],
    ['v=spf1 a -all', '192.0.2.12', 'fail'],
    ['v=spf1 a:example.org -all', '192.0.2.10', 'fail'],
    ['v=spf1 mx -all', '192.0.2.129', 'pass'],
    ['v=spf1 mx -all', '192.0.2.130', 'pass'],
    ['v=spf1 mx -all', '192.0.2.10', 'fail'],
    ['v=spf1 mx:example.org -all', '192.0.2.140', 'pass'],
    ['v=spf1 mx mx:example.org -all', '192.0.2.140', 'pass'],
    ['v=spf1 mx/30 mx:example.org/30 -all', '192.0.2.131', 'pass'],
    ['v=spf1 mx/30 mx:example.org/30 -all', '192.0.2.143', 'pass'],
    ['v=spf1 mx/30 mx:example.org/30 -all', '192.0.2.132', 'fail'],
    ['v=spf1 ptr -all', '192.0.2.65', 'pass'],
    ['v=spf1 ptr -all', '192.0.2.140', 'fail'],
    ['v=spf1 ptr -all', '10.0.0.4', 'fail'],
    ['v=spf1 ip4:192.0.2.128/28 -all', '192.0.2.65', 'fail'],
    ['v=spf1 ip4:192.0.2.128/28 -all', '192.0.2.129', 'pass'],
  ])('SPF-6: %s for %s is %s', async (record, ip, expected) => {
    const all = { ...zones, 'example.com': { ...zones['example.com'], txt: [record] } };
    expect((await check(all, { ip, mailFrom: 'bob@example.com' })).result).toBe(expected);
  });

  it.each([
    ['mary@example.com', '203.0.113.1', 'pass'],
    ['mary+list@example.com', '203.0.113.1', 'pass'],
    ['fred@example.com', '203.0.113.1', 'fail'],
    ['joel@example.com', '192.168.15.15', 'pass'],
    ['joel@example.com', '192.168.15.16', 'fail'],
  ])('SPF-11: records of single users: %s from %s is %s', async (mailFrom, ip, expected) => {
    const all = { ...zones, 'example.com': { ...zones['example.com'], txt: [users] } };
    expect((await check(all, { ip, mailFrom })).result).toBe(expected);
  });
});
