import pg, { type Pool } from 'pg';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { postgresQueue, type PostgresQueueOptions } from '../../src/queue/postgres.js';
import { queueSuite } from '../../src/testing/queue-suite.js';
import { type PostgresServer, startPostgres, whyNoPostgres } from './postgres-server.js';

const skipped = whyNoPostgres();
if (skipped !== null) console.warn(skipped);
let server: PostgresServer;
let pool: Pool;
let schemas = 0;
const schema = (): string => `queue_${(schemas += 1)}`;
const make = (options: Partial<PostgresQueueOptions> = {}): ReturnType<typeof postgresQueue> =>
  postgresQueue({ pool, schema: schema(), ...options });

beforeAll(async () => {
  if (skipped !== null) return;
  server = await startPostgres();
  pool = new pg.Pool({ connectionString: server.connectionString, max: 10 });
}, 60_000);
afterAll(async () => {
  await pool?.end();
  server?.stop();
});

describe.skipIf(skipped !== null)('the PostgreSQL queue keeps what every queue promises', () => {
  for (const { name, run } of queueSuite) it(name, () => run(async () => make()));
});
