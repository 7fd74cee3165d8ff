import { afterAll, beforeAll, describe, it } from 'vitest';
import { bullmqQueue } from '../../src/queue/bullmq.js';
import type { QueueDriver } from '../../src/queue/driver.js';
import { queueSuite } from '../../src/testing/queue-suite.js';
import { hasRedis, type RedisServer, startRedis } from './redis-server.js';

describe.skipIf(!hasRedis())('the BullMQ queue keeps what every queue promises', () => {
  let redis: RedisServer;
  let names = 0;
  const make = async (): Promise<QueueDriver> =>
    bullmqQueue({ connection: { host: redis.host, port: redis.port }, name: `suite-${(names += 1)}` });
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  const { supports } = bullmqQueue({ connection: {} });
  for (const { name, requires, run } of queueSuite) {
    if (requires.every((key) => supports[key])) it(name, () => run(make));
  }
});
