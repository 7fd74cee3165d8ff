/**
 * Power cuts: after each kill the files are put back to what they were when they were last synced. Needs a C compiler for
 * the little library that watches fdatasync; without one the test is skipped.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { buildChild, crashMany } from './crash.js';
import { NOTHING_LOST, printReport } from './crash-report.js';

const folder = mkdtempSync(join(tmpdir(), 'power-cut-'));
const [live, synced, library] = ['live', 'synced', 'power-cut.so'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];
const source = fileURLToPath(new URL('power-cut.c', import.meta.url));
const compiled = spawnSync('cc', ['-shared', '-fPIC', '-o', library, source, '-ldl']).status === 0;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The disk as the power cut left it. */
function cutPower(): void {
  rmSync(live, { recursive: true, force: true });
  mkdirSync(live);
  for (const name of readdirSync(synced).filter((each) => !each.startsWith('.'))) {
    copyFileSync(join(synced, name), join(live, name));
  }
}

describe.skipIf(!compiled)('a queue that loses nothing', () => {
  // Two: the log that one has written is what the other answers for.
  it.each([1, 2])(
    'Q-8: SQLite, after 20 power cuts, processes: %i',
    async (processes) => {
      for (const each of [live, synced]) {
        rmSync(each, { recursive: true, force: true });
        mkdirSync(each);
      }
      const child = await buildChild();
      const report = await crashMany({
        child: child.path,
        driver: 'sqlite',
        place: join(live, 'mail.sqlite'),
        kills: 20 * processes,
        processes,
        lifeMs: 250,
        env: { LD_PRELOAD: library, POWER_CUT_FROM: live, POWER_CUT_TO: synced },
        afterKill: cutPower,
      }).finally(() => child.remove());
      printReport('SQLite, power cuts', report);
      expect(report).toMatchObject(NOTHING_LOST);
      expect(report.accepted).toBeGreaterThan(20);
    },
    300_000,
  );
});
