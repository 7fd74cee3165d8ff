/**
 * The example of Bits, run as a host would: against the built package, in a small internet on loopback.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BitsChecklist, DomainListSource } from '../../src/scheme/index.js';
import type { SelfTestResult } from '../../src/selftest/index.js';
import type { PolicyRule } from '../../src/policy/rules.js';
import type { SenderOptions } from '../../src/sender-options.js';
import { createWorld, type World } from '../../src/testing/world.js';
import { csv } from '../scheme/lists.js';
import { type BuiltPackage, buildPackage } from './built-package.js';

interface Example {
  createPolicies(list: string): { listed: DomainListSource; policies: PolicyRule[] };
  standing(
    from: { listed: DomainListSource; policies: PolicyRule[] },
    host: SenderOptions,
  ): Promise<{ checklist: BitsChecklist; selfTest: SelfTestResult; text: string }>;
  papers(): { declaration: string; registration: string };
}

let built: BuiltPackage;
let folder: string;
let example: Example;
let world: World;
beforeAll(async () => {
  built = await buildPackage();
  folder = await mkdtemp(join(tmpdir(), 'bits-'));
  example = await built.load('examples/bits.mjs');
  world = await createWorld({ zones: { 'medlem.example': { mx: ['mx.medlem.example'] } } });
}, 60_000);
afterAll(async () => {
  await world.close();
  built.remove();
  await rm(folder, { recursive: true });
});

async function standing(server: 'good' | 'expired', more: (rules: PolicyRule[]) => readonly PolicyRule[]) {
  const list = join(folder, 'list.csv');
  await writeFile(list, csv(['A AS;1;a.example;2024-02-01;Ja', 'B;2;b.example;2024-02-01;Nei']));
  const host = world.server('mx.medlem.example');
  host.certify(server === 'good' ? world.authority.forHost('mx.medlem.example') : 'expired');
  const from = example.createPolicies(list);
  const policies = more(from.policies);
  const options = world.senderOptions({ default: 'opportunistic', policies });
  return example.standing(from, options);
}

it('BITS-A3.1, BITS-A3.2, BITS-A3.3, BITS-A3.4, BITS-5.2.6: a member that is ready to enrol', async () => {
  const { checklist, selfTest, text } = await standing('good', (rules) => rules);
  expect(checklist.items.filter(({ state }) => state === 'done').map(({ step }) => step)).toEqual([
    'A3.1',
    'A3.2',
    'A3.3',
    'A3.4',
    '5.2.6',
    'A3.9',
  ]);
  expect(checklist).toMatchObject({ ready: true, passed: true });
  expect(selfTest).toMatchObject({ passed: true, groups: [{ domains: 2 }] });
  expect(text).toContain('Write to tls@bits.no');
});

it('BITS-A3.1, BITS-A3.3, BITS-5.2.6: a member that is not: an expired certificate, a list that was forgotten', async () => {
  const { checklist, selfTest } = await standing('expired', (rules) => rules.slice(1));
  expect(checklist.ready).toBe(false);
  const failed = checklist.items.filter(({ state }) => state === 'failed').map(({ step }) => step);
  expect(failed).toEqual(['A3.1', 'A3.3', '5.2.6']);
  expect(selfTest.findings.map(({ kind }) => kind)).toContain('leak');
});

it('BITS-A1, BITS-A2: the papers', () => {
  const { declaration, registration } = example.papers();
  expect(declaration).toContain('Organization: Medlem AS');
  expect(registration).toContain('Requirement 5.2.4 support: Ja');
});
