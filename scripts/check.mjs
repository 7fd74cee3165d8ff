/**
 * `npm run check`: everything that must hold before a change is good, in one command. Each step is an npm script of its own
 * and can be run alone; a failed step does not stop the ones after it, so one run shows all that is wrong.
 *
 *   node scripts/check.mjs                   all steps
 *   node scripts/check.mjs lint types        only those
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const steps = [
  'format:check',
  'lint',
  'types',
  'direction',
  'docs:requirements:check',
  'unused',
  'test:coverage',
  'build',
  'api:check',
  'package:lint',
  'package:types',
  'package:size',
  'docs:api:check',
  'package:check',
];

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !steps.includes(name));
if (unknown.length > 0) {
  console.error(`check: no step ${unknown.join(', ')}; there are: ${steps.join(' ')}`);
  process.exit(2);
}

const results = [];
for (const name of steps) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  console.log(`\n== ${name}`);
  const start = Date.now();
  const run = spawnSync('npm', ['run', '--silent', name], { cwd: project, stdio: 'inherit' });
  results.push({ name, ok: run.status === 0, seconds: ((Date.now() - start) / 1000).toFixed(1) });
}

console.log('');
for (const { name, ok, seconds } of results) console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} ${seconds} s`);
if (results.some(({ ok }) => !ok)) process.exit(1);
