import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildChild, crashMany, NOTHING_LOST } from './crash.js';

let child: Awaited<ReturnType<typeof buildChild>>;
const folder = mkdtempSync(join(tmpdir(), 'crash-'));
beforeAll(async () => {
  child = await buildChild();
});
afterAll(() => {
  child.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Kills of one run; `CRASH_KILLS` sets another number. */
const kills = Number(process.env['CRASH_KILLS'] ?? 60);

describe('a queue that loses nothing', () => {
  it(`Q-8, Q-11: SQLite, after ${kills} kills`, async () => {
    const report = await crashMany({
      child: child.path,
      driver: 'sqlite',
      place: join(folder, 'mail.sqlite'),
      kills,
      puts: 1000,
      lifeMs: 150,
    });
    expect(report).toMatchObject(NOTHING_LOST);
    expect(report.accepted).toBeGreaterThan(kills);
    expect(report.markedDuplicates).toBeGreaterThan(0);
  }, 300_000);
});
