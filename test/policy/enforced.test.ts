/**
 * Classes c and d: what is enforced, whatever the message says and whoever has been at the queue.
 */
import { X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { Job } from '../../src/deliver/job.js';
import { memoryQueue } from '../../src/queue/memory.js';
import type { QueueDriver } from '../../src/queue/driver.js';
import { summarise } from '../../src/receipt.js';
import type { PolicyRule } from '../../src/sender-options.js';
import { finansinspektionenSuites } from '../../src/tls/suite-profiles.js';
import { offersHybrid } from '../../src/tls/context.js';
import type { Fault } from '../../src/testing/faults.js';
import { pemStore } from '../../src/x509/roots.js';
import { closeAll, collect, HOST, join, mailWith, start } from './bench.js';

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

describe('trying out before enforcing', () => {
  it('FAQ-14: a dry run makes every check with every host and says no MAIL', async () => {
    const { world, sender } = await start({}, listed);
    const run = await sender.dryRun('anna@partner.example');
    expect(run).toMatchObject({
      domain: 'partner.example',
      reason: null,
      plan: { level: 'verified' },
      hosts: [{ target: { host: HOST }, reason: null, verdict: { passed: true, authenticated: true } }],
    });
    world.server(HOST).saw('QUIT', 1);
    world.never('MAIL');
    expect(await sender.queue.count({})).toBe(0);
  });

  it('FAQ-14: a dry run of what would be held says why, and looks again each time', async () => {
    const { world, sender } = await start({ certificate: 'expired' }, listed);
    expect(await sender.dryRun('partner.example')).toMatchObject({
      reason: 'certificate-expired',
      hosts: [{ reason: 'certificate-expired', verdict: { passed: false } }],
    });
    world.server(HOST).certify(world.authority.forHost(HOST));
    expect(await sender.dryRun('partner.example')).toMatchObject({ reason: null });
    expect(await sender.dryRun('nowhere.example')).toMatchObject({ reason: 'dns-nxdomain', hosts: [] });
    world.never('MAIL');
  });

  it('FAQ-14: report-only delivers as before and tells what would have been refused', async () => {
    const told = collect('policy.would-refuse');
    const policies = [{ ...verified, reportOnly: true }];
    const { world, sender } = await start({ certificate: 'expired' }, { ...listed, policies });
    const { outcomes } = await world.deliver(sender, mailWith());
    expect(outcomes).toMatchObject([{ state: 'delivered' }]);
    expect(told).toEqual([{ domain: 'partner.example', host: HOST, reason: 'certificate-expired' }]);
  });

  it('FAQ-14: report-only never lowers what another source asks', async () => {
    const list = {
      name: 'list',
      find: () => ({ kind: 'asks' as const, ask: { level: 'verified' as const }, ref: 'row 1' }),
    };
    const policies = [list, { ...verified, level: 'mandatory' as const, reportOnly: true }];
    const { world, sender } = await start({ certificate: 'expired' }, { ...listed, policies });
    const { outcomes } = await world.deliver(sender, mailWith());
    expect(outcomes).toMatchObject([{ state: 'held', reason: 'certificate-expired' }]);
    world.never('MAIL');
  });

  it('a waiver that opened the door is told each time it does', async () => {
    const told = collect('policy.waived');
    const waiver = {
      check: 'validity',
      reason: 'renewal',
      approvedBy: 'officer',
      until: '2026-02-01',
    } as const;
    const policies = [{ ...verified, waive: [waiver] }];
    const { world, sender } = await start({ certificate: 'expired' }, { ...listed, policies });
    const { outcomes } = await world.deliver(sender, mailWith());
    expect(outcomes).toMatchObject([{ state: 'delivered', verdict: { authenticated: false } }]);
    expect(told).toEqual([
      {
        domain: 'partner.example',
        check: 'validity',
        approvedBy: 'officer',
        until: '2026-02-01T00:00:00.000Z',
      },
    ]);
    await world.clock.advance('17d');
    expect((await world.deliver(sender, mailWith())).outcomes).toMatchObject([
      { state: 'held', reason: 'certificate-expired' },
    ]);
  });
});

it('AT-52, AT-54: the end of an attempt is told, and a source that could not be read; never a recipient', async () => {
  const ended = collect('attempt.ended');
  const unknown = collect('policy.source-unknown');
  const list = { name: 'list', find: () => ({ kind: 'unknown' as const, cause: 'timeout' }) };
  const to = ['anna@partner.example', 'bo@partner.example'];
  const { world, sender } = await start({}, { policies: [list] });
  await world.deliver(sender, mailWith([], { to }));
  expect(unknown).toEqual([{ domain: 'partner.example', source: 'list', cause: 'timeout' }]);
  expect(ended).toMatchObject([
    { domain: 'partner.example', host: null, state: 'held', reason: 'policy-source-unknown' },
  ]);
  const good = join(world, {}).sender;
  await world.deliver(good, mailWith([], { to }));
  expect(ended.slice(1)).toMatchObject([{ host: HOST, state: 'delivered', reason: null }]);
  expect(JSON.stringify([ended, unknown])).not.toContain('@');
});

describe('AT-23: nothing in or about a message lowers the policy', () => {
  it.each([
    'TLS-Required: No',
    'tls-required: no',
    'X-TLS: none',
    'X-Enforced-TLS: off',
    'X-Min-Level: plain',
    'Require-TLS: no',
  ])('AT-23, BITS-5.2.3: the field "%s"', async (field) => {
    for (const server of [{ fault: 'noStarttls' }, { certificate: 'expired' }] as const) {
      const { world, sender } = await start(server, listed);
      const { outcomes } = await world.deliver(sender, mailWith([field]));
      expect(outcomes).toMatchObject([{ state: 'held' }]);
      world.never('MAIL');
    }
  });

  it.each(['plain', 'opportunistic', 'mandatory'] as const)(
    'AT-23, FAQ-7, FI-7: minLevel "%s" for a verified domain is refused before anything is kept',
    async (minLevel) => {
      const { sender } = await start({}, listed);
      await expect(sender.send(mailWith([], { minLevel }))).rejects.toMatchObject({
        code: 'policy-lowered',
      });
      expect(await sender.queue.count({})).toBe(0);
    },
  );

  it('FAQ-7: minLevel raises one domain of a mail and leaves the other where it is', async () => {
    const { world, sender, records } = await start({}, listed);
    const to = ['anna@partner.example', 'bo@other.example'];
    await world.deliver(sender, mailWith([], { to, minLevel: 'mandatory' }));
    const levels = records.map(({ domain, plan }) => [domain, plan.level]);
    expect(Object.fromEntries(levels)).toEqual({
      'partner.example': 'verified',
      'other.example': 'mandatory',
    });
  });

  it('AT-23: options that nobody knows change nothing', async () => {
    const { world, sender } = await start({ fault: 'noStarttls' }, listed);
    const sly = { level: 'plain', tls: false, requireTLS: false, ignoreTLS: true, rejectUnauthorized: false };
    const { outcomes } = await world.deliver(sender, { ...mailWith(), ...sly });
    expect(outcomes).toMatchObject([{ state: 'held' }]);
    world.never('MAIL');
  });
});

describe('AT-55: a queue that others write to', () => {
  /** A queue whose entries somebody changes between put and lease. */
  function tampered(change: (job: Job) => Partial<Job>): QueueDriver {
    const queue = memoryQueue();
    return {
      ...queue,
      lease: async (request) =>
        (await queue.lease(request)).map((lease) => ({
          ...lease,
          job: { ...lease.job, ...change(lease.job) },
        })),
    };
  }

  it.each<[string, (job: Job) => Partial<Job>]>([
    ['the floor', () => ({ floor: { level: 'plain', fingerprint: '' } })],
    ['what the message asks', () => ({ ask: { level: 'plain' } })],
    ['both', () => ({ ask: null, floor: { level: 'plain', fingerprint: '' } })],
  ])('AT-55, Q-12: lowering %s lowers nothing: the policy is found anew', async (_title, change) => {
    for (const server of [{ fault: 'noStarttls' }, { certificate: 'expired' }] as const) {
      const { world, sender } = await start(server, { ...listed, queue: tampered(change) });
      const { outcomes } = await world.deliver(sender, mailWith());
      expect(outcomes).toMatchObject([{ state: 'held' }]);
      world.never('MAIL');
    }
  });

  it('AT-55: a job that was led to another domain’s servers is not tried', async () => {
    const queue = tampered(() => ({ domain: 'other.example', floor: { level: 'plain', fingerprint: '' } }));
    const { world, sender } = await start({}, { ...listed, queue });
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    const receipt = await sender.send(mailWith());
    await sender.processOnce();
    expect(await warned).toMatchObject({ code: 'job-inconsistent' });
    expect(world.server('mx.other.example').connections).toEqual([]);
    expect(world.server(HOST).connections).toEqual([]);
    expect((await sender.status(receipt.id))[0]?.job.recipients[0]?.state).toBe('waiting');
  });
});

describe('CV-3: one more handshake, with less to carry and not with less to hold', () => {
  const runs = it.runIf(offersHybrid);

  runs(
    'CV-3: a handshake that breaks is made once more, on a fresh connection, without hybrid key shares',
    async () => {
      const { world, sender, records } = await start({ fault: 'truncatedHandshake' }, listed);
      const { outcomes } = await world.deliver(sender, mailWith());
      expect(outcomes).toMatchObject([{ state: 'held', reason: 'handshake-closed' }]);
      expect(records[0]?.tried).toMatchObject([{ kind: 'refused', retriedAfter: 'handshake-closed' }]);
      const hellos = world.server(HOST).connections.map((each) => each.insteadOfHandshake.toString('hex'));
      expect(hellos).toHaveLength(2);
      // 0x11ec: X25519MLKEM768.
      expect(hellos.map((hello) => hello.includes('11ec'))).toEqual([true, false]);
      world.never('MAIL');
    },
  );

  runs('CV-3: where the second one succeeds the mail goes, and the record tells', async () => {
    const { world, records } = await start({ fault: 'truncatedHandshake' });
    let calls = 0;
    const own = join(world, {
      ...listed,
      onAttempt: (record) => void records.push(record),
      dial(endpoint, ctx) {
        calls += 1;
        if (calls === 2) world.server(HOST).play();
        return world.dial(endpoint, ctx);
      },
    });
    const { outcomes } = await world.deliver(own.sender, mailWith());
    expect(outcomes).toMatchObject([{ state: 'delivered', verdict: { authenticated: true } }]);
    expect(records.at(-1)?.tried).toMatchObject([{ kind: 'session', retriedAfter: 'handshake-closed' }]);
    expect(calls).toBe(2);
  });

  runs('CV-3: the same for one that is never answered', async () => {
    const { world, sender, records } = await start({ fault: 'hangAfter220' }, listed);
    const { outcomes } = await world.deliver(sender, mailWith());
    expect(outcomes).toMatchObject([{ state: 'held', reason: 'handshake-timeout' }]);
    expect(records[0]?.tried).toMatchObject([{ retriedAfter: 'handshake-timeout' }]);
    expect(world.server(HOST).connections).toHaveLength(2);
  });

  it.each<[Fault, string]>([
    ['alertInHandshake', 'handshake-alert'],
    ['tls11Only', 'no-common-protocol'],
    ['cipherOnly:AES128-SHA', 'handshake-alert'],
    ['noiseInHandshake', 'plaintext-after-starttls'],
  ])('CV-3, AT-8: %s is an answer, and no second handshake is made', async (fault, reason) => {
    const { world, sender, records } = await start({ fault }, listed);
    const { outcomes } = await world.deliver(sender, mailWith());
    expect(outcomes).toMatchObject([{ state: 'held', reason }]);
    expect(records[0]?.tried).toMatchObject([{ retriedAfter: null }]);
    expect(world.server(HOST).connections).toHaveLength(1);
  });
});
