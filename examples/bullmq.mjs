/**
 * The queue in Redis by way of BullMQ, for a host that runs BullMQ already: `npm install bullmq ioredis`.
 *
 * Redis must not forget: `appendonly yes`, `appendfsync always` (or `everysec`, which may lose the last second when the
 * machine fails), `maxmemory-policy noeviction`. With less, the event `environment.warning` says so.
 */
import { bullmqQueue, createSender } from 'enforced-tls';

/**
 * @param {object} connection as BullMQ takes it: { host, port, password, tls }
 * @param {Partial<import('enforced-tls').SenderOptions>} surroundings for tests; in a program of yours there are none
 */
export function createRedisSender(connection, surroundings = {}) {
  return createSender({
    ehloName: 'out.bank.example',
    // Dashboards of BullMQ show it under this name; the mail itself lies beside it, under keys of its own.
    queue: bullmqQueue({ connection, name: 'outgoing-mail' }),
    default: 'verified',
    ...surroundings,
  });
}
