/**
 * Who goes next in the BullMQ queue. BullMQ hands out the job that is due; the script `grant` says what becomes of it:
 *
 *   granted   it is leased
 *   wait      it is not to go yet (kept back, its domain is full or put off) and goes to BullMQ's delayed jobs
 *   ended     it was settled by a process that ended before it could tell BullMQ
 *   unknown   nothing of ours: whoever put it there finds it among the failed jobs
 *
 * A job that waits for its domain is parked: it is let go when another one of the domain ends, or within seconds when the
 * process that held that one has ended, and in any case after a quarter of a minute or more. Expired leases are found by
 * BullMQ's check for stalled jobs. Times are those of this machine's clock.
 */
import { randomUUID } from 'node:crypto';
import type { Job } from '../deliver/job.js';
import { clearOutbox, end, isRefused } from './bullmq-carrier.js';
import { octetsOf } from './bullmq-content.js';
import type { BullJob } from './bullmq-library.js';
import { letNextGo, moveLines } from './bullmq-domain.js';
import { bullId, readRow, type Row } from './bullmq-rows.js';
import type { Opened, Store } from './bullmq-store.js';
import type { Lease, LeaseRequest, QueueDriver } from './driver.js';
import { reviveRow } from './stored-job.js';
import type { Sealing } from './stored-message.js';

const PARK_MS = 15_000;
/** One call looks at about so many jobs at most. */
const MOST_ASKED = 1000;
const MOST_AT_ONCE = 50;
/** So often a worker looks for what a process that ended has left undone. */
const TIDY_EVERY_MS = 5000;

/** What workers call, and how an operator takes one job. */
export function leasing(store: Store): Pick<QueueDriver, 'lease' | 'take' | 'renew' | 'release' | 'nextDue'> {
  let tidiedAt = Number.NEGATIVE_INFINITY;
  return {
    lease: (request) =>
      store.with(async (opened) => {
        opened.limit.perDomain = request.perDomain;
        if (Math.abs(Date.now() - tidiedAt) > TIDY_EVERY_MS) {
          await clearOutbox(opened);
          await moveLines(opened);
          tidiedAt = Date.now();
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
  // One asks first; where there is something, the rest ask together, so that they share a write to the disk.
  let wave = await leaseWave(opened, request, sealing, 1);
  const leases = [...wave.leases];
  for (let asked = 1; wave.more && asked < MOST_ASKED && leases.length < request.limit;) {
    const wish = Math.min(request.limit - leases.length, MOST_AT_ONCE);
    wave = await leaseWave(opened, request, sealing, wish);
    leases.push(...wave.leases);
    asked += wish;
    // What is leased must not wait for what has to be put aside first.
    if (leases.length > 0) break;
  }
  // Those that are leased must reach the worker; one that failed comes again when its lease runs out.
  if (wave.failed !== null && leases.length === 0) throw wave.failed.reason;
  return leases;
}

interface Wave {
  readonly leases: readonly Lease[];
  readonly failed: PromiseRejectedResult | null;
  /** False when the line has come to its end, or something failed. */
  readonly more: boolean;
}

/** Asks so many times at once. */
async function leaseWave(
  opened: Opened,
  request: LeaseRequest,
  sealing: Sealing | null,
  times: number,
): Promise<Wave> {
  const answers = await Promise.allSettled(
    Array.from({ length: times }, () => leaseNext(opened, request, sealing)),
  );
  const found = answers.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = answers.find((each) => each.status === 'rejected') ?? null;
  return {
    leases: found.flatMap((each) => (typeof each === 'object' ? [each] : [])),
    failed,
    more: failed === null && !found.includes('none'),
  };
}

/** Leases the next job; `aside` when it is not to go yet, `none` when there is none. */
async function leaseNext(
  opened: Opened,
  request: LeaseRequest,
  sealing: Sealing | null,
): Promise<Lease | 'aside' | 'none'> {
  const token = `${request.owner}/${randomUUID()}`;
  const handed = await opened.worker(request.leaseMs).getNextJob(token, { block: false });
  if (handed === undefined) return 'none';
  const row = await grant(opened, handed, token, request);
  if (row === null) return 'aside';
  return { job: await jobOf(opened, row, sealing), token, until: Date.now() + request.leaseMs };
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
    if (isRefused(error)) return;
    throw error;
  }
  await letNextGo(opened, job.domain);
}

/** The whole job; its message opens the octets in Redis, and none when it has ended. */
export function jobOf(opened: Opened, row: Row, sealing: Sealing | null): Promise<Job> {
  return reviveRow(row, octetsOf(opened, row.content, sealing));
}
