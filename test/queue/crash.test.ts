import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildChild, crashMany, KILLS } from './crash.js';
import { NOTHING_LOST, printReport } from './crash-report.js';

let child: Awaited<ReturnType<typeof buildChild>>;
const folder = mkdtempSync(join(tmpdir(), 'crash-'));
beforeAll(async () => {
  child = await buildChild();
});
afterAll(() => {
  child.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe('a queue that loses nothing', () => {
  it(`Q-8, Q-11: SQLite, two processes at the same time, after ${KILLS} kills`, async () => {
    const report = await crashMany({
      child: child.path,
      driver: 'sqlite',
      place: join(folder, 'mail.sqlite'),
      kills: KILLS,
      lifeMs: 400,
      processes: 2,
    });
    printReport('SQLite, 2 processes', report);
    expect(report).toMatchObject(NOTHING_LOST);
    expect(report.accepted).toBeGreaterThan(KILLS);
    expect(Math.min(...Object.values(report.during))).toBeGreaterThan(0);
  }, 600_000);
});
