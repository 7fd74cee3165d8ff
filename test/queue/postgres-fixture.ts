/**
 * What tests of the PostgreSQL queue need: a server for one file of tests, pools, schemas, and a pool that loses answers.
 */
import pg, { type Pool } from 'pg';
import { afterAll, beforeAll } from 'vitest';
import type { QueueDriver } from '../../src/queue/driver.js';
import { postgresQueue, type PostgresQueueOptions } from '../../src/queue/postgres.js';
import { type PostgresServer, startPostgres, whyNoPostgres } from './postgres-server.js';

/** A server for all tests of a file. */
export interface Postgres {
  /** True where there is no PostgreSQL; the reason is printed. */
  readonly missing: boolean;
  server(): PostgresServer;
  /** A pool; ended after the tests. */
  pool(options?: { readonly max?: number; readonly options?: string }): Pool;
  /** An empty queue, on a pool that all tests of the file share where none is given. */
  queue(options?: Partial<PostgresQueueOptions>): QueueDriver;
  /** A schema that no other test has. */
  schema(): string;
}

/** To be called once in a file of tests. */
export function usePostgres(): Postgres {
  const why = whyNoPostgres();
  const pools: Pool[] = [];
  let server: PostgresServer | null = null;
  let shared: Pool | null = null;
  let schemas = 0;
  beforeAll(async () => {
    if (why === null) server = await startPostgres();
    else console.warn(why);
  }, 60_000);
  afterAll(async () => {
    // Not waited for: a pool does not end while a test that failed holds a connection, and the server must be stopped.
    for (const pool of pools) void pool.end().catch(() => undefined);
    await server?.stop();
  }, 60_000);
  const postgres: Postgres = {
    missing: why !== null,
    server() {
      if (server === null) throw new Error('no server yet: call it in a test');
      return server;
    },
    pool(options = {}) {
      const pool = new pg.Pool({ connectionString: postgres.server().connectionString, ...options });
      // A server that falls over ends idle connections, of pools of earlier tests too.
      pool.on('error', () => undefined);
      pools.push(pool);
      return pool;
    },
    queue(options = {}) {
      shared ??= postgres.pool();
      return postgresQueue({ pool: shared, schema: postgres.schema(), ...options });
    },
    schema: () => `queue_${(schemas += 1)}`,
  };
  return postgres;
}

/** A pool that does what it is asked and then loses the answer, once for each statement that calls `name`. */
export function losingAnswers(
  pool: Pool,
  name: string,
): { readonly pool: Pool; readonly lost: () => number } {
  const seen = new Set<string>();
  let lost = 0;
  const query: Pool['query'] = async (text, values) => {
    const result = await pool.query(text, values);
    const call = JSON.stringify(values?.slice(0, -1));
    if (!text.includes(`.${name}(`) || seen.has(call)) return result;
    seen.add(call);
    lost += 1;
    throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  };
  return {
    pool: new Proxy(pool, { get: (of, key) => (key === 'query' ? query : bound(of, key)) }),
    lost: () => lost,
  };
}

/** A member of a pool, for a proxy of it. */
export function bound(pool: Pool, key: string | symbol): unknown {
  const value: unknown = Reflect.get(pool, key);
  return typeof value === 'function' ? value.bind(pool) : value;
}
