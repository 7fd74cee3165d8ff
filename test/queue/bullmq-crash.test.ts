import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildChild, crashMany, NOTHING_LOST } from './crash.js';
import { hasRedis, type RedisServer, startRedis } from './redis-server.js';

/** Kills of one run; `CRASH_KILLS` sets another number. */
const kills = Number(process.env['CRASH_KILLS'] ?? 60);

describe.skipIf(!hasRedis())('a queue in Redis that loses nothing', () => {
  let child: Awaited<ReturnType<typeof buildChild>>;
  let redis: RedisServer;
  beforeAll(async () => {
    // It is the processes that are killed here, not Redis.
    [child, redis] = await Promise.all([buildChild(), startRedis(['--appendfsync', 'everysec'])]);
  });
  afterAll(async () => {
    child.remove();
    await redis.stop();
  });

  it(`Q-8, Q-11: BullMQ, after ${kills} kills`, async () => {
    const report = await crashMany({
      child: child.path,
      driver: 'bullmq',
      place: String(redis.port),
      kills,
      puts: 1000,
      lifeMs: 600,
    });
    expect(report).toMatchObject(NOTHING_LOST);
    expect(report.accepted).toBeGreaterThan(kills);
    expect(report.markedDuplicates).toBeGreaterThan(0);
  }, 300_000);
});
