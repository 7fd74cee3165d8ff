/**
 * `npm run check`: everything that must hold before a change is good, in one command. Each step is a command of its own and
 * can be run alone; a failed step does not stop the ones after it, so one run shows all that is wrong.
 *
 *   node scripts/check.mjs            all steps
 *   node scripts/check.mjs lint types only those
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const steps = [
  ['format', 'oxfmt --check'],
  ['lint', 'oxlint --type-aware --deny-warnings'],
  ['types', 'tsc -p tsconfig.json'],
  ['tests', 'vitest run --coverage'],
  ['direction', 'node scripts/direction.mjs'],
  ['requirements', 'node scripts/requirements.mjs --check'],
  ['unused', 'knip'],
  ['build', 'tsup'],
  ['api', 'node test/package/api.mjs'],
  ['publint', 'publint --strict'],
  ['attw', 'attw --pack . --profile node16'],
  ['size', 'size-limit'],
  ['docs', 'typedoc --emit none'],
  ['package', 'node test/package/check.mjs'],
];

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !steps.some(([step]) => step === name));
if (unknown.length > 0) {
  console.error(`check: no step ${unknown.join(', ')}; there are: ${steps.map(([name]) => name).join(' ')}`);
  process.exit(2);
}

const results = [];
for (const [name, command] of steps) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  console.log(`\n== ${name}: ${command}`);
  const start = Date.now();
  const run = spawnSync(command, {
    cwd: project,
    shell: true,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${project}node_modules/.bin:${process.env['PATH']}` },
  });
  results.push({ name, ok: run.status === 0, seconds: ((Date.now() - start) / 1000).toFixed(1) });
}

console.log('');
for (const { name, ok, seconds } of results) console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} ${seconds} s`);
if (results.some(({ ok }) => !ok)) process.exit(1);
