/**
 * How mail comes into the BullMQ queue and leaves it. What counts is one script each (`keep`, `settle`); afterwards BullMQ
 * is told what follows from it. When the process ends in between, whoever leases next makes up for it: jobs that BullMQ
 * does not know are in the outbox, and a job that it still holds is found to have ended or not to be due.
 */
import { QueueError } from '../core/errors.js';
import { clearOutbox, end, enlist } from './bullmq-carrier.js';
import { stage, type Staged, unstage } from './bullmq-content.js';
import { letNextGo, makeAllDue } from './bullmq-domain.js';
import { bullId, packSettlement, packSubmission } from './bullmq-rows.js';
import type { Opened, Store } from './bullmq-store.js';
import type { Lease, QueueDriver, Settlement, Submission } from './driver.js';
import { applySettlement, checkSubmission } from './job-record.js';

/** So long after a settlement BullMQ may be told of it. */
const HOLD_MS = 10_000;

/** What senders call, and how a worker ends a lease. */
export function entering(store: Store): Pick<QueueDriver, 'put' | 'settle'> {
  return {
    async put(submission) {
      checkSubmission(submission);
      const put = await store.with((opened) => keep(opened, submission, store));
      if (!put.existing) store.wake();
      return put;
    },
    async settle(lease, settlement) {
      const { attempts } = applySettlement(lease.job, settlement);
      const settled = await store.with((opened) => settle(opened, lease, { ...settlement, attempts }, store));
      store.wake();
      return settled;
    },
  };
}

async function keep(
  opened: Opened,
  submission: Submission,
  { sealing }: Store,
): Promise<{ readonly id: string; readonly existing: boolean }> {
  const staged = await stage(opened, submission.message, sealing);
  const packed = JSON.stringify(packSubmission(submission, staged));
  const [answer] = await Promise.all([opened.run('keep', packed), staged.written]);
  const [what = '', id = ''] = answer as string[];
  if (what !== 'kept') await unstage(opened, staged.content);
  if (what === 'existing') return { id, existing: true };
  refuse(what, id);
  // It is kept: what fails from here on is made up for by whoever leases next.
  await enlist(opened, submission).catch(() => undefined);
  await submission.message.dispose?.();
  return { id, existing: false };
}

/** @throws QueueError `submission-id-taken`, `job-id-taken`, `octets-gone` */
function refuse(what: string, id: string): void {
  if (what === 'kept' || what === 'settled') return;
  if (what === 'octets-gone') {
    throw new QueueError(
      'octets-gone',
      `put: the octets of ${id} did not all arrive, or took more than a day; try again`,
    );
  }
  const name = what === 'job-taken' ? 'job' : 'submission';
  throw new QueueError(
    `${name}-id-taken`,
    `put: there is a ${name} ${id} already; give every ${name} an id of its own`,
  );
}

async function settle(
  opened: Opened,
  { job, token }: Lease,
  settlement: Settlement & { readonly attempts: number },
  { sealing }: Store,
): Promise<boolean> {
  const staged: Staged[] = [];
  for (const report of settlement.reports) {
    checkSubmission(report);
    staged.push(await stage(opened, report.message, sealing));
  }
  const reports = settlement.reports.map((report, i) => packSubmission(report, staged[i] as Staged));
  const packed = JSON.stringify(packSettlement(settlement, settlement.attempts, reports));
  const id = bullId(job.id);
  const [answer] = await Promise.all([
    opened.run('settle', id, token, packed, HOLD_MS),
    ...staged.map(({ written }) => written),
  ]);
  const [what = '', name = ''] = answer as string[];
  if (what === 'lost') {
    for (const { content } of staged) await unstage(opened, content);
    return false;
  }
  refuse(what, name);
  await follow(opened, id, token, settlement, Number(name) === 1 ? settlement.at : null, job.domain).catch(
    () => undefined,
  );
  return true;
}

/** What BullMQ is told after a settlement. */
async function follow(
  opened: Opened,
  id: string,
  token: string,
  { next, reports }: Settlement,
  hurryAt: number | null,
  domain: string,
): Promise<void> {
  if (reports.length > 0) await clearOutbox(opened);
  try {
    const job = await opened.queue.getJob(id);
    if (job !== undefined) {
      if (next.kind === 'again') await job.moveToDelayed(next.at, token);
      else await end(job, token, next.kind === 'buried' ? next.reason : null);
    }
  } finally {
    // Its place in the domain is free in any case.
    if (hurryAt === null) await letNextGo(opened, domain);
    else await makeAllDue(opened, domain, hurryAt);
  }
}
