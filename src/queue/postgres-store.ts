/**
 * What the parts of the PostgreSQL queue share: its store, the calling of its functions, its rows as jobs.
 */
import type { Job } from '../deliver/job.js';
import type { JobView } from './driver.js';
import { type ContentStore, readBody } from './postgres-content.js';
import type { PostgresRow, PostgresValue } from './postgres-pool.js';
import type { Watch } from './postgres-watch.js';
import { reviveRow, type StoredRow } from './stored-job.js';
import { octetsMissing, openPart } from './stored-message.js';

/** What one queue works with. */
export interface Store extends ContentStore {
  readonly watch: Watch;
}

/** Calls a function of the schema that gives one text or null. */
export async function ask(
  store: Store,
  call: string,
  values: (again: boolean) => readonly PostgresValue[],
): Promise<string | null> {
  const [row] = await store.call(`SELECT ${store.schema}.${call} AS answer`, values);
  return row?.['answer'] as string | null;
}

/** A row of `job_view`. */
export interface ViewRow extends StoredRow, Pick<JobView, 'dueAt' | 'priority' | 'endedAt'> {
  readonly content: string;
  readonly state: 'ready' | 'leased' | 'done' | 'buried';
  readonly suspension: JobView['suspended'];
  readonly floorBy: string | null;
  readonly token: string | null;
  readonly leaseUntil: number | null;
}

/** What a row that a function or a query gave says. */
export function viewRow(row: PostgresRow): ViewRow {
  return JSON.parse(row['row_text'] as string) as ViewRow;
}

/**
 * The job of a row.
 * @throws QueueError `job-damaged`
 */
export function jobOf(store: Store, row: PostgresRow, view: ViewRow): Promise<Job> {
  const header = row['header'] as Uint8Array | null;
  return reviveRow(view, {
    async header(sha256) {
      if (header === null) throw octetsMissing();
      return openPart(header, sha256, 0, store.sealing);
    },
    body: (sha256) => readBody(store, view.content, sha256),
  });
}
