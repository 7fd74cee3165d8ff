/**
 * The queue in Redis, carried by BullMQ: for hosts that run BullMQ already, with its dashboards and its operations. BullMQ
 * holds the line; the mail lies beside it in the same Redis. Many machines may share it; their clocks must agree, as
 * BullMQ asks of them anyway, and times that the driver is told are taken by that clock.
 *
 *   bullmq-library     what is used of BullMQ and ioredis, what an error means
 *   bullmq-store       connections and scripts
 *   bullmq-durability  what Redis says of its own durability
 *   bullmq-lua         the atomic steps of senders and workers, and all keys; bullmq-lua-operate: those of operators
 *   bullmq-rows        jobs as text
 *   bullmq-content     octets of messages
 *   bullmq-carrier     what BullMQ is told
 *   bullmq-domain      jobs along an index, and those that wait for their domain
 *   bullmq-mail        put, settle
 *   bullmq-line        who goes next
 *   bullmq-operate     what operators ask
 */
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { leasing } from './bullmq-line.js';
import { entering } from './bullmq-mail.js';
import { operating } from './bullmq-operate.js';
import { createStore } from './bullmq-store.js';
import type { QueueDriver } from './driver.js';
import type { Sealing } from './stored-message.js';

/** Options of the BullMQ queue. */
export interface BullmqQueueOptions {
  /**
   * Where Redis is, as BullMQ takes it: options of ioredis such as `{ host, port }`, or a client of ioredis that was made
   * with `maxRetriesPerRequest: null`; `close` does not close such a client.
   */
  readonly connection: object;
  /** The name of the queue in BullMQ. Default `enforced-tls`. */
  readonly name?: string;
  /** The beginning of all keys. Default `bull`; in a cluster it needs a hash tag, such as `{bull}`. */
  readonly prefix?: string;
  /** Seals the octets of messages at rest, for example with AES-GCM. Envelopes stay readable. */
  readonly sealing?: Sealing;
  /** The module `bullmq`, where it cannot be found by its name. */
  readonly bullmq?: object;
}

/**
 * A queue in Redis by way of BullMQ (5 or 6, over ioredis), which is loaded and connected at the first call.
 *
 * What was put survives what Redis survives: with `appendonly yes` and `appendfsync always` all, with `everysec` all but
 * the last second before the machine fails. With less, or where Redis may evict keys, an `environment.warning` says so, and
 * `supports.durable` is false from then on.
 * @throws ConfigError `redis-missing`, `queue-name-invalid`, `option-unknown`; at the first call `bullmq-missing`
 */
export function bullmqQueue(options: BullmqQueueOptions): QueueDriver {
  refuseUnknownOptions(options, ['connection', 'name', 'prefix', 'sealing', 'bullmq'], 'bullmqQueue');
  const { connection, name = 'enforced-tls', prefix = 'bull', sealing = null, bullmq } = options;
  if (typeof connection !== 'object' || connection === null) {
    throw new ConfigError(
      'redis-missing',
      `bullmqQueue: connection: expected options or a client of ioredis, got ${String(connection)}`,
    );
  }
  if (name === '' || name.includes(':')) {
    throw new ConfigError(
      'queue-name-invalid',
      `bullmqQueue: name: expected a name without a colon, got "${name}"`,
    );
  }
  const store = createStore({ connection, name, prefix, sealing, bullmq });
  return {
    name: 'bullmq',
    supports: {
      /** Until Redis has been asked, what this driver is for is taken to be so. */
      get durable() {
        return store.durability !== 'none';
      },
      shared: true,
      atomicSettle: true,
      domainLimit: true,
      priorities: true,
      putsOff: true,
      toldTime: false,
    },
    ...entering(store),
    ...leasing(store),
    ...operating(store),
    onWork: (listener) => store.listen(listener),
    close: () => store.close(),
  };
}
