/**
 * The queue in a PostgreSQL database, for several machines: a schema of its own beside the tables of the host. Every step
 * is one statement and one transaction, made of functions that the queue brings along.
 *
 *   postgres-pool          the pool of the host, patience
 *   postgres-failure       what an error means
 *   postgres-schema        tables and versions
 *   postgres-sql-line      who goes next               (PL/pgSQL)
 *   postgres-sql-jobs      put, settle, give back      (PL/pgSQL)
 *   postgres-sql-operate   what operators change       (PL/pgSQL)
 *   postgres-content       octets of messages
 *   postgres-enter         put and settle
 *   postgres-settle        many settlements in one step
 *   postgres-lease         what workers ask
 *   postgres-operate       what operators ask
 *   postgres-watch, -ear   waking workers of other processes
 */
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import type { QueueDriver } from './driver.js';
import { entering } from './postgres-enter.js';
import { leasing } from './postgres-lease.js';
import { operating } from './postgres-operate.js';
import { createCaller, type PostgresPool } from './postgres-pool.js';
import { migrate } from './postgres-schema.js';
import { createSettler } from './postgres-settle.js';
import type { Store } from './postgres-store.js';
import type { Sealing } from './stored-message.js';
import { createWatch } from './postgres-watch.js';

/** Options of the PostgreSQL queue. */
export interface PostgresQueueOptions {
  /** A `Pool` of pg with room for at least 2 connections. It stays the host's: `close` the queue first, then end the pool. */
  readonly pool: PostgresPool;
  /** Schema of the queue's tables, made where there is none; lower-case letters, digits, `_`. Default `enforced_tls`. */
  readonly schema?: string;
  /** Seals the octets of messages at rest, for example with AES-GCM. Envelopes stay readable. */
  readonly sealing?: Sealing;
  /**
   * Whether workers take a connection of the pool for LISTEN, to hear at once what other processes put. Default true.
   * false, for a transaction pooler such as PgBouncer: they look once a second.
   */
  readonly listen?: boolean;
}

/**
 * A queue in a PostgreSQL database (12 or newer). Nothing is asked of the server before the first call.
 * @throws ConfigError `pool-missing`, `schema-invalid`, `option-unknown`
 */
export function postgresQueue(options: PostgresQueueOptions): QueueDriver {
  refuseUnknownOptions(options, ['pool', 'schema', 'sealing', 'listen'], 'postgresQueue');
  const { pool, schema = 'enforced_tls', sealing = null, listen = true } = options;
  if (typeof pool?.query !== 'function' || typeof pool.connect !== 'function') {
    throw new ConfigError('pool-missing', 'postgresQueue: pool: expected a Pool of pg: new pg.Pool({ ... })');
  }
  if (!/^[a-z_][a-z0-9_]{0,55}$/.test(schema) || schema.startsWith('pg_')) {
    throw new ConfigError(
      'schema-invalid',
      `postgresQueue: schema: expected up to 56 lower-case letters, digits and _, not beginning with a digit or pg_, got ${JSON.stringify(schema)}`,
    );
  }
  const caller = createCaller(pool, () => migrate(pool, schema));
  const watch = createWatch(pool, `${schema}_work`, listen);
  const store: Store = { ...caller, schema: `"${schema}"`, sealing, watch };
  const settler = createSettler(store);
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  const onIdleError = (): void => undefined;
  pool.on('error', onIdleError);
  return {
    name: 'postgres',
    supports: {
      durable: true,
      shared: true,
      atomicSettle: true,
      domainLimit: true,
      priorities: true,
      putsOff: true,
      toldTime: true,
    },
    ...entering(store, settler),
    ...leasing(store),
    ...operating(store),
    onWork: (listener) => watch.listen(listener),
    async close() {
      await watch.end();
      await settler.end();
      await caller.close();
      pool.removeListener('error', onIdleError);
    },
  };
}
