/**
 * Fills a PostgreSQL queue with many jobs at once: written by the database itself, as the queue would have kept them.
 */
import { postgresQueue } from 'enforced-tls/queue';

/** The time in which the jobs live. */
export const NOW = Date.UTC(2026, 0, 15, 12);

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

/** Makes a schema anew, with `jobs` due jobs over `domains` domains. */
export async function fill(pool, schema, { jobs, domains }) {
  await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  const queue = postgresQueue({ pool, schema, listen: false });
  await queue.count({});
  await queue.close();
  await pool.query(`BEGIN;
    SET LOCAL search_path TO ${schema};
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
    COMMIT`);
  await pool.query('VACUUM ANALYZE');
  await pool.query('CHECKPOINT');
}
