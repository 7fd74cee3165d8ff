/**
 * Whoever sends to a domain on the list of Bits tries to do it without forced TLS: by options, rules, messages, headers, other
 * forms of the name, other ways to the server, other processes. Each attempt is played against a mail server of the domain
 * that offers no TLS, one whose certificate has expired and one whose certificate anybody could have made. It is refused when
 * it is made, or held; MAIL is never said. Where the attempt leaves a way to an honest server, mail takes it over TLS.
 */
import nodemailer from 'nodemailer';
import { afterEach, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import type { Mail } from '../../src/mail.js';
import { enforcedTls } from '../../src/nodemailer/transport.js';
import type { TableRule } from '../../src/policy/from-table.js';
import type { PolicySource } from '../../src/policy/source.js';
import { memoryQueue } from '../../src/queue/memory.js';
import { bits } from '../../src/scheme/bits.js';
import type { SenderOptions } from '../../src/sender-options.js';
import type { Fault } from '../../src/testing/faults.js';
import type { World } from '../../src/testing/world.js';
import { createWorld } from '../../src/testing/world.js';
import { pemStore } from '../../src/x509/roots.js';
import { closeAll, collect, join, mailWith } from '../policy/bench.js';
import { csv } from './lists.js';

const HOST = 'mx.listed.example';
const BAD: readonly Fault[] = ['noStarttls', 'cert:expired', 'cert:selfSigned'];
const opened: World[] = [];
afterEach(async () => {
  await closeAll();
  for (const world of opened.splice(0)) await world.close();
});

async function worldWith(faults: readonly Fault[]): Promise<World> {
  const world = await createWorld({
    zones: {
      'listed.example': { mx: [HOST] },
      [HOST]: { a: ['127.0.9.1'] },
      'sub.listed.example': { mx: [HOST] },
      'alias.example': { cname: 'middle.example' },
      'middle.example': { cname: 'listed.example' },
      'xn--bcher-kva.example': { mx: [HOST] },
      'other.example': { mx: ['mx.other.example'] },
    },
    servers: { [HOST]: { fault: faults } },
  });
  opened.push(world);
  return world;
}

const listed = (): PolicySource => bits({ domains: ['listed.example', 'bücher.example'] });

/** What a host or an author does to get around the list. */
interface Attempt {
  readonly options?: (world: World) => Partial<SenderOptions>;
  readonly rules?: (world: World) => readonly (Omit<TableRule, 'match'> & { readonly match?: string })[];
  readonly mail?: Partial<Mail> & Readonly<Record<string, unknown>>;
  readonly fields?: readonly string[];
  /** `held`, or the code of what is thrown. */
  readonly refusal: string;
  /** What is told of an attempt that is passed over in silence otherwise. */
  readonly told?: RegExp;
  /** What becomes of it where the server is honest; default `delivered`, over TLS. */
  readonly honest?: string;
}

const waive = (['starttls', 'chain', 'validity', 'name'] as const).map((check) => ({
  check,
  reason: 'urgent',
  approvedBy: 'boss',
  until: '2999-01-01',
}));
const to = (address: string, more: Partial<Attempt> = {}): Attempt => ({
  mail: { to: [address] },
  refusal: 'held',
  ...more,
});
const rule = (
  more: Omit<TableRule, 'match'> & { match?: string },
  attempt: Partial<Attempt> = {},
): Attempt => ({
  rules: () => [more],
  refusal: 'held',
  ...attempt,
});

const byOptions: Readonly<Record<string, Attempt>> = {
  'the default is plain': { options: () => ({ default: 'plain' }), refusal: 'held' },
  'the default is opportunistic, old versions allowed': {
    options: () => ({ default: 'opportunistic', allowLegacyTls: true }),
    refusal: 'held',
  },
  'a rule of class plain': rule({ level: 'plain' }, { told: /level "plain" has no effect: bits locks/ }),
  'a rule of class opportunistic': rule({ level: 'opportunistic' }, { told: /level "opportunistic"/ }),
  'a rule of class mandatory': rule({ level: 'mandatory' }, { told: /level "mandatory"/ }),
  'a wildcard rule': rule(
    { match: '*.listed.example', level: 'plain' },
    { mail: { to: ['anna@sub.listed.example'] }, told: /rule "\*\.listed\.example": level "plain"/ },
  ),
  'a rule that says it is not locked': rule({ level: 'plain', locked: false }, { told: /level "plain"/ }),
  'waivers of all checks': rule({ waive }, { told: /the waiver of "validity" has no effect/ }),
  'a rule on trial': rule({ level: 'plain', reportOnly: true }, { told: /reportOnly has no effect/ }),
  'a rule that begins later': rule({ level: 'verified', effectiveFrom: '2999-01-01' }),
  'a rule that wants failures bounced': rule({ onPolicyFailure: 'bounce' }, { refusal: 'failed' }),
  'a rule that names another name for the certificate': rule(
    { verifyAs: 'other.invalid' },
    { told: /verifyAs has no effect/ },
  ),
  'a rule that accepts Common Names': rule({ nameMode: 'san-or-cn' }),
  'a rule with roots of its own': {
    rules: (world) => [{ trust: pemStore(world.authority.unknown.certificate, 'own roots') }],
    refusal: 'held',
    honest: 'held',
  },
  'a second source that asks less': {
    options: () => ({
      policies: [
        listed(),
        { name: 'lax', find: () => ({ kind: 'asks', ask: { level: 'plain', locked: false }, ref: 'x' }) },
      ],
    }),
    refusal: 'held',
  },
  'a rule in place of the source for the domain': rule({ match: 'LISTED.example.', level: 'plain' }),
  'two rules of which one is forgotten': {
    rules: () => [{ level: 'verified' }, { level: 'plain' }],
    refusal: 'rule-doubled',
  },
  'options of other libraries': {
    options: () => ({ requireTLS: false }) as Partial<SenderOptions>,
    refusal: 'option-unknown',
  },
};

const byRoute: Readonly<Record<string, Attempt>> = {
  'a relay that takes mail in clear': {
    rules: () => [{ route: { type: 'relay', host: HOST } }],
    refusal: 'held',
    told: /goes through a relay/,
  },
  'a relay without TLS': {
    rules: () => [{ route: { type: 'relay', host: HOST, tls: 'none' } }],
    refusal: 'route-invalid',
  },
  'a relay by address': {
    rules: () => [{ route: { type: 'relay', host: '127.0.9.1' } }],
    refusal: 'route-needs-verify-as',
  },
  'straight to the addresses of the domain': {
    rules: () => [{ route: { type: 'direct' } }],
    options: (world) => {
      world.resolver.set('listed.example', { a: ['127.0.9.1'] });
      return {};
    },
    refusal: 'held',
    honest: 'held',
  },
  'no MX record, so that the domain is its own server': {
    options: (world) => {
      world.resolver.set('listed.example', { a: ['127.0.9.1'] });
      return {};
    },
    refusal: 'held',
    honest: 'held',
  },
};

const byMessage: Readonly<Record<string, Attempt>> = {
  'minLevel plain': { mail: { minLevel: 'plain' }, refusal: 'policy-lowered' },
  'minLevel opportunistic': { mail: { minLevel: 'opportunistic' }, refusal: 'policy-lowered' },
  'minLevel mandatory': { mail: { minLevel: 'mandatory' }, refusal: 'policy-lowered' },
  'the option tls: "plain"': { mail: { tls: 'plain' }, refusal: 'option-unknown' },
  'the option minClass': { mail: { minClass: 'a' }, refusal: 'option-unknown' },
  'the option rejectUnauthorized': { mail: { rejectUnauthorized: false }, refusal: 'option-unknown' },
  'the option policies': { mail: { policies: [] }, refusal: 'option-unknown' },
  'TLS-Required: No': { fields: ['TLS-Required: No'], refusal: 'held', told: /TLS-Required: No/ },
  'tls-required folded': { fields: ['tls-required:', ' no'], refusal: 'held', told: /TLS-Required: No/ },
  'fields of no standard': { fields: ['X-TLS: none', 'X-Enforced-TLS: off'], refusal: 'held' },
  'a field that says REQUIRETLS is off': { fields: ['Require-TLS: no'], refusal: 'held' },
};

const byName: Readonly<Record<string, Attempt>> = {
  'upper case': to('anna@LISTED.EXAMPLE'),
  'a dot at the end': to('anna@listed.example.'),
  'two dots at the end': to('anna@listed.example..', { refusal: 'address-invalid' }),
  'full-width dots': to('anna@listed。example'),
  'full-width letters': to('anna@ｌｉｓｔｅｄ.example'),
  'an IDN in U-labels': to('anna@bücher.example'),
  'an IDN in U-labels, decomposed': to('anna@bu\u0308cher.example'),
  'an IDN in A-labels, upper case': to('anna@XN--BCHER-KVA.example'),
  'a domain below': to('anna@sub.listed.example'),
  'the name of the mail server': to(`anna@${HOST}`),
  'an alias of an alias': to('anna@alias.example'),
  'the address of the server': to('anna@[127.0.9.1]', { refusal: 'failed', honest: 'failed' }),
  'the address of the server, mapped into IPv6': to('anna@[IPv6:::ffff:127.0.9.1]', {
    refusal: 'failed',
    honest: 'failed',
  }),
  'the bare address': to('anna@127.0.9.1', { refusal: 'address-invalid' }),
  'a quoted local part': to('"anna b"@listed.example'),
  'a quoted @': to('"anna@other.example"@listed.example'),
  'a source route': to('@other.example:anna@listed.example', { refusal: 'address-invalid' }),
  'the percent hack': to('anna%listed.example@other.example', { refusal: 'policy-lowered' }),
  'the percent hack, quoted': to('"anna@listed.example"@other.example', { refusal: 'policy-lowered' }),
  'a bang path': to('listed.example!anna@other.example', { refusal: 'policy-lowered' }),
  'angle brackets': to('<anna@listed.example>', { refusal: 'address-invalid' }),
  'NUL in the domain': to('anna@listed.example\0.other.example', { refusal: 'address-invalid' }),
  'a blank in the domain': to('anna@listed .example', { refusal: 'address-invalid' }),
  'a tab at the end': to('anna@listed.example\t', { refusal: 'address-invalid' }),
  'a line end and another command': to('anna@listed.example>\r\nRCPT TO:<bo@listed.example', {
    refusal: 'address-invalid',
  }),
  'a hidden mark in the domain': to('anna@listed\u200b.example'),
  'percent encoding': to('anna@%6Cisted.example', { refusal: 'address-invalid' }),
};

const attempts = { ...byOptions, ...byRoute, ...byMessage, ...byName };

/** Makes the attempt: the code of what was thrown, or what became of the mail. */
async function make(attempt: Attempt, world: World): Promise<string> {
  const rules = (attempt.rules?.(world) ?? []).map((each) => ({ match: 'listed.example', ...each }));
  try {
    const { sender } = join(world, {
      default: 'opportunistic',
      policies: [listed(), ...rules],
      ...attempt.options?.(world),
    });
    const mail = { ...mailWith(attempt.fields), to: ['anna@listed.example'], ...attempt.mail };
    const { outcomes } = await world.deliver(sender, mail);
    return outcomes.map(({ state }) => state).join();
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}

describe('nobody sends to a listed domain without forced TLS', () => {
  it('BITS-5.2.3: there are far more than fifteen attempts', () => {
    expect(Object.keys(attempts).length).toBeGreaterThan(50);
  });

  it.each(Object.entries(attempts))('BITS-5.2.3, AT-23, AT-39: %s', async (_title, attempt) => {
    for (const fault of BAD) {
      const warnings = collect('policy.warning');
      const world = await worldWith([fault]);
      expect(await make(attempt, world), fault).toBe(attempt.refusal);
      world.never('MAIL');
      world.never('RCPT');
      world.noEnvelopeOutsideTls();
      if (attempt.told !== undefined) {
        expect(warnings.map(({ warning }) => warning).join('\n')).toMatch(attempt.told);
      }
    }
  });

  const passed = Object.entries(attempts).filter(([, { refusal }]) => ['held', 'failed'].includes(refusal));
  it.each(passed)('BITS-5.2.3: where the server is honest, over TLS: %s', async (_title, attempt) => {
    const world = await worldWith([]);
    const expected = attempt.honest ?? 'delivered';
    expect(await make(attempt, world)).toBe(expected);
    const { messages } = world.server(HOST);
    expect(messages.map(({ secure }) => secure)).toEqual(expected === 'delivered' ? [true] : []);
    world.noEnvelopeOutsideTls();
  });
});

describe('nobody sends to a listed domain by another process or at another time', () => {
  const PLAIN = { default: 'plain' } as const;

  it.each(BAD)('BITS-5.2.3, Q-12: a second sender with the same queue and no list: %s', async (fault) => {
    const world = await worldWith([fault]);
    const queue = memoryQueue();
    const strict = join(world, { default: 'opportunistic', policies: [listed()], queue });
    const lax = join(world, { ...PLAIN, queue });
    const { id } = await strict.sender.send({ ...mailWith(), to: ['anna@listed.example'] });
    await world.clock.until(lax.sender.processOnce());
    expect((await strict.sender.status(id))[0]?.job.recipients[0]).toMatchObject({
      state: 'held',
      reason: 'policy-lowered',
    });
    world.never('MAIL');
  });

  it.each(BAD)('BITS-5.2.2: mail that was taken before the list is held to it: %s', async (fault) => {
    const world = await worldWith([fault]);
    const queue = memoryQueue();
    const before = join(world, { ...PLAIN, queue });
    const { id } = await before.sender.send({ ...mailWith(), to: ['anna@listed.example'] });
    const after = join(world, { ...PLAIN, policies: [listed()], queue });
    await world.clock.until(after.sender.processOnce());
    expect((await after.sender.status(id))[0]?.job.recipients[0]).toMatchObject({
      state: 'held',
    });
    world.never('MAIL');
  });

  const sources: Readonly<Record<string, () => PolicySource>> = {
    'a source that throws': () => ({
      name: 'bits',
      find: () => {
        throw new Error('the disk is gone');
      },
    }),
    'a list that cannot be fetched': () =>
      bits({ list: { place: 'x', fetch: () => Promise.resolve({ kind: 'failed', cause: 'gone' }) } }),
    'a list that is empty': () =>
      bits({
        list: {
          place: 'x',
          fetch: (_etag, ctx) =>
            Promise.resolve({
              kind: 'content',
              octets: Buffer.from(csv([])),
              etag: null,
              asOf: ctx.clock.now(),
            }),
        },
      }),
  };
  it.each(Object.entries(sources))('BITS-5.2.2, BITS-5.2.3: %s lets nothing out', async (_title, source) => {
    const world = await worldWith(['noStarttls']);
    const { sender } = join(world, { ...PLAIN, policies: [source()] });
    const { outcomes } = await world.deliver(sender, { ...mailWith(), to: ['anna@listed.example'] });
    expect(outcomes).toMatchObject([{ state: 'held', reason: 'policy-source-unknown' }]);
    world.never('MAIL');
  });

  it('BITS-5.2.3: a list that shrinks to nothing does not take effect by itself', async () => {
    const world = await worldWith(['noStarttls']);
    let rows = ['A;1;listed.example;2024-02-01;Ja', 'B;2;b.example;2024-02-01;Ja'];
    const source = bits({
      list: {
        place: 'x',
        fetch: (_etag, ctx) =>
          Promise.resolve({
            kind: 'content',
            octets: Buffer.from(csv(rows)),
            etag: null,
            asOf: ctx.clock.now(),
          }),
      },
    });
    const { sender } = join(world, { ...PLAIN, policies: [source] });
    const ctx = createContext({ clock: world.clock });
    await source.refresh({ ctx });
    rows = ['B;2;b.example;2024-02-01;Ja'];
    expect(await source.refresh({ ctx })).toMatchObject({ kind: 'refused' });
    const { outcomes } = await world.deliver(sender, { ...mailWith(), to: ['anna@listed.example'] });
    expect(outcomes).toMatchObject([{ state: 'held' }]);
    world.never('MAIL');
  });

  it('BITS-5.2.3: DNS that does not say whether the domain is an alias is no licence', async () => {
    const world = await worldWith(['noStarttls']);
    world.resolver.fail('alias.example/CNAME', 'servfail');
    const { sender } = join(world, { ...PLAIN, policies: [listed()] });
    const { outcomes } = await world.deliver(sender, { ...mailWith(), to: ['anna@alias.example'] });
    expect(outcomes).toMatchObject([{ state: 'deferred', reason: 'dns-servfail' }]);
    world.never('MAIL');
  });

  it('BITS-5.2.3: an alias of a domain that a rule has locked is locked too', async () => {
    const world = await worldWith(['noStarttls']);
    const policies = [{ match: 'listed.example', level: 'verified', locked: true }] as const;
    const { sender } = join(world, { ...PLAIN, policies });
    const { outcomes } = await world.deliver(sender, { ...mailWith(), to: ['anna@alias.example'] });
    expect(outcomes).toMatchObject([{ state: 'held' }]);
    world.never('MAIL');
  });
});

describe('nodemailer', () => {
  const surroundings = (world: World) => {
    const { resolver, dial, clock, trust } = world.senderOptions() as Required<SenderOptions>;
    return {
      ehloName: 'out.bank.example',
      default: 'opportunistic',
      allowPrivateAddresses: true,
      policies: [listed()],
      resolver,
      dial,
      clock,
      trust,
    } as const;
  };
  const optOuts: readonly Readonly<Record<string, unknown>>[] = [
    { ignoreTLS: true },
    { secure: false },
    { requireTLS: false },
    { opportunisticTLS: true },
    { tls: { rejectUnauthorized: false } },
  ];
  const mail = { from: 'ops@bank.example', to: 'anna@listed.example', subject: 'x', text: 'x' };

  it.each(optOuts)('BITS-5.2.3: %j of a transport is refused when it is made', async (optOut) => {
    const world = await worldWith(['noStarttls']);
    expect(() => enforcedTls({ ...surroundings(world), ...optOut })).toThrowError(
      expect.objectContaining({ code: 'option-unknown' }),
    );
  });

  it.each(optOuts)('BITS-5.2.3: %j of a message is refused', async (optOut) => {
    const world = await worldWith(['noStarttls']);
    const transport = nodemailer.createTransport(enforcedTls(surroundings(world)));
    await expect(transport.sendMail({ ...mail, ...optOut })).rejects.toMatchObject({
      code: 'option-unknown',
    });
    world.never('MAIL');
  });

  it.each(BAD)('BITS-5.2.3: without any, mail to it fails rather than goes: %s', async (fault) => {
    const world = await worldWith([fault]);
    const transport = nodemailer.createTransport(enforcedTls(surroundings(world)));
    const headers = { 'TLS-Required': 'No' };
    await expect(world.clock.until(transport.sendMail({ ...mail, headers }))).rejects.toMatchObject({
      outcomes: [{ state: 'held' }],
    });
    world.never('MAIL');
  });
});
