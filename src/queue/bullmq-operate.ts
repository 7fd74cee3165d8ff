/**
 * What an operator asks of the BullMQ queue: find, count, keep back, let go, accept, forget. Jobs are walked along page by
 * page, so what an answer shows may have changed since the first page.
 */
import { promote } from './bullmq-carrier.js';
import { makeAllDue, type PageQuery, pagesOf } from './bullmq-domain.js';
import { jobOf } from './bullmq-line.js';
import { bullId, readRow } from './bullmq-rows.js';
import type { Opened, Store } from './bullmq-store.js';
import type { JobQuery, JobView, QueueDriver } from './driver.js';
import type { Sealing } from './stored-message.js';

const CLEAN_AT_ONCE = 200;

type What = { readonly id: string } | { readonly domain: string };

/** What operators call. */
export function operating(
  store: Store,
): Pick<QueueDriver, 'find' | 'count' | 'suspend' | 'resume' | 'flush' | 'acceptFloor' | 'clean'> {
  return {
    find: (query) => store.with((opened) => find(opened, query, store.sealing)),
    count: (query) => store.with((opened) => count(opened, query)),
    suspend: (what, suspension) =>
      store.with(async (opened) => {
        const done = await opened.run('suspend', nameOf(what), JSON.stringify(suspension));
        return done === 1 ? countUnfinished(opened, what) : 0;
      }),
    async resume(what) {
      const concerned = await store.with((opened) => resume(opened, what));
      store.wake();
      return concerned;
    },
    async flush(domain, now) {
      const hurried = await store.with(async (opened) => {
        await opened.run('calm', domain);
        return makeAllDue(opened, domain, now);
      });
      store.wake();
      return hurried;
    },
    acceptFloor: (id, floor, by) =>
      store.with(async ({ run }) => (await run('floor', bullId(id), JSON.stringify(floor), by)) === 1),
    clean: (before) => store.with((opened) => clean(opened, before)),
  };
}

async function find(opened: Opened, query: JobQuery, sealing: Sealing | null): Promise<readonly JobView[]> {
  const limit = query.limit ?? 1000;
  const views: JobView[] = [];
  for await (const ids of idsOf(opened, query)) {
    const wanted = ids.slice(0, limit - views.length);
    const found = await Promise.all(wanted.map((id) => viewOf(opened, id, sealing)));
    views.push(...found.filter((view) => view !== null));
    if (views.length >= limit) break;
  }
  return views;
}

async function viewOf(opened: Opened, id: string, sealing: Sealing | null): Promise<JobView | null> {
  const answer = await opened.run('view', id, Date.now());
  if (answer === null) return null;
  const row = readRow(answer);
  const { state, suspended, dueAt, priority, floorAcceptedBy, endedAt } = row;
  return {
    job: await jobOf(opened, row, sealing),
    state,
    suspended,
    dueAt,
    priority,
    floorAcceptedBy,
    endedAt,
  };
}

async function count(opened: Opened, query: JobQuery): Promise<number> {
  let found = 0;
  for await (const ids of idsOf(opened, query)) found += ids.length;
  return found;
}

/** The jobs that fit, by the narrowest index that there is. */
function idsOf(opened: Opened, query: JobQuery): AsyncGenerator<readonly string[]> {
  const { id, submissionId, domain, state, createdBefore, reason } = query;
  const fit: PageQuery = {
    ...(id === undefined ? {} : { id: bullId(id) }),
    ...(submissionId === undefined ? {} : { submission: submissionId }),
    ...(domain === undefined ? {} : { domain }),
    ...(state === undefined ? {} : { state }),
    ...(createdBefore === undefined ? {} : { createdBefore }),
    ...(reason === undefined ? {} : { reason }),
  };
  if (submissionId !== undefined) return pagesOf(opened, `of:${submissionId}`, fit);
  return pagesOf(opened, domain === undefined ? 'jobs' : `domain:${domain}`, fit);
}

async function countUnfinished(opened: Opened, what: What): Promise<number> {
  let found = 0;
  const pages =
    'id' in what
      ? pagesOf(opened, 'jobs', { id: bullId(what.id), unfinished: true })
      : pagesOf(opened, `domain:${what.domain}`, { unfinished: true });
  for await (const ids of pages) found += ids.length;
  return found;
}

/** Ends a suspension; what had fallen due in it is due now. */
async function resume(opened: Opened, what: What): Promise<number> {
  await opened.run('suspend', nameOf(what), '');
  let concerned = 0;
  const fit: PageQuery = { unfinished: true, ...('id' in what ? { id: bullId(what.id) } : {}) };
  for await (const ids of pagesOf(opened, 'id' in what ? 'jobs' : `domain:${what.domain}`, fit)) {
    await Promise.all(
      ids.map(async (id) => {
        const due = await opened.run('hurry', id, '');
        if (due !== '' && Number(due) <= Date.now()) await promote(opened, id);
      }),
    );
    concerned += ids.length;
  }
  return concerned;
}

/** Forgets finished jobs, first where BullMQ has them: one that it still holds is left for later. */
async function clean(opened: Opened, before: number): Promise<number> {
  let forgotten = 0;
  for (let more = true; more;) {
    const ids = (await opened.run('old', before, CLEAN_AT_ONCE)) as string[];
    let gone = 0;
    for (const id of ids) {
      const held = (await opened.queue.getJob(id)) !== undefined;
      if (held && (await opened.queue.remove(id)) !== 1) continue;
      gone += Number(await opened.run('forget', id));
    }
    forgotten += gone;
    more = ids.length === CLEAN_AT_ONCE && gone > 0;
  }
  return forgotten;
}

function nameOf(what: What): string {
  return 'id' in what ? `job:${bullId(what.id)}` : `domain:${what.domain}`;
}
