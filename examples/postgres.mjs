/**
 * The queue in PostgreSQL: several processes send from one queue, and each may fall over at any moment.
 */
import { createSender, postgresQueue } from 'enforced-tls';

/**
 * @param {import('enforced-tls').PostgresQueueOptions['pool']} pool of `pg`: new pg.Pool({ connectionString })
 * @param {Partial<import('enforced-tls').SenderOptions>} surroundings for tests; in a program of yours there are none
 */
export function createSharedSender(pool, surroundings = {}) {
  return createSender({
    ehloName: 'out.bank.example',
    // Tables in a schema of their own. Behind PgBouncer: listen: false.
    queue: postgresQueue({ pool, schema: 'outgoing_mail' }),
    default: 'verified',
    complete: true,
    ...surroundings,
  });
}
