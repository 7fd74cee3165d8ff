import { describe, expect, it } from 'vitest';
import { createContext } from '../core/context.js';
import type { PolicyRule } from '../policy/rules.js';
import { bits } from '../scheme/bits.js';
import { createZoneResolver, type Failures, type Zones } from '../testing/zones.js';
import { secureMailNextSuites } from '../tls/suite-profiles.js';
import { createInboundGuard, type InboundGuard } from './guard.js';
import type { InboundOptions } from './options.js';
import type { InboundSession, InboundTls, InboundVerdict } from './session.js';

const GOOD: InboundTls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' };
const ZONES: Zones = {
  'pass.test': { txt: ['v=spf1 ip4:192.0.2.9 -all'] },
  'fail.test': { txt: ['v=spf1 -all exp=why.fail.test'] },
  'why.fail.test': { txt: ['Ask %{d}'] },
  'softfail.test': { txt: ['v=spf1 ~all'] },
  'neutral.test': { txt: ['v=spf1 ?all'] },
  'none.test': {},
  'permerror.test': { txt: ['v=spf1 foo'] },
};
const FAILURES: Failures = { 'temperror.test/TXT': 'servfail' };

function guardOf(profile: InboundOptions['profile'], more: Partial<InboundOptions> = {}): InboundGuard {
  const senderId = profile === 'securemail' ? ({ senderId: 'off' } as const) : {};
  return createInboundGuard({ resolver: createZoneResolver(ZONES, FAILURES), profile, ...senderId, ...more });
}

const session = (tls: InboundTls | null, ehlo = 'client.test'): InboundSession => ({
  ip: '192.0.2.9',
  ehlo,
  tls,
});

/** A verdict in short: `accept`, or code, enhanced code and reason. */
const brief = (verdict: InboundVerdict): string =>
  verdict.accept ? 'accept' : `${verdict.code} ${verdict.enhanced} ${verdict.reason}`;

const mail = async (
  guard: InboundGuard,
  mailFrom: string,
  tls: InboundTls | null = GOOD,
  ehlo?: string,
): Promise<string> => brief(await guard.mail(mailFrom, session(tls, ehlo)));

describe('domains whose mail must come over TLS', () => {
  const guard = guardOf('forced-tls', {
    policies: [
      { match: 'listed.test', level: 'verified' },
      { match: '*.listed.test', level: 'mandatory' },
      { match: 'exact.test', level: 'mandatory' },
      { match: 'offered.test', level: 'opportunistic' },
      { match: 'bücher.test', level: 'mandatory' },
      { match: 'thirteen.test', level: 'mandatory', minProtocol: 'TLSv1.3' },
    ],
  });
  const REFUSED = '550 5.7.10 no-tls';

  it.each([
    ['a@listed.test', REFUSED],
    ['a@LISTED.test', REFUSED],
    ['a@sub.listed.test', REFUSED],
    ['a@exact.test', REFUSED],
    ['a@sub.exact.test', 'accept'],
    ['a@notlisted.test', 'accept'],
    ['a@offered.test', 'accept'],
    ['a@xn--bcher-kva.test', REFUSED],
    ['a@BÜCHER.test', REFUSED],
    ['a@[192.0.2.9]', 'accept'],
    ['a@192.0.2.9', 'accept'],
    ['a@listed.test..', REFUSED],
    ['a@listed.test ', REFUSED],
    ['a@out_1.listed.test', REFUSED],
    ['a@-.a..listed.test', REFUSED],
    ['a@out_1.notlisted.test', 'accept'],
  ])('BITS-5.2.4, ING-2, ING-9: %s in clear: %s', async (mailFrom, expected) => {
    expect(await mail(guard, mailFrom, null)).toBe(expected);
  });

  it('BITS-5.2.4: the same mail over TLS is accepted', async () => {
    expect(await mail(guard, 'a@listed.test')).toBe('accept');
  });

  it('BITS-5.2.4, BITS-A1: the list of the scheme, as for sending', async () => {
    const listed = guardOf('forced-tls', { policies: [bits({ domains: ['bank.test'] })] });
    expect(await mail(listed, 'a@bank.test', null)).toBe(REFUSED);
    expect(await mail(listed, 'a@bank.test')).toBe('accept');
    expect(await mail(listed, 'a@other.test', null)).toBe('accept');
  });

  it.each([
    ['', 'mx1.listed.test', REFUSED],
    ['', 'listed.test', REFUSED],
    ['', 'mx.exact.test', REFUSED],
    ['', 'mx.other.test', 'accept'],
    ['', 'out_1.listed.test', REFUSED],
    ['', '[192.0.2.9]', 'accept'],
    ['a@other.test', 'mx1.listed.test', 'accept'],
  ])('ING-4: <%s> from a client named %s in clear: %s', async (mailFrom, ehlo, expected) => {
    expect(await mail(guard, mailFrom, null, ehlo)).toBe(expected);
  });

  it.each([
    ['TLSv1.1', 'ECDHE-RSA-AES256-SHA', '550 5.7.10 weak-tls'],
    ['TLSv1.2', 'ECDHE-RSA-AES256-GCM-SHA384', 'accept'],
    ['TLSv1.2', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'accept'],
    ['TLSv1.2', 'AES256-SHA', '550 5.7.10 weak-tls'],
    ['TLSv1.2', 'NULL-SHA256', '550 5.7.10 weak-tls'],
    ['TLSv1.2', 'what-is-this', '550 5.7.10 weak-tls'],
    ['TLSv1.4', 'TLS_AES_256_GCM_SHA384', '550 5.7.10 weak-tls'],
  ])('ING-3: a listed domain over %s with %s: %s', async (protocol, cipher, expected) => {
    expect(await mail(guard, 'a@listed.test', { protocol, cipher })).toBe(expected);
    expect(await mail(guard, 'a@other.test', { protocol, cipher })).toBe('accept');
  });

  it('ING-3: the version that the policy of the domain asks for; the reply says what is wrong', async () => {
    const verdict = await guard.mail(
      'a@thirteen.test',
      session({ protocol: 'TLSv1.2', cipher: 'ECDHE-RSA-AES256-GCM-SHA384' }),
    );
    expect(verdict).toMatchObject({
      code: 550,
      text: 'Encryption needed: mail from thirteen.test is accepted over TLS only; TLSv1.3 or later is needed, this is TLSv1.2',
    });
  });

  it('ING-9: a source that does not know is not one that asks nothing', async () => {
    const policies: PolicyRule[] = [{ name: 'list', find: () => ({ kind: 'unknown', cause: 'gone' }) }];
    expect(await mail(guardOf('forced-tls', { policies }), 'a@any.test')).toBe('451 4.7.10 policy-unknown');
  });

  it('ING-1: forced-tls asks the DNS nothing', async () => {
    const resolver = createZoneResolver(ZONES);
    const silent = guardOf('forced-tls', { resolver });
    expect(await silent.mail('a@fail.test', session(null))).toEqual({ accept: true, fields: '' });
    expect(resolver.queries).toEqual([]);
  });
});

describe('best efforts', () => {
  const guard = guardOf('best-efforts');
  it.each([
    ['pass', 'accept'],
    ['fail', '550 5.7.23 spf'],
    ['softfail', 'accept'],
    ['neutral', 'accept'],
    ['none', 'accept'],
    ['permerror', 'accept'],
    ['temperror', 'accept'],
  ])('ING-5, SM-8, SM-9, SPF-13: SPF %s: %s, over TLS and in clear', async (result, expected) => {
    expect(await mail(guard, `a@${result}.test`)).toBe(expected);
    expect(await mail(guard, `a@${result}.test`, null)).toBe(expected);
  });

  it('SPF-12, SPF-13: the reply names the words of the domain as such', async () => {
    expect(await guard.mail('a@fail.test', session(GOOD))).toEqual({
      accept: false,
      reason: 'spf',
      code: 550,
      enhanced: '5.7.23',
      text: 'SPF fail: fail.test forbids 192.0.2.9 to send; fail.test explains: Ask fail.test',
    });
  });

  it('ING-5: a client whose own name fails', async () => {
    expect(await mail(guard, 'a@pass.test', GOOD, 'fail.test')).toBe('550 5.7.23 spf');
  });

  it('SPF-14: what is accepted is told what SPF said', async () => {
    const verdict = await guardOf('best-efforts', { name: 'mx.here.test' }).mail(
      'a@softfail.test',
      session(GOOD),
    );
    expect(verdict).toMatchObject({
      accept: true,
      fields: expect.stringMatching(/^Received-SPF: softfail\r\n\treceiver=mx\.here\.test;\r\n/) as string,
    });
  });

  it('ING-1: a client address that is none is an error of the host', async () => {
    await expect(guard.mail('a@pass.test', { ...session(GOOD), ip: 'localhost' })).rejects.toThrow(
      expect.objectContaining({ code: 'client-address-invalid' }),
    );
  });
});

describe('SecureMail', () => {
  const guard = guardOf('securemail');
  it.each([
    ['pass', 'accept'],
    ['fail', '550 5.7.23 spf'],
    ['softfail', '550 5.7.23 spf'],
    ['neutral', '550 5.7.23 spf'],
    ['none', '550 5.7.23 spf'],
    ['permerror', '550 5.7.24 spf'],
    ['temperror', '451 4.7.24 spf'],
  ])('ING-6, SM-18, SPF-13: SPF %s: %s', async (result, expected) => {
    expect(await mail(guard, `a@${result}.test`)).toBe(expected);
  });

  it('SM-17, SM-20, ING-2: nothing but STARTTLS in clear', async () => {
    expect(await mail(guard, 'a@pass.test', null)).toBe('530 5.7.0 no-tls');
    const said = (verb: string): string => brief(guard.command(verb, session(null)));
    for (const verb of ['NOOP', 'EHLO', 'STARTTLS', 'QUIT', 'ehlo']) expect(said(verb)).toBe('accept');
    for (const verb of ['HELO', 'MAIL', 'RCPT', 'DATA', 'RSET', 'VRFY', 'AUTH']) {
      expect(said(verb)).toBe('530 5.7.0 no-tls');
    }
  });

  it.each([
    ['SM-21: DHE and AES-256', 'TLSv1.2', 'DHE-RSA-AES256-SHA', 'accept'],
    ['SM-21: by the registered name', 'TLSv1.2', 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', 'accept'],
    ['SM-21: AES-128', 'TLSv1.3', 'TLS_AES_128_GCM_SHA256', '554 5.7.0 weak-tls'],
    ['SM-21: no Diffie-Hellman', 'TLSv1.2', 'AES256-GCM-SHA384', '554 5.7.0 weak-tls'],
    ['SM-21: an old version', 'TLSv1', 'DHE-RSA-AES256-SHA', '554 5.7.0 weak-tls'],
  ])('ING-3, %s', async (_title, protocol, cipher, expected) => {
    expect(await mail(guard, 'a@pass.test', { protocol, cipher })).toBe(expected);
    expect(brief(guard.command('EHLO', session({ protocol, cipher })))).toBe(expected);
    expect(brief(guard.command('QUIT', session({ protocol, cipher })))).toBe('accept');
  });

  it('SM-21: a floor of the host', async () => {
    const next = guardOf('securemail', { ciphers: secureMailNextSuites, minProtocol: 'TLSv1.3' });
    expect(await mail(next, 'a@pass.test')).toBe('accept');
    const twelve = { protocol: 'TLSv1.2', cipher: 'ECDHE-RSA-AES256-GCM-SHA384' };
    expect(await mail(next, 'a@pass.test', twelve)).toBe('554 5.7.0 weak-tls');
  });

  it('ING-2: the other profiles answer every command in clear', () => {
    expect(brief(guardOf('best-efforts').command('MAIL', session(null)))).toBe('accept');
  });
});

describe('Sender ID', () => {
  const message = async (guard: InboundGuard, from: string): Promise<string> =>
    brief(await guard.message(Buffer.from(`${from}\r\nSubject: x\r\n`), session(GOOD), createContext()));

  it('SID-1: off unless it was asked for; SecureMail has to say', async () => {
    expect(guardOf('best-efforts').readsHeader).toBe(false);
    expect(await message(guardOf('best-efforts'), 'From: a@fail.test')).toBe('accept');
    const resolver = createZoneResolver(ZONES);
    expect(() => createInboundGuard({ resolver, profile: 'securemail' })).toThrow(
      expect.objectContaining({ code: 'inbound-invalid' }),
    );
  });

  it.each([
    ['a@pass.test', 'accept', 'accept'],
    ['a@fail.test', '550 5.7.1 sender-id', '550 5.7.1 sender-id'],
    ['a@softfail.test', 'accept', '550 5.7.1 sender-id'],
    ['a@neutral.test', 'accept', '550 5.7.1 sender-id'],
    ['a@none.test', 'accept', '550 5.7.1 sender-id'],
    ['a@permerror.test', 'accept', '550 5.7.1 sender-id'],
    ['a@temperror.test', 'accept', '450 4.4.3 sender-id'],
    ['a@no-such-domain.test', '550 5.7.1 sender-id', '550 5.7.1 sender-id'],
    ['a@pass.test, b@pass.test', 'accept', '550 5.7.1 sender-id'],
  ])(
    'ING-7, ING-8, SM-10, SM-19, SID-5: from %s: best efforts %s, SecureMail %s',
    async (from, best, secure) => {
      const mode = { senderId: 'compatible' } as const;
      expect(await message(guardOf('best-efforts', mode), `From: ${from}`)).toBe(best);
      expect(await message(guardOf('securemail', mode), `From: ${from}`)).toBe(secure);
    },
  );

  it('SID-1, ING-8: spf2-only takes no v=spf1 record', async () => {
    const guard = guardOf('securemail', { senderId: 'spf2-only' });
    expect(await message(guard, 'From: a@pass.test')).toBe('550 5.7.1 sender-id');
  });

  it('SID-5: what refuses says so, with the words of the domain as such', async () => {
    const guard = guardOf('best-efforts', { senderId: 'compatible' });
    expect(await guard.message(Buffer.from('From: a@fail.test\r\n'), session(GOOD))).toMatchObject({
      text: 'Sender ID (PRA) Not Permitted: fail, fail.test, 192.0.2.9; fail.test explains: Ask fail.test',
    });
  });

  it('SID-3: a header that cannot be read names nobody', async () => {
    const guard = guardOf('securemail', { senderId: 'compatible' });
    expect(await message(guard, 'no field\r\nFrom: a@pass.test')).toBe('550 5.7.1 sender-id');
  });
});

describe('replies', () => {
  it('ING-1: are one line of ASCII, whatever the client and the DNS said', async () => {
    const zones: Zones = { 'x.test': { txt: [`v=spf1 ${'é'.repeat(400)}\r\n250 ok`] } };
    const guard = guardOf('securemail', { resolver: createZoneResolver(zones) });
    for (const mailFrom of ['a@x.test', 'a@\r\n250 ok.test', `a@${'ü'.repeat(600)}`]) {
      const verdict = await guard.mail(mailFrom, session(GOOD, 'x\r\n'));
      expect(verdict).toMatchObject({
        accept: false,
        text: expect.stringMatching(/^[ -~]{1,450}$/) as string,
      });
    }
  });
});

describe('options', () => {
  it.each([
    ['an unknown option', { spf: 'off' }, 'option-unknown'],
    ['an unknown profile', { profile: 'secure' }, 'inbound-invalid'],
    ['an unknown mode', { senderId: 'on' }, 'inbound-invalid'],
    ['a version that is too old', { minProtocol: 'TLSv1' }, 'inbound-invalid'],
    ['a rule that cannot be meant', { policies: [{ match: 'x' }] }, 'domain-invalid'],
  ])('ING-1: refuses %s', (_title, more, code) => {
    expect(() => guardOf('best-efforts', more as object)).toThrow(expect.objectContaining({ code }));
  });
});
