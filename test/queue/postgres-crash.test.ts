import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildChild, crashMany, KILLS } from './crash.js';
import { NOTHING_LOST, printReport } from './crash-report.js';
import { type PostgresServer, startPostgres, whyNoPostgres } from './postgres-server.js';

const skipped = whyNoPostgres();
let child: Awaited<ReturnType<typeof buildChild>>;
let server: PostgresServer;
beforeAll(async () => {
  if (skipped !== null) return console.warn(skipped);
  [child, server] = await Promise.all([buildChild(), startPostgres()]);
}, 60_000);
afterAll(async () => {
  child?.remove();
  await server?.stop();
});

describe.skipIf(skipped !== null)('a queue in PostgreSQL loses nothing', () => {
  for (const processes of [2, 4]) {
    it(`Q-8, Q-11: ${processes} processes at the same time, after ${KILLS} kills`, async () => {
      const report = await crashMany({
        child: child.path,
        driver: 'postgres',
        place: `${server.connectionString}#crash_${processes}`,
        kills: KILLS,
        lifeMs: 600,
        processes,
      });
      printReport(`PostgreSQL, ${processes} processes`, report);
      expect(report).toMatchObject(NOTHING_LOST);
      expect(report.accepted).toBeGreaterThan(KILLS);
      expect(Math.min(...Object.values(report.during))).toBeGreaterThan(0);
    }, 600_000);
  }
});
