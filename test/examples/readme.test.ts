/**
 * What the README shows is what happens: its code runs as it stands, in a small internet on loopback.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { explainOutcome } from '../../src/report/explain.js';
import { policyClasses } from '../../src/scheme/classes.js';
import { createSender } from '../../src/sender.js';
import { createWorld } from '../../src/testing/world.js';
import { type BuiltPackage, buildPackage } from './built-package.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(project, 'README.md'), 'utf8');
const [first = '', policies = ''] = [...readme.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code);

let built: BuiltPackage;
beforeAll(async () => {
  built = await buildPackage();
  // Stands in for the network that the README's reader has: all else of the code is as it stands there.
  writeFileSync(
    join(built.folder, 'in-a-world.mjs'),
    `import { createSender as create } from 'enforced-tls';
     import { createWorld } from 'enforced-tls/testing';
     const world = await createWorld({ zones: { 'partner.example': { mx: ['mx1.partner.example'] } } });
     export const createSender = (options) => {
       const { clock, resolver, dial, trust, allowPrivateAddresses } = world.senderOptions();
       return create({ ...options, clock, resolver, dial, trust, allowPrivateAddresses });
     };`,
  );
}, 60_000);
afterAll(() => built.remove());

/** Runs code of the README and gives what it prints. */
async function run(code: string): Promise<string> {
  const inWorld = code.replace(
    "import { createSender } from 'enforced-tls';",
    "import { createSender } from './in-a-world.mjs';",
  );
  expect(inWorld).not.toBe(code);
  writeFileSync(join(built.folder, 'readme.mjs'), `${inWorld}\nprocess.exit();\n`);
  const { code: exit, stdout, stderr } = await built.run('node', 'readme.mjs');
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  return stdout;
}

it('README: its first code sends a mail, and stands within ten lines', async () => {
  expect(readme.split('\n').findIndex((line) => line === '```js')).toBeLessThan(10);
  const printed = await run(first);
  expect(printed).toMatch(/^delivered null \[/);
  expect(printed).toContain("name: 'chain'");
  expect(existsSync(join(built.folder, 'mail.sqlite'))).toBe(true);
});

it('README: its policies are taken, and explain says what holds', async () => {
  const printed = await run(policies);
  expect(printed).toMatch(/^fi\.se: verified\n/);
  expect(printed).toContain('post.fi.se');
  expect(printed).toContain('asked by    finansinspektionen');
});

it('README: what it quotes of explainOutcome is what that says', async () => {
  const world = await createWorld({
    zones: {
      'partner.example': { mx: ['mx1.partner.example'] },
      'mx1.partner.example': { a: ['192.0.2.10'] },
    },
    servers: { 'mx1.partner.example': { certificate: 'expired' } },
  });
  const rule = { match: 'partner.example', level: 'verified', mx: ['mx1.partner.example'] } as const;
  const sender = createSender(
    world.senderOptions({ complete: true, policies: [rule], allowPrivateAddresses: true }),
  );
  const { outcomes } = await world.deliver(sender, {
    from: 'ops@bank.example',
    to: ['anna@partner.example'],
    message: Buffer.from('From: ops@bank.example\r\nSubject: Report\r\n\r\nHello\r\n'),
  });
  await sender.close();
  await world.close();
  expect(outcomes).toHaveLength(1);
  for (const outcome of outcomes)
    expect(readme).toContain(explainOutcome(outcome, { now: world.clock.now() }));
});

it('README: its table of classes is the one of the package', () => {
  for (const { letter, level, clearText, certificate } of policyClasses) {
    expect(readme).toContain(`| ${letter} | \`${level}\` | ${clearText} | ${certificate} |`);
  }
});

it('README: every file that it links to exists, and every import that it names', () => {
  const links = [...readme.matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, path = '']) => path);
  expect(links.filter((path) => !existsSync(join(project, path)))).toEqual([]);
  const { exports } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as { exports: object };
  const named = new Set([...readme.matchAll(/`enforced-tls(\/\w+)?`/g)].map(([, path = '']) => `.${path}`));
  expect([...named].toSorted()).toEqual(
    Object.keys(exports)
      .filter((path) => path !== './package.json')
      .toSorted(),
  );
});
