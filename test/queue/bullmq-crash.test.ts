import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildChild, crashMany, KILLS } from './crash.js';
import { NOTHING_LOST, printReport } from './crash-report.js';
import { hasRedis, type RedisServer, startRedis } from './redis-server.js';

describe.skipIf(!hasRedis())('a queue in Redis that loses nothing', () => {
  let child: Awaited<ReturnType<typeof buildChild>>;
  let redis: RedisServer;
  beforeAll(async () => {
    // It is the processes that are killed here, not Redis.
    [child, redis] = await Promise.all([buildChild(), startRedis(['--appendfsync', 'everysec'])]);
  });
  afterAll(async () => {
    child?.remove();
    await redis?.stop();
  });

  it(`Q-8, Q-11: BullMQ, after ${KILLS} kills`, async () => {
    const report = await crashMany({
      child: child.path,
      driver: 'bullmq',
      place: String(redis.port),
      kills: KILLS,
      lifeMs: 600,
    });
    printReport('BullMQ', report);
    expect(report).toMatchObject(NOTHING_LOST);
    expect(report.accepted).toBeGreaterThan(KILLS);
    expect(Math.min(...Object.values(report.during))).toBeGreaterThan(0);
  }, 600_000);
});
