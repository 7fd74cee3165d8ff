/**
 * What the tests of the BullMQ queue share: queues of their own in one Redis, and real time.
 */
import { Redis } from 'ioredis';
import { bullmqQueue, type BullmqQueueOptions } from '../../src/queue/bullmq.js';
import type { Lease, QueueDriver } from '../../src/queue/driver.js';
import type { RedisServer } from './redis-server.js';

/** Makes queues, each under a name of its own unless one is given, and closes them all. */
export function createQueues(redis: () => RedisServer): {
  make(options?: Partial<BullmqQueueOptions>): QueueDriver;
  closeAll(): Promise<void>;
} {
  const made: QueueDriver[] = [];
  return {
    make(options = {}) {
      const { host, port } = redis();
      const queue = bullmqQueue({ connection: { host, port }, name: `queue-${made.length}`, ...options });
      made.push(queue);
      return queue;
    },
    async closeAll() {
      await Promise.all(made.map((queue) => queue.close()));
    },
  };
}

/** A client to look into Redis with, and to damage what is there. */
export function connect({ host, port }: RedisServer): Redis {
  return new Redis({ host, port });
}

/** Leases in real time. */
export function leaseNow(
  queue: QueueDriver,
  wish: { readonly leaseMs?: number; readonly limit?: number; readonly perDomain?: number } = {},
): Promise<readonly Lease[]> {
  const { leaseMs = 60_000, limit = 100, perDomain = 100 } = wish;
  return queue.lease({ owner: 'w1', now: Date.now(), leaseMs, limit, perDomain });
}

/** Asks until there is something to lease, for ten seconds. */
export async function leaseSoon(
  queue: QueueDriver,
  wish: Parameters<typeof leaseNow>[1] = {},
): Promise<readonly Lease[]> {
  const end = Date.now() + 10_000;
  while (Date.now() < end) {
    const leases = await leaseNow(queue, wish);
    if (leases.length > 0) return leases;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('nothing fell due within ten seconds');
}
