/**
 * Each example runs, as a host would run it: against the built package, found by its name, in a small internet on loopback.
 */
import { generateKeyPairSync } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { describe, expect, it } from 'vitest';
import type { Sender } from '../../src/sender.js';
import type { EngineOptions, SenderOptions } from '../../src/sender-options.js';
import { createAuthority } from '../../src/testing/authority.js';
import { createFakeClock } from '../../src/testing/clock.js';
import type { World, WorldOptions } from '../../src/testing/world.js';
import { hasRedis, startRedis } from '../queue/redis-server.js';
import { useStage } from './stage.js';

const tsconfig = new URL('../../examples/tsconfig.json', import.meta.url);

const stage = useStage();

describe('send.mjs', () => {
  interface Send {
    readonly createBankSender: (surroundings: Partial<SenderOptions>) => Sender;
    readonly sendReport: (sender: Sender, to: readonly string[]) => Promise<string[]>;
  }

  /** What the example says of each domain at the first try. */
  async function send(
    options: WorldOptions,
    to: readonly string[],
  ): Promise<{ world: World; said: string[] }> {
    const world = await stage.makeWorld(options);
    const { createBankSender, sendReport } = await stage.built.load<Send>('examples/send.mjs');
    const { ehloName: _, default: __, ...surroundings } = world.senderOptions({ work: 'on-send' });
    const sender = createBankSender({ ...surroundings, onAttempt: () => undefined });
    stage.closeLater(sender);
    return { world, said: await world.clock.until(sendReport(sender, to)) };
  }
  const partner = { 'partner.example': { mx: ['mx1.partner.example'] } };

  it('FAQ-18, FAQ-19, FAQ-20: class a goes in clear though TLS is offered, class b where there is none', async () => {
    const { world, said } = await send(
      {
        zones: {
          'newsletter.example': { mx: ['mx.newsletter.example'] },
          'anybody.example': { mx: ['mx.anybody.example'] },
        },
        servers: { 'mx.anybody.example': { fault: 'noStarttls' } },
      },
      ['a@newsletter.example', 'b@anybody.example'],
    );
    expect(said.map((text) => text.split(' ')[0])).toEqual(['delivered', 'delivered']);
    for (const host of ['mx.newsletter.example', 'mx.anybody.example']) {
      expect(world.server(host).messages).toMatchObject([{ secure: false }]);
    }
  });

  it.each([
    ['selfSigned', 'delivered', 1],
    ['noStarttls', 'starttls-not-supported', 0],
  ] as const)(
    'FAQ-21: class c takes any certificate and never clear text: %s is %s',
    async (what, word, messages) => {
      const fault = what === 'selfSigned' ? 'cert:selfSigned' : what;
      const { world, said } = await send(
        {
          zones: { 'supplier.example': { mx: ['mx.supplier.example'] } },
          servers: { 'mx.supplier.example': { fault } },
        },
        ['a@supplier.example'],
      );
      expect(said[0]).toMatch(new RegExp(`^${word} `));
      expect(world.server('mx.supplier.example').messages).toHaveLength(messages);
    },
  );

  it('FAQ-22: class d delivers to a proven server and says what is wrong with another', async () => {
    expect((await send({ zones: partner }, ['a@partner.example'])).said[0]).toMatch(
      /^delivered {3}a@partner/,
    );
    const { world, said } = await send(
      { zones: partner, servers: { 'mx1.partner.example': { certificate: 'wrongHost' } } },
      ['a@partner.example'],
    );
    expect(said[0]).toMatch(/^certificate-host-mismatch .*\n.*other\.invalid.*\n {2}To fix \(recipient\)/);
    world.never('MAIL');
  });

  it('FI-5, FI-6, FI-20: fi.se gets mail at its gateways, from the agreed issuer, and not otherwise', async () => {
    const zones = { 'fi.se': { mx: ['post.fi.se'] } };
    const authority = await createAuthority({ name: 'DigiCert' });
    expect((await send({ zones, authority }, ['a@fi.se'])).said[0]).toMatch(/^delivered /);
    expect((await send({ zones }, ['a@fi.se'])).said[0]).toMatch(/^certificate-issuer-not-allowed /);
    const elsewhere = await send({ zones: { 'fi.se': { mx: ['mx.other.example'] } }, authority }, [
      'a@fi.se',
    ]);
    expect(elsewhere.said[0]).toMatch(/^mx-not-allowed /);
    elsewhere.world.never('MAIL');
  });
});

describe('pieces.mjs', () => {
  interface Pieces {
    readonly deliverByHand: (
      mail: { from: string; to: string; text: string },
      surroundings: object,
    ) => Promise<{ delivered: boolean; reason: string | null }>;
  }
  const zones = { 'partner.example': { mx: ['mx1.partner.example'] } };
  const mail = {
    from: 'ops@bank.example',
    to: 'anna@partner.example',
    text: 'From: ops@bank.example\r\nSubject: x\r\n\r\n.a dot in front\r\n',
  };

  async function deliver(world: World) {
    const { resolver, dial, trust, clock } = world.senderOptions();
    const { deliverByHand } = await stage.built.load<Pieces>('examples/pieces.mjs');
    const route = { allowPrivateAddresses: true };
    return world.clock.until(deliverByHand(mail, { resolver, dial, trust, clock, route }));
  }

  it('FAQ-22: pieces composed by hand deliver to a proven server', async () => {
    const world = await stage.makeWorld({ zones });
    expect(await deliver(world)).toMatchObject({ delivered: true, reason: null });
    const [message] = world.server('mx1.partner.example').messages;
    expect(message?.secure).toBe(true);
    expect(message?.content.toString()).toMatch(/\r\n\r\n\.a dot in front\r\n$/);
    world.noEnvelopeOutsideTls();
    world.noOffences();
  });

  it('FI-2, FI-19: to another one they say nothing but QUIT', async () => {
    const world = await stage.makeWorld({
      zones,
      servers: { 'mx1.partner.example': { certificate: 'expired' } },
    });
    expect(await deliver(world)).toMatchObject({ delivered: false, reason: 'certificate-expired' });
    world.never('MAIL');
    world.saw('QUIT', 1);
  });
});

describe('nodemailer.mjs', () => {
  interface Mailer {
    readonly createDirectTransport: (surroundings: Partial<EngineOptions>) => { close(): void };
    readonly createQueueTransport: (sender: Sender) => { sendMail(mail: object): Promise<{ id: string }> };
    readonly sendInvoice: (transport: object, to: string) => Promise<object>;
  }
  const zones = { 'partner.example': { mx: ['mx1.partner.example'] } };
  const surroundingsOf = (world: World): Partial<EngineOptions> => {
    const { resolver, clock, dial, trust } = world.senderOptions() as Required<SenderOptions>;
    return { resolver, clock, dial, trust, allowPrivateAddresses: true };
  };

  it('nodemailer, direct mode: the receipt is the proof, a refusal has a code and says who can mend it', async () => {
    const { createDirectTransport, sendInvoice } = await stage.built.load<Mailer>('examples/nodemailer.mjs');
    const world = await stage.makeWorld({ zones });
    const transport = createDirectTransport(surroundingsOf(world));
    stage.closeLater(transport);
    expect(await world.clock.until(sendInvoice(transport, 'anna@partner.example'))).toEqual({
      sent: true,
      proof: 'TLSv1.3, verified by pkix',
    });
    expect(world.server('mx1.partner.example').messages[0]?.content.toString()).toContain('invoice.csv');

    world.server('mx1.partner.example').play('noStarttls');
    world.server('mx1.partner.example').dropConnections();
    await world.clock.settle();
    expect(await world.clock.until(sendInvoice(transport, 'anna@partner.example'))).toMatchObject({
      sent: false,
      code: 'starttls-not-supported',
      message: expect.stringContaining('To fix (recipient): Enable STARTTLS'),
    });
    world.saw('MAIL', 1);
  });

  it('nodemailer, queue mode: the message is kept, then delivered', async () => {
    const { createQueueTransport } = await stage.built.load<Mailer>('examples/nodemailer.mjs');
    const { createSender } = await stage.built.load<{ createSender: (options: SenderOptions) => Sender }>(
      'dist/index.js',
    );
    const world = await stage.makeWorld({ zones });
    const sender = createSender(world.senderOptions());
    stage.closeLater(sender);
    const { id } = await createQueueTransport(sender).sendMail({
      from: 'ops@bank.example',
      to: 'anna@partner.example',
      subject: 'x',
      text: 'hello',
    });
    expect(await sender.status(id)).toMatchObject([{ state: 'ready' }]);
    await world.clock.until(sender.processOnce());
    expect(await sender.status(id)).toMatchObject([{ state: 'done' }]);
    expect(world.server('mx1.partner.example').messages).toHaveLength(1);
  });
});

describe('dkim.mjs', () => {
  interface Dkim {
    readonly createSigningSender: (key: object, surroundings: Partial<SenderOptions>) => Sender;
  }

  it('FAQ-10, DKIM: what arrives verifies, because nothing was changed after it was signed', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'der' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const world = await stage.makeWorld({ zones: { 'partner.example': { mx: ['mx1.partner.example'] } } });
    const { createSigningSender } = await stage.built.load<Dkim>('examples/dkim.mjs');
    const key = { domain: 'bank.example', selector: 's1', privateKey };
    const sender = createSigningSender(key, world.senderOptions());
    stage.closeLater(sender);
    await world.deliver(sender, {
      from: 'ops@bank.example',
      to: ['anna@partner.example'],
      message: Buffer.from(
        'From: ops@bank.example\r\nSubject: Report\r\n\r\n.one dot\r\n\r\ntwo  spaces \r\n',
      ),
    });
    const [message] = world.server('mx1.partner.example').messages;
    const resolver = (name: string, type: string): Promise<string[][]> =>
      name === 's1._domainkey.bank.example' && type === 'TXT'
        ? Promise.resolve([[`v=DKIM1; k=rsa; p=${publicKey.toString('base64')}`]])
        : Promise.reject(Object.assign(new Error(`no ${type} for ${name}`), { code: 'ENOTFOUND' }));
    const { results } = await dkimVerify(message?.content ?? Buffer.alloc(0), { resolver });
    expect(results).toMatchObject([{ signingDomain: 'bank.example', status: { result: 'pass' } }]);
  });
});

describe.skipIf(!hasRedis())('bullmq.mjs', () => {
  interface Bullmq {
    readonly createRedisSender: (connection: object, surroundings: Partial<SenderOptions>) => Sender;
  }

  it('Q-8: a mail goes into Redis, comes out, and is delivered', async () => {
    const redis = await startRedis();
    stage.closeLater({ close: () => redis.stop() });
    // BullMQ lives by the real time.
    const world = await stage.makeWorld({
      zones: { 'partner.example': { mx: ['mx1.partner.example'] } },
      clock: createFakeClock(Date.now()),
    });
    const { createRedisSender } = await stage.built.load<Bullmq>('examples/bullmq.mjs');
    const { ehloName: _, default: __, queue: ___, ...surroundings } = world.senderOptions();
    const sender = createRedisSender(
      { host: redis.host, port: redis.port },
      { ...surroundings, complete: true },
    );
    stage.closeLater(sender);
    const mail = {
      from: 'ops@bank.example',
      to: ['anna@partner.example'],
      message: 'From: ops@bank.example\r\nSubject: x\r\n\r\nhello\r\n',
    };
    const { id } = await sender.send(mail);
    expect(await sender.status(id)).toMatchObject([{ state: 'ready' }]);
    expect(await sender.processOnce()).toBe(1);
    expect(await sender.status(id)).toMatchObject([{ state: 'done' }]);
    expect(world.server('mx1.partner.example').messages).toMatchObject([{ secure: true }]);
  });
});

describe('as programs', () => {
  it('host.test.mjs: the tests of a host run with enforced-tls/testing', async () => {
    const { code, stdout, stderr } = await stage.built.run(
      'vitest',
      'run',
      '--dir',
      'examples',
      'host.test.mjs',
    );
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/Tests {2}3 passed/);
  }, 60_000);

  it('all examples: what they call exists, with these types', async () => {
    // Against the sources: the build that the other tests use has no types.
    const { code, stdout } = await stage.built.run('tsc', '-p', fileURLToPath(tsconfig));
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  }, 120_000);
});
