/**
 * Who goes next in the BullMQ queue. BullMQ hands out the job that is due; the script `grant` says what becomes of it:
 *
 *   granted   it is leased
 *   wait      it is not to go yet (kept back, its domain is full or put off) and goes to BullMQ's delayed jobs
 *   ended     it was settled by a process that ended before it could tell BullMQ
 *   unknown   nothing of ours: whoever put it there finds it among the failed jobs
 *
 * A job that waits for its domain is parked: it is let go when another one of the domain ends, and in any case after a
 * minute or more. Expired leases are found by BullMQ's check for stalled jobs. Times are those of this machine's clock.
 */
import { randomUUID } from 'node:crypto';
import type { Job } from '../deliver/job.js';
import { octetsOf } from './bullmq-content.js';
import type { BullJob } from './bullmq-library.js';
import { clearOutbox, end } from './bullmq-mail.js';
import { bullId, readRow, type Row } from './bullmq-rows.js';
import type { Opened, Store } from './bullmq-store.js';
import type { Lease, LeaseRequest, QueueDriver } from './driver.js';
import { reviveRow } from './stored-job.js';
import type { Sealing } from './stored-message.js';

const PARK_MS = 60_000;
/** One call puts at most this many jobs aside. */
const MOST_ASIDE = 1000;
const OUTBOX_EVERY_MS = 5000;
const PAGE = 200;

/** What workers call, and how an operator takes one job. */
export function leasing(store: Store): Pick<QueueDriver, 'lease' | 'take' | 'renew' | 'release' | 'nextDue'> {
  let outboxAt = Number.NEGATIVE_INFINITY;
  return {
    lease: (request) =>
      store.with(async (opened) => {
        opened.limit.perDomain = request.perDomain;
        if (Math.abs(Date.now() - outboxAt) > OUTBOX_EVERY_MS) {
          await clearOutbox(opened);
          outboxAt = Date.now();
        }
        return leaseDue(opened, request, store.sealing);
      }),
    take: (id, { owner, leaseMs }) =>
      store.with(async (opened) => {
        const token = `${owner}/${randomUUID()}`;
        const now = Date.now();
        const [what, view] = (await opened.run('take', bullId(id), token, leaseMs, now)) as unknown[];
        if (what !== 'granted') return null;
        return { job: await jobOf(opened, readRow(view), store.sealing), token, until: now + leaseMs };
      }),
    renew: ({ job, token }, until) =>
      store.with(async ({ queue }) => {
        const held = await queue.getJob(bullId(job.id));
        const ms = Math.max(1, until - Date.now());
        return held !== undefined && (await held.extendLock(token, ms)) === 1;
      }),
    async release(lease) {
      await store.with((opened) => giveBack(opened, lease));
      store.wake();
    },
    nextDue: () =>
      store.with(async ({ run }) => {
        const [delayed = '', left = ''] = (await run('due')) as string[];
        const times = [
          ...(delayed === '' ? [] : [Number(delayed)]),
          ...(left === '' ? [] : [Date.now() + Number(left)]),
        ];
        return times.length === 0 ? null : Math.min(...times);
      }),
  };
}

async function leaseDue(
  opened: Opened,
  request: LeaseRequest,
  sealing: Sealing | null,
): Promise<readonly Lease[]> {
  const worker = opened.worker(request.leaseMs);
  const leases: Lease[] = [];
  for (let aside = 0; leases.length < request.limit && aside < MOST_ASIDE;) {
    const token = `${request.owner}/${randomUUID()}`;
    const handed = await worker.getNextJob(token, { block: false });
    if (handed === undefined) break;
    try {
      const row = await grant(opened, handed, token, request);
      if (row === null) aside += 1;
      else
        leases.push({ job: await jobOf(opened, row, sealing), token, until: Date.now() + request.leaseMs });
    } catch (error) {
      // Those that are leased already must reach the worker; this one comes again when its lease runs out.
      if (leases.length === 0) throw error;
      break;
    }
  }
  return leases;
}

/** The job when it may go; otherwise it is where it belongs, and there is nothing to lease. */
async function grant(
  opened: Opened,
  handed: BullJob,
  token: string,
  { leaseMs, perDomain }: LeaseRequest,
): Promise<Row | null> {
  const id = handed.id as string;
  const answer = await opened.run('grant', id, token, leaseMs, perDomain, Date.now(), PARK_MS);
  const [what, detail, domain] = answer as [string, unknown, string | undefined];
  if (what === 'granted') return readRow(detail);
  if (what === 'ended') await end(handed, token, detail === '' ? null : (detail as string));
  if (what === 'unknown') await end(handed, token, 'no mail is kept for this job');
  if (what === 'wait') {
    await handed.moveToDelayed(Number(detail), token);
    // Somebody may have made room while it was on its way there.
    if (domain !== undefined) await letNextGo(opened, domain, id);
  }
  return null;
}

async function giveBack(opened: Opened, { job, token }: Lease): Promise<void> {
  const held = await opened.queue.getJob(bullId(job.id));
  try {
    await held?.moveToDelayed(Date.now(), token);
  } catch (error) {
    // BullMQ numbers its refusals: the lease has been lost, or the job is gone.
    if (typeof (error as { code?: unknown }).code === 'number') return;
    throw error;
  }
  await letNextGo(opened, job.domain);
}

/** Lets a parked job of a domain go when there is room; `own` is one that has just been parked. */
export async function letNextGo(opened: Opened, domain: string, own = ''): Promise<void> {
  const id = await opened.run('room', domain, opened.limit.perDomain, Date.now(), own);
  if (id !== '') await promote(opened, id as string);
}

/** Makes a delayed job due for BullMQ; one that is not delayed stays where it is. */
export async function promote({ queue }: Opened, id: string): Promise<void> {
  const job = await queue.getJob(id);
  await job?.promote().catch((error: unknown) => {
    if (typeof (error as { code?: unknown }).code !== 'number') throw error;
  });
}

/** Makes all waiting jobs of a domain due; their number. */
export async function makeAllDue(opened: Opened, domain: string, now: number): Promise<number> {
  let count = 0;
  for await (const ids of pagesOf(opened, `domain:${domain}`, { state: 'ready' })) {
    await Promise.all(
      ids.map(async (id) => {
        await opened.run('hurry', id, now);
        await promote(opened, id);
      }),
    );
    count += ids.length;
  }
  return count;
}

/** What a page of jobs is chosen by. */
export interface PageQuery {
  /** As BullMQ knows it. */
  readonly id?: string;
  readonly submission?: string;
  readonly domain?: string;
  readonly state?: string;
  readonly createdBefore?: number;
  readonly reason?: string;
  readonly unfinished?: true;
}

/** The ids of the jobs of an index that fit, page by page; Redis is never asked for more at once. */
export async function* pagesOf(
  { run }: Opened,
  index: string,
  query: PageQuery,
): AsyncGenerator<readonly string[]> {
  const text = JSON.stringify(query);
  for (let after = '0'; after !== '';) {
    const page = (await run('select', index, after, PAGE, text, Date.now())) as [string, string[]];
    [after] = page;
    yield page[1];
  }
}

/** The whole job; its message opens the octets in Redis, and none when it has ended. */
export function jobOf(opened: Opened, row: Row, sealing: Sealing | null): Promise<Job> {
  return reviveRow(row, octetsOf(opened, row.content, sealing));
}
