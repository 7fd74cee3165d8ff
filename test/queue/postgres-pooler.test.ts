/**
 * Behind a transaction pooler, where a connection is lent for one transaction only: all promises hold, workers look once a
 * second.
 */
import pg, { type Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresQueue } from '../../src/queue/postgres.js';
import { queueSuite } from '../../src/testing/queue-suite.js';
import { put, START } from '../../src/testing/queue-suite-mail.js';
import { createWorker } from '../../src/queue/worker.js';
import { all } from '../../src/queue/worker.fixture.js';
import { type Pooler, startPooler, whyNoPooler } from './pgbouncer.js';
import { usePostgres } from './postgres-fixture.js';

const postgres = usePostgres();
const why = whyNoPooler();

describe.skipIf(postgres.missing || why !== null)('the PostgreSQL queue behind PgBouncer', () => {
  let pooler: Pooler;
  let pool: Pool;
  beforeAll(async () => {
    pooler = await startPooler(postgres.server().connectionString);
    pool = new pg.Pool({ connectionString: pooler.connectionString });
    pool.on('error', () => undefined);
  });
  afterAll(async () => {
    await pool?.end();
    await pooler?.stop();
  });
  const make = (schema = postgres.schema()) => postgresQueue({ pool, schema, listen: false });

  for (const { name, run } of queueSuite) it(name, () => run(async () => make()));

  it('Q-10: workers hear within a second or two what another process puts', async () => {
    const schema = postgres.schema();
    const [here, there] = [make(schema), make(schema)];
    const heard: string[] = [];
    const worker = createWorker({
      driver: here,
      owner: 'w1',
      clock: { now: () => START, after: () => () => undefined },
      attempt: async (job) => {
        heard.push(job.id);
        return all(job, 'delivered');
      },
      reports: async () => [],
    });
    worker.start();
    await here.count({});
    await put(there, { id: 's1' });
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual(['s1.1']);
    await worker.drain();
    await Promise.all([here.close(), there.close()]);
  });
});

if (why !== null) console.warn(why);
