/**
 * The self-test of a host's configuration: it passes for one that enforces, tells each leak of one that does not, and leaves
 * everything of the host alone.
 */
import { describe, expect, it } from 'vitest';
import { type EventName, onEvent } from '../../src/core/channels.js';
import { createContext } from '../../src/core/context.js';
import type { PolicyRule } from '../../src/policy/rules.js';
import { memoryQueue } from '../../src/queue/memory.js';
import { bits } from '../../src/scheme/bits.js';
import type { ListOrigin } from '../../src/scheme/domain-list-origin.js';
import { finansinspektionen } from '../../src/scheme/finansinspektionen.js';
import { verifyPolicies } from '../../src/scheme/verify-policies.js';
import { runSelfTest, type SelfTestOptions, writeSelfTest } from '../../src/selftest/index.js';
import type { SenderOptions } from '../../src/sender-options.js';
import { createFakeClock } from '../../src/testing/clock.js';
import { scenarios } from '../../src/testing/scenarios.js';
import { bundledRoots } from '../../src/x509/roots.js';
import { csv } from '../scheme/lists.js';

const LISTED = ['a.example', 'b.example'];
const host = (more: Partial<SenderOptions> = {}): SenderOptions => ({
  ehloName: 'out.bank.example',
  queue: memoryQueue(),
  default: 'opportunistic',
  policies: [bits({ domains: LISTED })],
  ...more,
});
const run = (more: Partial<SenderOptions> = {}, options: Partial<SelfTestOptions> = {}) =>
  runSelfTest({ listed: LISTED, host: host(more), ...options });

describe('a configuration that enforces', () => {
  it('BITS-5.2.6, BITS-5.1.1, BITS-A3.3: passes, dated, with the digest of its policies', async () => {
    const before = Date.now();
    const result = await run();
    expect(result).toMatchObject({ passed: true, findings: [], pending: [] });
    expect(result.at).toBeGreaterThanOrEqual(before);
    expect(result.digest).toBe((await verifyPolicies({ listed: LISTED, host: host() })).digest);
    // Both domains have the same plan: one stands for the other.
    expect(result.groups).toEqual([{ tried: 'a.example', domains: 2, trials: expect.any(Number) }]);
    expect(result.groups[0]?.trials).toBeGreaterThan(50);
  });

  it('BITS-5.2.6: domains whose plans differ are tried each', async () => {
    const policies = [bits({ domains: LISTED }), { match: 'b.example', minProtocol: 'TLSv1.3' }] as const;
    const result = await run({ policies });
    expect(result.findings).toEqual([]);
    expect(result.groups.map(({ tried }) => tried)).toEqual(LISTED);
  });

  it('BITS-5.2.6: what is anchored in the real world is anchored in the test instead', async () => {
    const policies: readonly PolicyRule[] = [
      bits({ domains: LISTED }),
      {
        match: 'a.example',
        trust: bundledRoots(),
        include: [bundledRoots().anchors[0]?.certificate.sha256 ?? ''],
        pins: [`spki-sha256/${'A'.repeat(43)}=`],
        issuer: ['Somebody'],
        mx: ['mail.a.example'],
        route: { type: 'direct' },
      },
    ];
    expect(await run({ policies })).toMatchObject({ passed: true, groups: [{ domains: 1 }, { domains: 1 }] });
  });

  it('BITS-5.2.6: what two sides agreed on is no leak: suites of Finansinspektionen, Common Names of old partners', async () => {
    const policies: readonly PolicyRule[] = [
      finansinspektionen(),
      { match: 'old.example', level: 'verified', nameMode: 'san-or-cn' },
    ];
    const { groups, findings } = await run({ policies }, { listed: ['fi.se', 'old.example', 'a.example'] });
    expect(findings.filter(({ domain }) => domain !== 'a.example')).toEqual([]);
    const [fi, old, other] = groups.map(({ trials }) => trials);
    expect(fi).toBeLessThan(other ?? 0);
    expect(old).toBe((other ?? 0) - 2);
  });

  it('BITS-A3.1: of class c it asks no more than class c', async () => {
    const policies = LISTED.map((match) => ({ match, level: 'mandatory', locked: true }) as const);
    expect(await run({ policies }, { atLeast: 'mandatory' })).toMatchObject({ passed: true });
    const strict = await run({ policies });
    expect(strict.passed).toBe(false);
    expect(strict.findings.every(({ trial, kind }) => trial.startsWith('cert:') && kind === 'leak')).toBe(
      true,
    );
  });
});

describe('a configuration that does not', () => {
  const leaksOf = async (more: Partial<SenderOptions>): Promise<string[]> => {
    const { passed, findings } = await run(more, { listed: ['a.example'] });
    expect(passed).toBe(false);
    return findings.map(({ kind, trial }) => `${kind} ${trial}`);
  };
  const weak: Readonly<Record<string, Partial<SenderOptions>>> = {
    'class b': { policies: [] },
    'a list without that domain': { policies: [bits({ domains: ['b.example'] })] },
    'a rule of class b': { policies: [{ match: 'a.example', level: 'opportunistic' }] },
  };

  it.each(Object.entries(weak))(
    'BITS-5.2.6: %s leaks in clear and on bad certificates',
    async (_title, more) => {
      const leaks = await leaksOf(more);
      for (const trial of ['noStarttls', 'strippedXXXX', 'starttls454', 'closeAfter220', 'tls11Only'])
        expect(leaks).toContain(`leak ${trial}`);
      for (const trial of ['cert:expired', 'cert:wrongHost', 'cert:unknownCa', 'cert:selfSigned'])
        expect(leaks).toContain(`leak ${trial}`);
    },
  );

  it('BITS-5.2.6: class a leaks even to an honest server', async () => {
    const leaks = await leaksOf({ default: 'plain', policies: [] });
    expect(leaks).toContain('leak honest');
  });

  it('BITS-5.2.6: a waiver leaks where it waives, and nowhere else', async () => {
    const waive = [{ check: 'validity', reason: 'x', approvedBy: 'y', until: '2999-01-01' }] as const;
    const leaks = await leaksOf({ policies: [{ match: 'a.example', level: 'verified', waive }] });
    expect(leaks).toEqual(['leak cert:expired', 'leak cert:notYet', 'leak cert:issuerExpired']);
  });

  const gone = (): never => {
    throw new Error('gone');
  };
  it.each([
    ['says that it does not know', () => ({ kind: 'unknown', cause: 'gone' }) as const],
    ['throws', gone],
    ['answers nothing', () => undefined as never],
  ])('BITS-5.2.6: one whose source %s refuses everybody and proves nothing', async (_title, find) => {
    const broken = { name: 'list', find };
    const { passed, findings } = await run({ policies: [broken] });
    expect(passed).toBe(false);
    expect(findings).toMatchObject([
      { kind: 'refused', trial: 'honest', seen: expect.stringContaining('policy-source-unknown') },
    ]);
  });

  it('BITS-5.2.6: an empty list passes nothing', async () => {
    expect(await run({}, { listed: [] })).toMatchObject({ passed: false, groups: [] });
  });
});

describe('what is left alone', () => {
  it('BITS-5.2.6: queue, network, callbacks and listeners of the host notice nothing', async () => {
    const touched: string[] = [];
    const touch = (what: string) => (): never => {
      touched.push(what);
      throw new Error(what);
    };
    const queue = new Proxy(memoryQueue(), {
      get: (target, key) => (key === 'put' ? touch('queue') : Reflect.get(target, key)),
    });
    const events: EventName[] = [
      'sender.started',
      'message.accepted',
      'attempt.ended',
      'hold.started',
      'job.buried',
    ];
    const stops = events.map((name) => onEvent(name, () => touched.push(name)));
    const { passed } = await run({
      queue,
      resolver: { name: 'x', mx: touch('mx'), addresses: touch('addresses'), cname: touch('cname') },
      dial: touch('dial'),
      sign: touch('sign'),
      onAttempt: touch('onAttempt'),
      reports: { onReport: touch('onReport') },
      localAddress: { ipv4: '192.0.2.1' },
      families: ['ipv6'],
    });
    expect(passed).toBe(true);
    expect(touched).toEqual([]);
    for (const stop of stops) stop();
  });

  it('BITS-5.2.6, BITS-P3: no list is fetched; a domain that need not be enforced yet is not tried', async () => {
    const clock = createFakeClock('2026-06-01T00:00:00Z');
    const fetched: string[] = [];
    const origin: ListOrigin = {
      place: 'x',
      fetch(_etag, ctx) {
        fetched.push('fetch');
        const rows = ['A;1;a.example;2024-02-01;Ja', 'B;2;b.example;2026-05-01;Ja'];
        return Promise.resolve({
          kind: 'content',
          octets: Buffer.from(csv(rows)),
          etag: null,
          asOf: ctx.clock.now(),
        });
      },
    };
    const source = bits({ list: origin, enforceAfterMonths: 3 });
    // So long ago that mail would look at the list again.
    const read = Date.UTC(2026, 4, 2);
    await source.refresh({ ctx: createContext({ clock: createFakeClock(read) }) });
    const listed = [
      { domain: 'a.example', enrolled: '2024-02-01' },
      { domain: 'b.example', enrolled: '2026-05-01' },
    ];
    const result = await run({ policies: [source] }, { listed, clock });
    expect(result).toMatchObject({
      passed: true,
      at: clock.now(),
      groups: [{ tried: 'a.example' }],
      pending: ['b.example'],
    });
    expect(fetched).toEqual(['fetch']);
    expect((await source.status())?.asOf).toBe(read);
  });

  it('BITS-5.2.6: an option that the sender would refuse is refused', async () => {
    await expect(run({ requireTLS: false } as never)).rejects.toMatchObject({ code: 'option-unknown' });
    await expect(run({}, { domains: [] } as never)).rejects.toMatchObject({ code: 'option-unknown' });
  });
});

describe('the trials', () => {
  it('BITS-5.2.6: every scenario with one server that no word of an envelope may reach is one of them', async () => {
    const { groups, findings } = await run({ default: 'plain', policies: [] }, { listed: ['a.example'] });
    const known = new Set(scenarios.map(({ name }) => name));
    expect(findings.filter(({ trial }) => trial !== 'honest' && !known.has(trial))).toEqual([]);
    // Class a reaches everybody who takes a connection and greets.
    expect(findings.length).toBeGreaterThan((groups[0]?.trials ?? 0) * 0.6);
  });
});

describe('the result on paper', () => {
  it('BITS-5.2.6: text, Markdown, HTML and JSON', async () => {
    const passed = await run();
    expect(writeSelfTest(passed, 'text')).toMatch(
      new RegExp(
        `^Self-test of 20\\d\\d-\\d\\d-\\d\\d\\n\\nSelf-test:\\n {2}Result: passed\\n[^]*${passed.digest}`,
      ),
    );
    expect(JSON.parse(writeSelfTest(passed, 'json'))).toEqual(passed);
    const failed = await run({ policies: [] }, { listed: ['a.example'] });
    const page = writeSelfTest(failed, 'markdown');
    expect(page).toContain('| Result | FAILED |');
    expect(page).toMatch(
      /- leak: a\.example, noStarttls \\\(STARTTLS is not offered\\\): connection \\#1: outside TLS came "MAIL/,
    );
    expect(writeSelfTest(failed, 'html')).toContain('<li>leak: a.example, ');
  });
});
