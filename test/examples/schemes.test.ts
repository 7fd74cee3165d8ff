/**
 * The examples of schemes run, as a host would run them: against the built package, in a small internet on loopback.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { composeReceived } from '../../src/inbound/received.js';
import type { TestMail } from '../../src/preflight/test-mail.js';
import type { Sender } from '../../src/sender.js';
import type { SenderOptions } from '../../src/sender-options.js';
import { createAuthority } from '../../src/testing/authority.js';
import { createFakeClock } from '../../src/testing/clock.js';
import type { WorldOptions } from '../../src/testing/world.js';
import type { ZoneResolver } from '../../src/testing/zones.js';
import type { TrustStore } from '../../src/x509/trust-store.js';
import { surroundingsOf, useStage } from './stage.js';

const DAY = 86_400_000;
const stage = useStage();

describe('partner-rollout.mjs', () => {
  interface Rollout {
    readonly createRolloutSender: (surroundings: Partial<SenderOptions>, toldFile: string) => Sender;
    readonly watchPartners: (tell: (line: string) => void) => () => void;
    readonly lookAround: (sender: Sender, look: object) => Promise<string[]>;
    readonly sendTestMail: (sender: Sender, to: string) => Promise<TestMail>;
    readonly readCopy: (copy: string, test: TestMail, trusted: readonly string[]) => string;
  }
  const HOST = 'mx1.partner.example';
  const OWN = 'mx.bank.example';

  async function begin(options: Partial<WorldOptions> = {}) {
    const world = await stage.makeWorld({
      zones: { 'partner.example': { mx: [HOST] }, 'next.example': { mx: ['mx.next.example'] } },
      ...options,
      servers: { [OWN]: {}, ...options.servers },
    });
    const example = await stage.built.load<Rollout>('examples/partner-rollout.mjs');
    const told: string[] = [];
    const stop = example.watchPartners((line) => void told.push(line));
    const sender = example.createRolloutSender(
      surroundingsOf(world),
      join(stage.built.folder, `told-${Math.random()}`),
    );
    stage.closeLater({ close: stop }, sender);
    return { world, example, sender, told };
  }

  it('FAQ-13, FAQ-14, FAQ-15, FAQ-16, FAQ-18: looks at partners and own servers and tells what ends soon', async () => {
    const { world, example, sender, told } = await begin({
      servers: { 'mx.next.example': { certificate: 'selfSigned' } },
    });
    const { authority, clock } = world;
    world.server(HOST).certify(authority.issue({ dns: [HOST], notAfter: clock.now() + 12 * DAY }));
    const ownChain = authority.issue({ dns: [OWN], notAfter: clock.now() + 5 * DAY }).chain;
    const look = { partners: ['partner.example', 'next.example'], ownServer: OWN, ownChain };
    const reports = await clock.until(example.lookAround(sender, look));
    expect(reports.map((text) => text.split(',')[0])).toEqual([
      'partner.example: WARN',
      'next.example: FAIL',
      `${OWN}: PASS`,
    ]);
    expect(reports[1]).toMatch(/To do \(recipient\): Install a certificate of a listed authority/);
    expect(told.filter((line) => line.includes('ends'))).toEqual([
      `partner.example: CN=${HOST} at ${HOST} ends in 12 days`,
      `own server: CN=${OWN} at ${OWN} ends in 5 days`,
    ]);
    world.never('MAIL');
  });

  it('FAQ-5, FAQ-13, FAQ-25: sends a test mail and reads its copy', async () => {
    const { world, example, sender, told } = await begin();
    const test = await world.clock.until(example.sendTestMail(sender, 'postmaster@partner.example'));
    expect(told).toEqual([`partner.example: TLS works, seen at ${HOST}`]);
    const arrived = world.server(HOST).messages[0]?.content.toString() ?? '';
    const field = composeReceived({
      session: {
        ip: '192.0.2.9',
        ehlo: 'out.bank.example',
        tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
      },
      by: HOST,
      id: 'a1',
      now: world.clock.now(),
    });
    expect(example.readCopy(field + arrived, test, [HOST])).toBe('came over TLS');
    expect(example.readCopy(arrived, test, [HOST])).toBe('no proof: no-trusted-hop');
    expect(example.readCopy('Subject: hello\r\n\r\n', test, [HOST])).toMatch(/no copy/);
  });
});

describe('securemail.mjs', () => {
  interface Member {
    readonly recordsToPublish: () => string;
    readonly createMemberSender: (surroundings: Partial<SenderOptions>) => Sender;
    readonly lookAtOwnSetup: (sender: Sender, resolver: ZoneResolver) => Promise<string>;
    readonly sendSecurely: (sender: Sender, to: string) => Promise<string>;
  }
  const DOMAIN = 'securemail.bank.example';
  const OTHER = 'securemail.partner.example';

  it('SM-1, SM-4, SM-5, SM-11, SM-12, SM-14, SM-16, SM-22: what is published is what is looked for; mail arrives or comes back', async () => {
    const example = await stage.built.load<Member>('examples/securemail.mjs');
    const zone = example.recordsToPublish();
    const txt = [...zone.matchAll(/IN TXT "([^"]*)"/g)].map(([, text = '']) => text);
    expect(zone).toContain(`${DOMAIN}. IN A 192.0.2.1\n`);
    const world = await stage.makeWorld({
      zones: { [DOMAIN]: { a: ['127.0.0.71'], txt }, [OTHER]: { a: ['127.0.0.72'] } },
      servers: { [DOMAIN]: {}, [OTHER]: {} },
    });
    const { onPolicyFailure: _, policies: __, ...surroundings } = surroundingsOf(world);
    const sender = example.createMemberSender(surroundings);
    stage.closeLater(sender);
    const { clock } = world;
    expect(await clock.until(example.lookAtOwnSetup(sender, world.resolver))).toMatch(/: PASS\n/);
    world.never('MAIL');
    expect(await clock.until(example.sendSecurely(sender, `anna@${OTHER}`))).toBe('delivered');
    world.server(OTHER).play('noStarttls');
    await clock.advance('1m');
    expect(await clock.until(example.sendSecurely(sender, `anna@${OTHER}`))).toBe(
      'failed: starttls-not-supported',
    );
    world.noEnvelopeOutsideTls();
  });
});

describe('finansinspektionen.mjs', () => {
  interface Example {
    readonly planChange: (
      proposal: object,
      surroundings: { trust: TrustStore; issuer: readonly string[]; at: number },
    ) => Promise<{ refusals: string[]; letter: string | null }>;
    readonly createMemberSender: (surroundings: Partial<SenderOptions>) => Sender;
    readonly lookAtAuthority: (sender: Sender) => Promise<{ ready: boolean; text: string }>;
  }

  it('FI-14, FI-22, FI-23: a change is judged, and the questionnaire filled from it', async () => {
    const { planChange } = await stage.built.load<Example>('examples/finansinspektionen.mjs');
    const world = await stage.makeWorld({ zones: {} });
    const { authority, trust } = world;
    const at = world.clock.now();
    const mx = [{ host: 'mx1.member.example', address: '192.0.2.1' }];
    const plan = (cn: string) =>
      planChange(
        { mx, certificates: authority.issue({ cn, dns: [cn], notAfter: Date.UTC(2027, 0, 31) }).chain },
        { trust, issuer: ['Test Root'], at },
      );
    expect(await plan('mail.member.example')).toEqual({
      refusals: ['mx1.member.example: name, certificate-host-mismatch'],
      letter: null,
    });
    expect((await plan('mx1.member.example')).letter).toContain(
      'mx1.member.example, IP: 192.0.2.1 CN=mx1.member.example Valid until 27:01:31',
    );
  });

  it('FI-3, FI-5, FI-14: the gateways of the authority are looked at, and no mail is sent', async () => {
    const { createMemberSender, lookAtAuthority } = await stage.built.load<Example>(
      'examples/finansinspektionen.mjs',
    );
    const zones = { 'fi.se': { mx: ['post.fi.se', 'post2.fi.se'] } };
    const authority = await createAuthority({ name: 'DigiCert', clock: createFakeClock() });
    const look = async (servers: WorldOptions['servers']) => {
      const world = await stage.makeWorld({
        zones,
        authority,
        ...(servers === undefined ? {} : { servers }),
      });
      const { policies: _, ...surroundings } = surroundingsOf(world);
      const sender = createMemberSender(surroundings);
      stage.closeLater(sender);
      const found = await world.clock.until(lookAtAuthority(sender));
      world.never('MAIL');
      return found;
    };
    const certificate = (cn: string) => ({ certificate: { cn, dns: [cn] } });
    const good = {
      'post.fi.se': certificate('post.fi.se'),
      'post2.fi.se': certificate('post2.fi.se'),
    };
    expect(await look(good)).toMatchObject({
      ready: true,
      text: expect.stringMatching(/^fi\.se: WARN/) as string,
    });
    const { ready, text } = await look({ ...good, 'post.fi.se': { certificate: 'expired' } });
    expect(ready).toBe(true);
    expect(text).toMatch(
      /^fi\.se: FAIL[^]*post\.fi\.se: FAIL[^]*certificate has expired[^]*post2\.fi\.se: WARN/,
    );
  });
});
