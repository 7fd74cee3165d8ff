/**
 * What leasing and settling costs in a PostgreSQL queue, with few jobs and with many: `npm run build`, then
 *
 *   node bench/queue-postgres.mjs [CONNECTION]      default: postgresql://postgres@127.0.0.1/postgres
 *
 * Makes a schema `enforced_tls_bench`, fills it, measures, and drops it. Prints a table in milliseconds for each call.
 */
import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { postgresQueue } from 'enforced-tls/queue';

const connectionString = process.argv[2] ?? 'postgresql://postgres@127.0.0.1/postgres';
const SCHEMA = 'enforced_tls_bench';
const NOW = Date.UTC(2026, 0, 15, 12);
const BATCH = 20;
const ROUNDS = 50;

const SIZES = [
  { jobs: 1_000, domains: 100 },
  { jobs: 1_000_000, domains: 100_000 },
  // A partner whose servers are down.
  { jobs: 50_000, domains: 1 },
];

const pool = new pg.Pool({ connectionString, max: 10 });

/** A job as the queue keeps it, to be copied in the database. */
const KEPT = JSON.stringify({
  envelope: { from: { path: 'a@sender.example', text: 'a@sender.example' }, options: {} },
  ask: null,
  kind: 'mail',
});
const RECIPIENTS = JSON.stringify([
  {
    address: { path: 'anna@partner.example', text: 'anna@partner.example' },
    notify: null,
    originalRecipient: null,
    state: 'waiting',
    reason: null,
    detail: '',
    heldSince: null,
    warnedAt: null,
  },
]);
const FACTS = JSON.stringify({ size: 1000, sha256: '0'.repeat(64), longestLine: 78, canonical: true });

async function fill({ jobs, domains }) {
  await pool.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
  const queue = postgresQueue({ pool, schema: SCHEMA });
  await queue.count({});
  await pool.query(`SET search_path TO ${SCHEMA};
    INSERT INTO content (id) SELECT md5(i::text)::uuid FROM generate_series(1, ${jobs}) i;
    INSERT INTO part SELECT md5(i::text)::uuid, 0, 'From: a@sender.example' FROM generate_series(1, ${jobs}) i;
    INSERT INTO submission (id, content, facts, open_jobs, kept_jobs)
      SELECT 's' || i, md5(i::text)::uuid, '${FACTS}', 1, 1 FROM generate_series(1, ${jobs}) i ORDER BY i;
    INSERT INTO job (id, submission, domain, state, priority, due_at, latest_at, created_at, expires_at, kept, recipients, floor)
      SELECT 's' || i || '.1', i, 'd' || i % ${domains} || '.example', 'ready', 0, ${NOW} - i % 3600000, ${NOW} + 432000000,
        ${NOW}, ${NOW} + 432000000, '${KEPT}', '${RECIPIENTS}', '{"level":"verified","fingerprint":"f"}'
      FROM generate_series(1, ${jobs}) i ORDER BY i;
    INSERT INTO domain (name) SELECT DISTINCT domain FROM job;
    INSERT INTO head (domain, priority, due_at) SELECT domain, priority, min(due_at) FROM job GROUP BY domain, priority;
    RESET search_path`);
  await pool.query(`VACUUM ANALYZE`);
  return queue;
}

const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
const p99 = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0;

async function timed(times, work) {
  const began = performance.now();
  const result = await work();
  times.push(performance.now() - began);
  return result;
}

async function measure(size) {
  const queue = await fill(size);
  const leaseTimes = [];
  const settleTimes = [];
  let count = 0;
  const request = {
    owner: 'bench',
    now: NOW,
    leaseMs: 600_000,
    limit: BATCH,
    perDomain: size.domains === 1 ? BATCH : 2,
  };
  const began = performance.now();
  for (let round = 0; round < ROUNDS; round += 1) {
    const leases = await timed(leaseTimes, () => queue.lease(request));
    if (leases.length === 0) break;
    count += leases.length;
    await Promise.all(
      leases.map((lease) =>
        timed(settleTimes, () =>
          queue.settle(lease, {
            recipients: lease.job.recipients.map((each) => ({ ...each, state: 'delivered' })),
            next: { kind: 'done' },
            reports: [],
            at: NOW,
          }),
        ),
      ),
    );
  }
  const seconds = (performance.now() - began) / 1000;
  await queue.close();
  return {
    jobs: size.jobs,
    domains: size.domains,
    [`lease of ${BATCH}, median`]: median(leaseTimes).toFixed(1),
    'lease, p99': p99(leaseTimes).toFixed(1),
    'settle, median of 10 at once': median(settleTimes).toFixed(1),
    'settle, p99': p99(settleTimes).toFixed(1),
    'jobs a second': Math.round(count / seconds),
  };
}

const rows = [];
for (const size of SIZES) rows.push(await measure(size));
console.table(rows);
await pool.query(`DROP SCHEMA ${SCHEMA} CASCADE`);
await pool.end();
