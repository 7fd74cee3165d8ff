/**
 * The queues that the crash tests know, by name.
 */
import type { QueueDriver } from '../../src/queue/driver.js';
import { sqliteQueue } from '../../src/queue/sqlite.js';

/** Opens a queue; `place` says where it keeps its mail. */
export async function openQueue(driver: string, place: string): Promise<QueueDriver> {
  if (driver === 'sqlite') return sqliteQueue(place);
  throw new Error(`no driver ${driver}`);
}
