/**
 * What Redis says of how long it keeps what it was told. `appendfsync always` keeps it from the moment it has answered;
 * `everysec`, the default with an append-only file, may forget the last second when the machine (not the process) dies.
 * Without an append-only file it forgets everything since its last snapshot, and says so here.
 */
import { publish } from '../core/channels.js';
import type { RedisClient } from './bullmq-library.js';

/** How well Redis keeps mail; `unknown` where it does not say. */
export type Durability = 'always' | 'everysec' | 'none' | 'unknown';

/** Asks Redis, and warns (`environment.warning`) when mail could be lost. */
export async function durabilityOf(redis: RedisClient): Promise<Durability> {
  const info = readInfo(await redis.info());
  const fsync = await setting(redis, 'appendfsync');
  const policy = info.get('maxmemory_policy') ?? (await setting(redis, 'maxmemory-policy'));
  if (policy !== null && policy !== 'noeviction') {
    publish('environment.warning', {
      variable: 'redis maxmemory-policy',
      effect: `is ${policy}: Redis may throw mail away when memory is short; set it to noeviction`,
    });
  }
  const found = judge(info.get('aof_enabled') ?? null, fsync);
  if (found === 'none') {
    publish('environment.warning', {
      variable: 'redis appendonly',
      effect:
        'Redis loses accepted mail when it ends; set appendonly yes, and appendfsync always or everysec',
    });
  }
  return found;
}

function judge(appends: string | null, fsync: string | null): Durability {
  if (appends === '0' || fsync === 'no') return 'none';
  if (appends === null) return 'unknown';
  return fsync === 'always' || fsync === 'everysec' ? fsync : 'unknown';
}

function readInfo(text: string): Map<string, string> {
  const lines = text.split('\r\n').map((line) => line.split(':'));
  return new Map(lines.map(([name = '', value = '']) => [name, value]));
}

/** A setting, or null where a hosted Redis does not tell it. */
async function setting(redis: RedisClient, name: string): Promise<string | null> {
  try {
    const found = (await redis.call('CONFIG', 'GET', name)) as readonly string[];
    return found[1] ?? null;
  } catch {
    return null;
  }
}
