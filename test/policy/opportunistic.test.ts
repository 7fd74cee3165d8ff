/**
 * Class b: TLS where it can be had, and the record of what went out without.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { summarise } from '../../src/receipt.js';
import { closeAll, collect, HOST, mailWith, start } from './bench.js';

afterEach(closeAll);
const b = { default: 'opportunistic' } as const;

describe('class b', () => {
  it('FI-1, FAQ-3, FAQ-24: a domain of which nothing is known gets TLS, with no line of configuration about it', async () => {
    const { world, sender } = await start({}, b);
    const { outcomes } = await world.deliver(sender, mailWith());
    expect(outcomes).toMatchObject([{ state: 'delivered' }]);
    expect(await sender.explain('partner.example')).toContain('asked by    nobody');
    world.server(HOST).saw('STARTTLS', 1);
    expect(world.server(HOST).connections[0]?.tls?.protocol).toBe('TLSv1.3');
    expect(world.server(HOST).messages).toMatchObject([{ secure: true }]);
    world.noEnvelopeOutsideTls();
  });

  it.each(['starttls', 'StartTLS', 'STARTTLS'])('FAQ-2: an offer of "%s" counts', async (offer) => {
    // The second EHLO, inside TLS, gets the usual answer.
    const replies = { EHLO: [`250-${HOST}\r\n250-SIZE 1000000\r\n250 ${offer}`, null] };
    const { world, sender } = await start({ replies });
    const { outcomes } = await world.deliver(sender, mailWith());
    expect(outcomes).toMatchObject([{ state: 'delivered' }]);
    expect(world.server(HOST).messages).toMatchObject([{ secure: true }]);
  });

  it('FAQ-2: a keyword that only begins or ends like it is no offer', async () => {
    const lines = ['STARTTLSX', 'XSTARTTLS', 'X STARTTLS'];
    const { world, sender } = await start({ extensions: { clear: { startTls: false, lines } } });
    const { outcomes } = await world.deliver(sender, mailWith());
    expect(outcomes).toMatchObject([{ state: 'held', reason: 'starttls-not-supported' }]);
    world.never('STARTTLS');
  });

  it('FI-4, FAQ-6: what goes out in clear is told and recorded as such', async () => {
    const unverified = collect('delivery.unverified');
    const { world, sender, records } = await start({ fault: 'noStarttls' }, b);
    const { outcomes } = await world.deliver(sender, mailWith());
    expect(outcomes).toMatchObject([{ state: 'delivered', verdict: { encrypted: false } }]);
    expect(unverified).toEqual([{ domain: 'partner.example', host: HOST, encrypted: false }]);
    const [receipt] = records.flatMap(summarise);
    expect(receipt).toMatchObject({ tls: null, policy: { level: 'opportunistic' } });
    expect(receipt?.checks.find(({ name }) => name === 'starttls')).toMatchObject({
      result: 'warn',
      reason: 'starttls-not-supported',
    });
  });

  it('FI-4, FAQ-6: TLS to somebody unproven is told apart from clear text and from proven TLS', async () => {
    const unverified = collect('delivery.unverified');
    const { world, sender, records } = await start({ certificate: 'selfSigned' }, b);
    await world.deliver(sender, mailWith());
    expect(unverified).toEqual([{ domain: 'partner.example', host: HOST, encrypted: true }]);
    expect(records.flatMap(summarise)[0]?.tls).toMatchObject({ protocol: 'TLSv1.3', verifiedBy: 'none' });
  });

  it('FI-4: a delivery that was proven raises no warning', async () => {
    const unverified = collect('delivery.unverified');
    const { world, sender } = await start({});
    await world.deliver(sender, mailWith());
    expect(unverified).toEqual([]);
  });

  it('FAQ-5: the first TLS with a domain is told once, also when it comes after clear text', async () => {
    const seen = collect('tls.first-seen');
    const { world, sender } = await start({ fault: 'noStarttls' }, b);
    await world.deliver(sender, mailWith());
    expect(seen).toEqual([]);
    world.server(HOST).play();
    await world.clock.advance('1m');
    await world.deliver(sender, mailWith());
    expect(seen).toEqual([{ domain: 'partner.example', host: HOST }]);
    await world.clock.advance('1m');
    await world.deliver(sender, mailWith());
    expect(world.server(HOST).messages).toHaveLength(3);
    expect(seen).toHaveLength(1);
  });

  it('CV-4: a server of TLS 1.0 gets mail over it where the host allows that, and in clear where it does not', async () => {
    for (const allowLegacyTls of [true, false]) {
      const { world, sender } = await start({ fault: 'tls10Only' }, { ...b, allowLegacyTls });
      const { outcomes } = await world.deliver(sender, mailWith());
      expect(outcomes).toMatchObject([{ state: 'delivered', verdict: { encrypted: allowLegacyTls } }]);
    }
  });

  it('CV-4: enforced classes know no such option', async () => {
    const old = { fault: 'tls10Only' } as const;
    await expect(start(old, { default: 'verified', allowLegacyTls: true })).rejects.toMatchObject({
      code: 'legacy-tls-enforced',
    });
    for (const level of ['mandatory', 'verified'] as const) {
      const policies = [{ match: 'partner.example', level }];
      const { world, sender } = await start(old, { ...b, policies, allowLegacyTls: true });
      const { outcomes } = await world.deliver(sender, mailWith());
      expect(outcomes).toMatchObject([{ state: 'held', reason: 'no-common-protocol' }]);
      world.never('MAIL');
    }
  });
});
