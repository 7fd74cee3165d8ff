/**
 * Class d for one domain: what is enforced there, and what the record shows.
 */
import { X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { summarise } from '../../src/receipt.js';
import type { PolicyRule } from '../../src/policy/rules.js';
import type { Fault } from '../../src/testing/faults.js';
import { finansinspektionenSuites } from '../../src/tls/suite-profiles.js';
import { pemStore } from '../../src/x509/roots.js';
import { closeAll, HOST, join, mailWith, start } from './bench.js';

afterEach(closeAll);
const verified: PolicyRule = { match: 'partner.example', level: 'verified' };
const listed = { default: 'opportunistic', policies: [verified] } as const;

describe('an enforced domain', () => {
  it.each<[Fault, string]>([
    ['noStarttls', 'starttls-not-supported'],
    ['strippedXXXX', 'starttls-stripped'],
    ['cert:selfSigned', 'certificate-self-signed'],
    ['cert:unknownCa', 'certificate-unknown-issuer'],
    ['cert:distrustedRoot', 'certificate-distrusted-root'],
    ['cert:expired', 'certificate-expired'],
    ['cert:wrongHost', 'certificate-host-mismatch'],
    ['cert:rsa1024', 'certificate-weak-key'],
    ['tls11Only', 'no-common-protocol'],
    ['cipherOnly:AES128-SHA', 'handshake-alert'],
  ])('FI-2, FAQ-4, FI-8: %s: held, and no word of the envelope is said', async (fault, reason) => {
    const { world, sender } = await start({ fault }, listed);
    const { outcomes } = await world.deliver(sender, mailWith());
    expect(outcomes).toMatchObject([{ state: 'held', reason }]);
    world.never('MAIL');
    world.never('RCPT');
    world.noEnvelopeOutsideTls();
  });

  it('FI-8: a suite below the recommended one goes and is told; one below the approved ones does not', async () => {
    const policies = [{ ...verified, ciphers: finansinspektionenSuites }];
    const { world, sender, records } = await start(
      { fault: 'cipherOnly:AES128-SHA' },
      { ...listed, policies },
    );
    await world.deliver(sender, mailWith());
    expect(records.flatMap(summarise)).toMatchObject([
      { state: 'delivered', tls: { cipher: { standardName: 'TLS_RSA_WITH_AES_128_CBC_SHA' } } },
    ]);
    expect(records.flatMap(summarise)[0]?.checks.find(({ name }) => name === 'cipher')).toMatchObject({
      result: 'warn',
      reason: 'cipher-below-floor',
    });
  });

  it('FI-9: an authority outside the approved list is refused, although this host trusts it elsewhere', async () => {
    const { world, sender } = await start({}, listed);
    const approved = pemStore(world.authority.distrusted.certificate, 'approved list');
    const policies = [{ ...verified, trust: approved }];
    const strict = join(world, { ...listed, policies }).sender;
    const { outcomes } = await world.deliver(strict, mailWith());
    expect(outcomes).toMatchObject([{ state: 'held', reason: 'certificate-unknown-issuer' }]);
    world.never('MAIL');
    expect((await world.deliver(sender, mailWith())).outcomes).toMatchObject([{ state: 'delivered' }]);
  });

  it('FI-15: a server that takes everything in clear is refused by the sender alone', async () => {
    const { world, sender } = await start({ fault: 'noStarttls' }, listed);
    const lax = join(world, { default: 'plain' }).sender;
    expect((await world.deliver(lax, mailWith())).outcomes).toMatchObject([{ state: 'delivered' }]);
    expect((await world.deliver(sender, mailWith())).outcomes).toMatchObject([{ state: 'held' }]);
    expect(world.server(HOST).messages).toHaveLength(1);
  });

  it('FAQ-9, FAQ-12: every mail to it is encrypted and proven, whatever stands in it and without a word by its author', async () => {
    const { world, sender } = await start({}, listed);
    const fields = [[], ['Subject: lunch'], ['Sensitivity: Company-Confidential'], ['X-No-Encryption: yes']];
    for (const each of fields) await world.deliver(sender, mailWith(each));
    const { messages } = world.server(HOST);
    expect(messages.map(({ secure }) => secure)).toEqual([true, true, true, true]);
    expect(Object.keys(mailWith())).toEqual(['from', 'to', 'message']);
  });

  it('FAQ-15: the record has the dates of every certificate of the chain', async () => {
    const { world, sender, records } = await start({}, listed);
    await world.deliver(sender, mailWith());
    const chain = records.flatMap(summarise)[0]?.tls?.chain ?? [];
    const { authority } = world;
    expect(chain.map(({ subject }) => subject)).toEqual([
      `CN=${HOST}`,
      'CN=Test Root Intermediate',
      'CN=Test Root',
    ]);
    const issuers = [authority.intermediate, authority.root].map(({ certificate }) =>
      new X509Certificate(certificate).validToDate.getTime(),
    );
    expect(chain.slice(1).map(({ notAfter }) => notAfter)).toEqual(issuers);
    expect(chain[0]?.notBefore).toBeLessThan(world.clock.now());
    expect(chain[0]?.notAfter).toBeGreaterThan(world.clock.now());
  });

  it('FAQ-17: the certificate of this host is shown to the partner whose rule says so, and to nobody else', async () => {
    const { world } = await start({ tls: { clientCertificate: 'require' } });
    const own = world.authority.issue({ dns: ['out.bank.example'], eku: ['clientAuth'] });
    const clientCertificate = { key: own.key, cert: own.chain };
    const policies = [{ ...verified, clientCertificate }];
    const { sender } = join(world, { policies });
    expect((await world.deliver(sender, mailWith())).outcomes).toMatchObject([{ state: 'delivered' }]);
    expect(world.server(HOST).connections.at(-1)?.tls?.clientCertificate).toBe(
      new X509Certificate(own.certificate).fingerprint256,
    );
    await world.clock.advance('1m');
    const without = join(world, {}).sender;
    expect((await world.deliver(without, mailWith())).outcomes).toMatchObject([
      { state: 'held', reason: 'client-certificate-required' },
    ]);
  });
});
