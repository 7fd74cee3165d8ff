import { describe, expect, it } from 'vitest';
import { createContext } from '../core/context.js';
import { createFakeClock } from '../testing/clock.js';
import { createZoneResolver, type Zones } from '../testing/zones.js';
import { check, ctx, resultOf } from './check.fixture.js';
import { checkSpf, type SpfOutcome } from './check.js';

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

  it('SPF-7: the macro p asks as well', async () => {
    const names = {
      ...zones,
      '9.2.0.192.in-addr.arpa': { ptr: ['x.test'] },
      'unknown.test': { a: ['127.0.0.2'] },
    };
    expect(await resultOf(`v=spf1 ${hosts(8)} exists:%{p}.test -all`, names)).toBe('pass');
    expect(await resultOf(`v=spf1 ${hosts(9)} exists:%{p}.test -all`, names)).toBe('permerror');
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

  it('SPF-12: what a sender brings in can be more than ASCII, and is none either', async () => {
    const zones = { 'send.test': { txt: ['v=spf1 -all exp=why.test'] }, 'why.test': { txt: ['%{l}'] } };
    expect((await check(zones, { mailFrom: 'é@send.test' })).decisive.explanation).toBeNull();
    expect((await check(zones, { mailFrom: 'e@send.test' })).decisive.explanation).toBe('e');
  });

  it('SPF-7, SPF-12: what an explanation asks is not counted', async () => {
    const record = 'v=spf1 a:v1.test a:v2.test -all exp=why.send.test';
    expect((await explained(['you are %{p}'], record)).decisive.explanation).toBe('you are unknown');
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
