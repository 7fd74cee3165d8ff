/**
 * Kills the processes of each durable queue again and again, and prints what became of the mail.
 *
 *   npm run crash -- [--kills 300] [DRIVER ...]      drivers: sqlite, postgres, bullmq; default: all, 300 kills each
 *
 * The columns "in ..." count the kills that struck in the middle of it; one kill may strike several.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const TESTS = {
  sqlite: 'test/queue/crash.test.ts',
  postgres: 'test/queue/postgres-crash.test.ts',
  bullmq: 'test/queue/bullmq-crash.test.ts',
};

const { values, positionals } = parseArgs({
  options: { kills: { type: 'string', default: '300' } },
  allowPositionals: true,
});
const drivers = positionals.length === 0 ? Object.keys(TESTS) : positionals;
const unknown = drivers.filter((driver) => !(driver in TESTS));
if (unknown.length > 0 || !/^[1-9]\d*$/.test(values.kills)) {
  console.error(`drivers: ${Object.keys(TESTS).join(', ')}; --kills: a whole number from 1`);
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'crash-report-'));
const file = join(folder, 'rows');
const { status } = spawnSync('npx', ['vitest', 'run', ...drivers.map((driver) => TESTS[driver])], {
  stdio: 'inherit',
  env: { ...process.env, CRASH_KILLS: values.kills, CRASH_REPORT: file },
});
const rows = existsSync(file)
  ? readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  : [];
rmSync(folder, { recursive: true, force: true });
const isPoint = (name) => /^in (put|lease|delivery|dot|settle|ndr)$/.test(name);
for (const points of [false, true]) {
  const shown = (name) => name === 'driver' || name === 'kills' || isPoint(name) === points;
  console.table(rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => shown(name)))));
}
process.exit(status ?? 1);
