/**
 * Further ways around the lock of Bits: other sources, values that mean nothing, objects that are changed afterwards, rows of
 * the queue that somebody else wrote. Each is played against a server of the listed domain that is not proven.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Ask, Level } from '../../src/policy/plan.js';
import type { PolicyRule } from '../../src/policy/rules.js';
import type { PolicySource } from '../../src/policy/source.js';
import { createEngine } from '../../src/engine.js';
import { startJob } from '../../src/queue/job-record.js';
import { bits } from '../../src/scheme/bits.js';
import type { SenderOptions } from '../../src/sender-options.js';
import type { Fault } from '../../src/testing/faults.js';
import { createWorld, type World } from '../../src/testing/world.js';
import { pemStore } from '../../src/x509/roots.js';
import { closeAll, join, mailWith } from '../policy/bench.js';

const HOST = 'mx.listed.example';
const opened: World[] = [];
afterEach(async () => {
  await closeAll();
  for (const world of opened.splice(0)) await world.close();
});

async function worldWith(...fault: readonly Fault[]): Promise<World> {
  const world = await createWorld({
    zones: { 'listed.example': { mx: [HOST] } },
    servers: { [HOST]: { fault } },
  });
  opened.push(world);
  return world;
}

const listed = (): PolicySource => bits({ domains: ['listed.example'] });
function engineOf(world: World, level: Level) {
  const {
    queue: _queue,
    work: _work,
    reports: _reports,
    ...options
  } = world.senderOptions({ policies: [listed()] });
  return createEngine({ ...options, default: level });
}
const toListed = { ...mailWith(), to: ['anna@listed.example'] };
const asking = (ask: object, kind = 'asks'): PolicySource => ({
  name: 'lax',
  find: () => ({ kind, ask: ask as Ask, ref: 'x' }) as never,
});

/** What becomes of mail to the listed domain under these policies. */
async function deliver(world: World, policies: readonly PolicyRule[], more: Partial<SenderOptions> = {}) {
  const { sender } = join(world, { default: 'opportunistic', policies, ...more });
  const { outcomes } = await world.deliver(sender, toListed);
  return outcomes.map(({ state }) => state);
}

describe('another source', () => {
  const lax: Readonly<Record<string, [Fault, (world: World) => object]>> = {
    'names another name for the certificate': [
      'cert:wrongHost',
      () => ({ nameReference: 'names', acceptedNames: ['other.invalid'] }),
    ],
    'brings roots of its own': [
      'cert:unknownCa',
      (world) => ({ store: pemStore(world.authority.unknown.certificate, 'own roots') }),
    ],
    'asks for keys of no size': ['cert:rsa1024', () => ({ minRsaBits: Number.NaN })],
    'asks for a class that is none': ['noStarttls', () => ({ level: 'lowest' })],
    'gives no answer that is known': ['noStarttls', () => ({})],
  };
  it.each(Object.entries(lax))('BITS-5.2.3: %s', async (title, [fault, ask]) => {
    const world = await worldWith(fault);
    for (const policies of [
      [listed(), asking(ask(world))],
      [asking(ask(world)), listed()],
    ]) {
      expect(await deliver(world, policies), title).toEqual(['held']);
    }
    world.never('MAIL');
  });
});

it.each([
  [undefined],
  [null],
  ['none'],
  [{ kind: 'ask', ask: { level: 'verified' }, ref: 'x' }],
  [{ kind: 'asks' }],
])('BITS-5.2.2: a source that answers %j is not one that asks nothing', async (answer) => {
  const world = await worldWith('noStarttls');
  const source: PolicySource = { name: 'broken', find: () => answer as never };
  expect(await deliver(world, [source], { default: 'plain' })).toEqual(['held']);
  world.never('MAIL');
});

describe('values that mean nothing', () => {
  const rules: readonly object[] = [
    { minRsaBits: Number.NaN },
    { minEcBits: '384' },
    { minProtocol: 'TLS1.3' },
    { nameMode: 'cn' },
    { locked: 'true' },
    { requireMxAuth: 1 },
    { mustStaple: 'yes' },
    { reportOnly: 'false' },
    { onPolicyFailure: 'drop' },
    { issuer: 'DigiCert' },
    { issuer: [''] },
    { mx: 'mx.listed.example' },
    { pins: 'spki-sha256/x' },
  ];
  it.each(rules)('BITS-5.2.3, FAQ-8: a rule with %j is refused when it is made', async (rule) => {
    const world = await worldWith();
    expect(() => join(world, { policies: [listed(), { match: 'listed.example', ...rule }] })).toThrowError(
      expect.objectContaining({ code: 'rule-invalid' }),
    );
  });

  it.each([[[[]]], ['bits'], [[null]], [new Set()]])(
    'BITS-5.2.3: policies %j are refused',
    async (policies) => {
      const world = await worldWith();
      expect(() => join(world, { policies: policies as never })).toThrowError(
        expect.objectContaining({ code: 'rule-invalid' }),
      );
    },
  );

  it.each([{ minProtocol: 'TLS1.3' }, { minProtocol: 'TLSv1' }, { requireMxAuth: 'true' }])(
    'FAQ-7: a message with %j is refused',
    async (option) => {
      const world = await worldWith();
      const { sender } = join(world, { default: 'opportunistic' });
      await expect(sender.send({ ...toListed, ...option } as never)).rejects.toMatchObject({
        code: 'ask-invalid',
      });
    },
  );
});

describe('objects that are changed afterwards', () => {
  it('BITS-5.2.3: a plan that was shown is not the one that decides', async () => {
    const world = await worldWith('noStarttls');
    const engine = engineOf(world, 'opportunistic');
    const plan = await engine.plan('listed.example');
    const change = (object: object, values: object): boolean =>
      Object.entries(values).every(([key, value]) => Reflect.set(object, key, value));
    expect(change(plan, { level: 'plain' })).toBe(false);
    expect(change(plan, { locked: false })).toBe(false);
    expect(change(plan.keys, { minRsaBits: 0 })).toBe(false);
    expect(change(plan.trust, { store: null })).toBe(false);
    expect(change(plan.because[0]?.asked ?? {}, { level: 'plain' })).toBe(false);
    const records = await world.clock.until(engine.deliverOnce(toListed));
    expect(records.flatMap(({ outcomes }) => outcomes)).toMatchObject([{ state: 'held' }]);
    world.never('MAIL');
    await engine.close();
  });
});

it.each(['LISTED.EXAMPLE', 'listed.example.', 'Listed.example'])(
  'BITS-5.2.3, AT-55: an entry of the queue for %s is not tried',
  async (domain) => {
    const world = await worldWith('noStarttls');
    const engine = engineOf(world, 'plain');
    const submission = await engine.prepare({ ...mailWith(), to: ['anna@other.example'] });
    const [job] = submission.jobs.map((each) => startJob(each, submission));
    if (job === undefined) throw new Error('no job');
    const recipients = job.recipients.map((each) => ({
      ...each,
      address: { ...each.address, domain, path: `anna@${domain}` },
    }));
    await expect(engine.attempt({ ...job, domain, recipients })).rejects.toMatchObject({
      code: 'job-inconsistent',
    });
    world.never('MAIL');
    await engine.close();
  },
);

it('BITS-5.2.3: what holds for an address literal is shown as it is', async () => {
  const world = await worldWith();
  const { sender } = join(world, { default: 'plain', policies: [listed()] });
  expect(await sender.explain('anna@[192.0.2.1]')).toMatch(/^\[192\.0\.2\.1\]: verified, locked/);
});

describe('two processes on one file', () => {
  const lax: Readonly<Record<string, readonly PolicyRule[]>> = {
    'no policies': [],
    'a rule that is verified and not locked': [{ match: 'listed.example', level: 'verified' }],
    'a waiver': [
      {
        match: 'listed.example',
        level: 'verified',
        waive: [{ check: 'starttls', reason: 'urgent', approvedBy: 'boss', until: '2999-01-01' }],
      },
    ],
    'a rule on trial': [{ match: 'listed.example', level: 'verified', reportOnly: true }],
    'another name under a lock of its own': [
      { match: 'listed.example', level: 'verified', locked: true, verifyAs: 'other.invalid' },
    ],
  };
  it.each(Object.entries(lax))(
    'BITS-5.2.3, Q-12: the one without the list has %s',
    async (_title, policies) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'locked-'));
      const world = await worldWith('cert:wrongHost');
      const queue = path.join(folder, 'mail.sqlite');
      const strict = join(world, { default: 'opportunistic', policies: [listed()], queue });
      const { id } = await strict.sender.send(toListed);
      const other = join(world, { default: 'plain', policies, queue });
      expect(await world.clock.until(other.sender.processOnce())).toBe(1);
      expect((await other.sender.status(id))[0]?.job.recipients).toMatchObject([{ state: 'held' }]);
      world.never('MAIL');
      await closeAll();
      rmSync(folder, { recursive: true });
    },
  );
});

it.each([
  'anna%LISTED.example@other.example',
  '"anna%listed.example."@other.example',
  'anna%sub.listed.example@other.example',
  'anna%ｌisted.example@other.example',
  'anna%x.example%listed.example@other.example',
  'anna%listed。example@other.example',
])('BITS-5.2.3: %s is refused', async (address) => {
  const world = await worldWith('noStarttls');
  const { sender } = join(world, { default: 'plain', policies: [listed()] });
  await expect(sender.send({ ...toListed, to: [address] })).rejects.toMatchObject({ code: 'policy-lowered' });
});

it.each([
  'Group: anna@other.example, bo@listed.example;',
  'anna@listed.example(comment)',
  'anna@(comment)listed.example',
  'Anna <anna@listed.example>',
  'anna@listed.example, bo@other.example',
  'anna@listed.example;bo@other.example',
  `anna@${'a.'.repeat(120)}listed.example`,
  'anna@listed\u2024example',
  'anna@li\u0455ted\u200d.example',
])('BITS-5.2.3: %s never goes out in clear to the listed domain', async (address) => {
  const world = await worldWith('noStarttls');
  const { sender } = join(world, { default: 'plain', policies: [listed()] });
  await world.deliver(sender, { ...toListed, to: [address] }).catch((error: unknown) => {
    expect(error).toMatchObject({ code: 'address-invalid' });
  });
  world.never('MAIL');
});
