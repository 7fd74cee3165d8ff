/**
 * SecureMail, sending: the two profiles, against servers of a small internet.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { secureMailProfile, secureMailRule, securemail } from '../../src/scheme/index.js';
import { createSender, type Sender } from '../../src/sender.js';
import type { SenderOptions } from '../../src/sender-options.js';
import { createWorld, type World, type WorldServerOptions } from '../../src/testing/world.js';
import { mailWith } from '../policy/bench.js';

const MEMBER = 'securemail.partner.example';
const OTHER = 'mx.other.example';
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/** A member with two addresses and no MX, somebody else with one host, and a sender with these options. */
async function start(
  servers: Readonly<Record<string, WorldServerOptions>>,
  options: Partial<SenderOptions>,
): Promise<{ world: World; sender: Sender }> {
  const world = await createWorld({
    zones: {
      [MEMBER]: { a: ['127.0.0.71', '127.0.0.72'] },
      'other.example': { mx: [OTHER] },
    },
    servers: { [MEMBER]: {}, [OTHER]: {}, ...servers },
  });
  const sender = createSender(world.senderOptions(options));
  open.push(world, sender);
  return { world, sender };
}

const to = (domain: string) => mailWith([], { to: [`anna@${domain}`] });
const aes128 = {
  tls: { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' },
} as const;

describe('SecureMail', () => {
  const profile = secureMailProfile('securemail');

  it('SM-1, SM-3, SM-16: a member is reached at its own addresses, verified, without a question for its MX', async () => {
    const { world, sender } = await start({}, profile);
    const { outcomes } = await world.deliver(sender, to(MEMBER));
    expect(outcomes).toMatchObject([
      { state: 'delivered', host: MEMBER, verdict: { authenticated: true, mxAuth: 'configured' } },
    ]);
    expect(world.resolver.queries).not.toContain(`${MEMBER}/MX`);
    expect(world.server(MEMBER).connections[0]?.tls?.cipher).toMatch(/AES_256/);
    world.noEnvelopeOutsideTls();
  });

  it('SM-3, SM-14: without TLS each address is tried once, then the sender gets one report, and nothing follows', async () => {
    const { world, sender } = await start({ [MEMBER]: { fault: 'noStarttls' } }, profile);
    const { outcomes, receipt } = await world.deliver(sender, to(MEMBER));
    expect(outcomes).toMatchObject([{ state: 'failed', reason: 'starttls-not-supported', status: '5.7.4' }]);
    await receipt.settled;
    expect(world.server(MEMBER).connections).toHaveLength(2);
    for (let day = 0; day < 8; day += 1) {
      await world.clock.advance('1d');
      await world.clock.until(sender.processOnce());
    }
    expect(world.server(MEMBER).connections).toHaveLength(2);
    expect(world.ndrs).toMatchObject([{ kind: 'failed', to: 'ops@bank.example' }]);
    world.never('MAIL');
  });

  it('SM-3, SM-14: nobody gets clear text, whether a member or not; any certificate will do for others', async () => {
    const { world, sender } = await start({ [OTHER]: { certificate: 'selfSigned' } }, profile);
    expect((await world.deliver(sender, to('other.example'))).outcomes).toMatchObject([
      { state: 'delivered', verdict: { encrypted: true, authenticated: false } },
    ]);
    world.server(OTHER).play('noStarttls');
    await world.clock.advance('1m');
    expect((await world.deliver(sender, to('other.example'))).outcomes).toMatchObject([
      { state: 'failed', reason: 'starttls-not-supported' },
    ]);
    world.noEnvelopeOutsideTls();
  });

  it.each([MEMBER, 'other.example'])(
    'SM-7, SM-15: %s: AES of 128 bits is not enough, and is returned',
    async (domain) => {
      const { world, sender } = await start({ [MEMBER]: aes128, [OTHER]: aes128 }, profile);
      const { outcomes } = await world.deliver(sender, to(domain));
      expect(outcomes).toMatchObject([{ state: 'failed', reason: 'handshake-alert' }]);
      expect(world.ndrs).toHaveLength(1);
      world.never('MAIL');
    },
  );

  it('SM-13: the name alone makes a member: the label itself, in any case, and no label like it', async () => {
    const { sender } = await start({}, profile);
    const plans = await Promise.all(
      ['SecureMail.Bank.example', 'securemailx.bank.example', 'mail.securemail.example'].map((domain) =>
        sender.explain(domain),
      ),
    );
    expect(plans.map((text) => /: (\w+)/.exec(text)?.[1])).toEqual(['verified', 'mandatory', 'mandatory']);
  });

  it('SM-14: where a host is down the mail waits: nobody knows whether it has TLS', async () => {
    const { world, sender } = await start({ [MEMBER]: { fault: '421At:connect' } }, profile);
    expect((await world.deliver(sender, to(MEMBER))).outcomes).toMatchObject([{ state: 'deferred' }]);
    expect(world.ndrs).toEqual([]);
  });

  it('SM-16: a rule for all members, or for one, beside other rules', async () => {
    const rules = [
      securemail(),
      secureMailRule(),
      { match: '*.partner.example', level: 'mandatory' },
    ] as const;
    const { world, sender } = await start({}, { default: 'opportunistic', policies: rules });
    expect(await sender.explain(MEMBER)).toMatch(
      /rule "securemail\.\*"[^]*label "securemail"|label "securemail"[^]*rule "securemail\.\*"/,
    );
    expect((await world.deliver(sender, to(MEMBER))).outcomes).toMatchObject([
      { state: 'delivered', verdict: { mxAuth: 'configured' } },
    ]);
    expect(await sender.explain('other.example')).toMatch(/^other\.example: opportunistic/);
  });
});

describe('Best Efforts', () => {
  const profile = secureMailProfile('best-efforts');

  it('SM-1, SM-2, SM-6: TLS where the other side has it, else the mail goes on in clear', async () => {
    const { world, sender } = await start({}, profile);
    await world.deliver(sender, to('other.example'));
    world.server(OTHER).play('noStarttls');
    await world.clock.advance('1m');
    await world.deliver(sender, to('other.example'));
    expect(world.server(OTHER).messages.map(({ secure }) => secure)).toEqual([true, false]);
  });
});

it('SM-1: another profile is refused, with the nearest name', () => {
  expect(() => secureMailProfile('secure-mail' as never)).toThrow(/did you mean "securemail"/);
  expect(() => secureMailProfile('securemail', { nxt: true } as object)).toThrow(/did you mean "next"/);
});
