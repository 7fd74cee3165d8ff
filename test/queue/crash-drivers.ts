/**
 * The queues that the crash tests know, by name.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bullmqQueue } from '../../src/queue/bullmq.js';
import type { QueueDriver } from '../../src/queue/driver.js';
import { postgresQueue } from '../../src/queue/postgres.js';
import { sqliteQueue } from '../../src/queue/sqlite.js';

// The bundle of the child lies elsewhere, but runs here.
const { Pool } = createRequire(join(process.cwd(), 'package.json'))('pg') as typeof import('pg').default;

/** Opens a queue; `place` says where it keeps its mail. */
export async function openQueue(driver: string, place: string): Promise<QueueDriver> {
  if (driver === 'sqlite') return sqliteQueue(place);
  if (driver === 'postgres') {
    const [connectionString = '', schema = ''] = place.split('#');
    return postgresQueue({ pool: new Pool({ connectionString, max: 4, allowExitOnIdle: true }), schema });
  }
  if (driver === 'bullmq') {
    const bullmq = createRequire(join(process.cwd(), 'package.json'))('bullmq') as typeof import('bullmq');
    return bullmqQueue({ connection: { host: '127.0.0.1', port: Number(place) }, bullmq });
  }
  throw new Error(`no driver ${driver}`);
}
