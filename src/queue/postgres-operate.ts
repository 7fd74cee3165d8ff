/**
 * What operators ask of the PostgreSQL queue; what they change is in postgres-sql-operate.ts.
 */
import type { JobQuery, JobView, QueueDriver } from './driver.js';
import type { PostgresRow, PostgresValue } from './postgres-pool.js';
import { ask, jobOf, type Store, viewRow } from './postgres-store.js';

/** Finished jobs that one transaction forgets. */
const CLEAN_AT_ONCE = 500;

/** What operators call. */
export function operating(
  store: Store,
): Pick<QueueDriver, 'find' | 'count' | 'suspend' | 'resume' | 'flush' | 'acceptFloor' | 'clean'> {
  const { schema, watch } = store;
  const woken = async (count: Promise<string | null>): Promise<number> => {
    const concerned = Number(await count);
    watch.wake();
    watch.announce();
    return concerned;
  };
  return {
    async find(query) {
      const { where, values } = conditionOf(schema, query);
      const sql = `SELECT row_to_json(job_view)::text AS row_text, part.octets AS header
        FROM (SELECT seq FROM ${schema}.job ${where} ORDER BY seq LIMIT $${values.length + 1}) AS found
        JOIN ${schema}.job_view ON job_view.seq = found.seq
        LEFT JOIN ${schema}.part ON part.content = job_view.content AND part.number = 0 ORDER BY found.seq`;
      const rows = await store.call(sql, () => [...values, query.limit ?? 1000]);
      return Promise.all(rows.map((row) => jobViewOf(store, row)));
    },
    async count(query) {
      const { where, values } = conditionOf(schema, query);
      const [row] = await store.call(
        `SELECT count(*)::text AS count FROM ${schema}.job ${where}`,
        () => values,
      );
      return Number(row?.['count']);
    },
    async suspend(what, { reason, by, until }) {
      return Number(
        await ask(store, 'suspend($1, $2, $3, $4, $5)', () => [...named(what), reason, by, until]),
      );
    },
    resume: (what) => woken(ask(store, 'resume($1, $2)', () => named(what))),
    flush: (domain, now) => woken(ask(store, 'flush($1, $2)', () => [domain, now])),
    async acceptFloor(id, floor, by) {
      const answer = await ask(store, 'accept_floor($1, $2, $3)', () => [id, JSON.stringify(floor), by]);
      return answer === 'accepted';
    },
    async clean(before) {
      let count = 0;
      for (let more = true; more;) {
        const forgotten = Number(await ask(store, 'forget_ended($1, $2)', () => [before, CLEAN_AT_ONCE]));
        count += forgotten;
        more = forgotten === CLEAN_AT_ONCE;
      }
      await ask(store, 'forget_rest($1)', () => [before]);
      return count;
    },
  };
}

/** What is suspended or resumed: its kind and its name. */
function named(what: Parameters<QueueDriver['resume']>[0]): readonly [kind: string, name: string] {
  return 'id' in what ? ['job', what.id] : ['domain', what.domain];
}

async function jobViewOf(store: Store, row: PostgresRow): Promise<JobView> {
  const view = viewRow(row);
  const { state, suspension, dueAt, priority, floorBy, endedAt } = view;
  return {
    job: await jobOf(store, row, view),
    state: state === 'ready' && suspension !== null ? 'suspended' : state,
    suspended: suspension,
    dueAt,
    priority,
    endedAt,
    floorAcceptedBy: floorBy,
  };
}

/** The condition of a query over `job`, and its values. */
function conditionOf(
  schema: string,
  query: JobQuery,
): { readonly where: string; readonly values: readonly PostgresValue[] } {
  const parts: string[] = [];
  const values: PostgresValue[] = [];
  const add = (sql: string, value: PostgresValue | undefined): void => {
    if (value === undefined) return;
    values.push(value);
    parts.push(sql.replace('?', `$${values.length}`));
  };
  add('job.id = ?', query.id);
  add(`job.submission = (SELECT seq FROM ${schema}.submission WHERE id = ?)`, query.submissionId);
  add('job.domain = ?', query.domain);
  add('job.created_at < ?', query.createdBefore);
  add(`job.seq IN (SELECT job FROM ${schema}.job_reason WHERE reason = ?)`, query.reason);
  const suspended = `(job.suspended OR EXISTS (SELECT FROM ${schema}.suspension WHERE kind = 'domain' AND name = job.domain))`;
  if (query.state === 'ready') parts.push(`job.state = 'ready' AND NOT ${suspended}`);
  else if (query.state === 'suspended') parts.push(`job.state = 'ready' AND ${suspended}`);
  else add('job.state = ?', query.state);
  return { where: parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`, values };
}
