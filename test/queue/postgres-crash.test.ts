import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildChild, crashMany, NOTHING_LOST } from './crash.js';
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

/** Kills of one run; `CRASH_KILLS` sets another number. */
const kills = Number(process.env['CRASH_KILLS'] ?? 60);

describe.skipIf(skipped !== null)('a queue in PostgreSQL loses nothing', () => {
  for (const processes of [2, 4]) {
    it(`Q-8, Q-11: ${processes} processes at the same time, after ${kills} kills`, async () => {
      const report = await crashMany({
        child: child.path,
        driver: 'postgres',
        place: `${server.connectionString}#crash_${processes}`,
        kills,
        puts: 1000,
        lifeMs: 300,
        processes,
      });
      expect(report).toMatchObject(NOTHING_LOST);
      expect(report.accepted).toBeGreaterThan(kills);
      expect(report.markedDuplicates).toBeGreaterThan(0);
    }, 300_000);
  }
});
