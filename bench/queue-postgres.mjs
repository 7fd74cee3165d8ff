/**
 * What the PostgreSQL queue can do on this machine:
 *
 *   npm run bench:queue-postgres -- [--connection URL] [--backlog 1000000] [--domains 100000] [--seconds 10]
 *
 *   lease+settle   20 at a time, with 1,000 jobs waiting, with the backlog, and with 50,000 of one partner
 *   workers        1, 2 and 4 processes on the backlog: jobs settled a second, and the most memory of one
 *
 * Without a connection it starts a server of its own, as the tests do. Fills schemas `enforced_tls_bench_...` and drops
 * them; `--keep` leaves them there and takes what is there already.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { postgresQueue } from 'enforced-tls/queue';
import { fill, NOW } from './postgres-backlog.mjs';
import { startOwnPostgres } from './postgres-own.mjs';

const { values } = parseArgs({
  options: {
    connection: { type: 'string' },
    backlog: { type: 'string', default: '1000000' },
    domains: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '10' },
    keep: { type: 'boolean', default: false },
  },
});
const BATCH = 20;
const ROUNDS = 100;
const SIZES = [
  { jobs: 1_000, domains: 1_000 },
  { jobs: Number(values.backlog), domains: Number(values.domains) },
  // A partner whose servers were down.
  { jobs: 50_000, domains: 1 },
];

const own = values.connection === undefined ? await startOwnPostgres() : null;
const connectionString = values.connection ?? own.connectionString;
const pool = new pg.Pool({ connectionString, max: 5 });
const schemaOf = ({ jobs, domains }) => `enforced_tls_bench_${jobs}_${domains}`;

async function prepare(size) {
  const { rows } = await pool.query('SELECT to_regnamespace($1) AS found', [schemaOf(size)]);
  if (!values.keep || rows[0].found === null) await fill(pool, schemaOf(size), size);
}

const sorted = (times) => times.toSorted((a, b) => a - b);
const median = (times) => sorted(times)[Math.floor(times.length / 2)] ?? 0;
const p99 = (times) => sorted(times)[Math.floor(times.length * 0.99)] ?? 0;

async function timed(times, work) {
  const began = performance.now();
  const result = await work();
  times.push(performance.now() - began);
  return result;
}

const settlementOf = ({ job }) => ({
  recipients: job.recipients.map((each) => ({ ...each, state: 'delivered' })),
  next: { kind: 'done' },
  reports: [],
  at: NOW,
});

async function measure(size) {
  const queue = postgresQueue({ pool, schema: schemaOf(size), listen: false });
  const perDomain = size.domains === 1 ? BATCH : 4;
  const request = { owner: 'bench', now: NOW, leaseMs: 600_000, limit: BATCH, perDomain };
  const leaseTimes = [];
  const settleTimes = [];
  const rounds = Math.min(ROUNDS, size.jobs / BATCH / 2);
  for (let round = 0; round < rounds; round += 1) {
    const leases = await timed(leaseTimes, () => queue.lease(request));
    await Promise.all(
      leases.map((lease) => timed(settleTimes, () => queue.settle(lease, settlementOf(lease)))),
    );
  }
  const total = leaseTimes.reduce((sum, time) => sum + time, 0);
  await queue.close();
  return {
    jobs: size.jobs,
    domains: size.domains,
    [`lease of ${BATCH}, median ms`]: median(leaseTimes).toFixed(1),
    'p99 ms': p99(leaseTimes).toFixed(1),
    [`settle, ${BATCH} at once, median ms`]: median(settleTimes).toFixed(1),
    'settle p99 ms': p99(settleTimes).toFixed(1),
    'lease ms a job': (total / rounds / BATCH).toFixed(2),
    'memory, MiB': Math.round(process.memoryUsage().rss / 2 ** 20),
  };
}

async function throughput(size, processes) {
  const file = fileURLToPath(new URL('queue-postgres-worker.mjs', import.meta.url));
  const workers = Array.from({ length: processes }, () =>
    fork(file, [connectionString, schemaOf(size), values.seconds], { execArgv: ['--no-warnings'] }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const said = workers.map((worker) => once(worker, 'message'));
  const ended = workers.map((worker) => once(worker, 'exit'));
  for (const worker of workers) worker.send('begin');
  const results = (await Promise.all(said)).map(([result]) => result);
  await Promise.all(ended);
  const settled = results.reduce((sum, result) => sum + result.settled, 0);
  return {
    backlog: size.jobs,
    processes,
    'jobs a second': Math.round(settled / Number(values.seconds)),
    'most memory of one, MiB': Math.round(Math.max(...results.map(({ rss }) => rss))),
  };
}

for (const size of SIZES) await prepare(size);
const rows = [];
for (const size of SIZES) rows.push(await measure(size));
console.table(rows);
const rates = [];
for (const processes of [1, 2, 4]) rates.push(await throughput(SIZES[1], processes));
console.table(rates);
if (!values.keep) for (const size of SIZES) await pool.query(`DROP SCHEMA ${schemaOf(size)} CASCADE`);
await pool.end();
await own?.stop();
