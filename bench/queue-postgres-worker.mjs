/**
 * One worker process of bench/queue-postgres.mjs: delivers nothing, as fast as the queue lets it. Ends after so many
 * seconds and prints how many jobs it settled in them, and the most memory that it held.
 *
 *   node bench/queue-postgres-worker.mjs CONNECTION SCHEMA SECONDS
 */
import pg from 'pg';
import { createWorker, postgresQueue } from 'enforced-tls/queue';
import { NOW } from './postgres-backlog.mjs';

const [, , connectionString, schema, seconds] = process.argv;
const pool = new pg.Pool({ connectionString, max: 5 });
const queue = postgresQueue({ pool, schema });
const clock = {
  now: () => NOW,
  after(ms, call) {
    const timer = setTimeout(() => call(), ms);
    return () => clearTimeout(timer);
  },
};
let settled = 0;
const worker = createWorker({
  driver: queue,
  owner: String(process.pid),
  clock,
  concurrency: 50,
  attempt: async (job) =>
    job.recipients.map(({ address }) => ({
      recipient: address.text,
      state: 'delivered',
      reason: null,
      detail: '',
      reply: null,
      host: null,
      address: null,
      verdict: null,
      status: '2.0.0',
      at: NOW,
      dsnOffered: false,
    })),
  reports: async () => [],
  onSettled: () => (settled += 1),
  onError: (error) => console.error(error),
});
await queue.count({ id: 'none' });
process.once('message', () => {
  worker.start();
  setTimeout(
    async () => {
      process.send({ settled, rss: process.resourceUsage().maxRSS / 1024 });
      await worker.drain();
      await queue.close();
      await pool.end();
      process.disconnect();
    },
    Number(seconds) * 1000,
  );
});
process.send('ready');
