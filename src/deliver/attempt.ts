/**
 * The straight line of one attempt: the file to read first.
 *
 *   2 policy, 3 route          findWay       deliver/way
 *   4 connect ... 7 the door   openTarget    deliver/open
 *   8 transaction              transact      smtp/transact
 *   9 outcome                  outcomes of   deliver/classify
 *
 * Hosts are walked in order of preference. What a host says about the mail itself (5yz to MAIL, RCPT, DATA; 4yz to
 * RCPT) stays with this attempt; what it says about itself (refused, unreachable, not secure, busy) leads to the next
 * host, never to less security. The reason of an attempt is that of the best host; the others are in the record.
 * Failure is a value: every recipient of the job that has not ended has exactly one outcome in the record that comes back.
 */
import type { Context } from '../core/context.js';
import type { Envelope } from '../message/envelope.js';
import type { Message } from '../message/source.js';
import { weakerThan } from '../policy/compare.js';
import type { Plan } from '../policy/plan.js';
import type { Route, Target } from '../route/route.js';
import { transact } from '../smtp/transact.js';
import { classifyRefusals, classifyReason, classifyReply, type Refusals, staysHere } from './classify.js';
import { createCount, whenRoom } from './host-rate.js';
import { hasEnded, type Job, type JobRecipient } from './job.js';
import { type Opened, type Opener, openTarget } from './open.js';
import type { Outcome } from './outcome.js';
import { createTurnOrder } from './turn-order.js';
import { findWay } from './way.js';

/** What one attempt did and saw; queue, NDR, receipts and reports are all made from it. */
export interface AttemptRecord {
  readonly jobId: string;
  readonly domain: string;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly plan: Plan;
  readonly route: Route | null;
  /** Every target that was tried or skipped, in order. */
  readonly tried: readonly Opened[];
  readonly outcomes: readonly Outcome[];
  /** Set where nothing was tried and nobody has an outcome: the hosts are over their rate until then. */
  readonly roomAt?: number;
}

/** What a worker has to know of it: the outcomes, or that its turn comes later. */
export type Attempted = readonly Outcome[] | { readonly roomAt: number };

/** That of a record. */
export function attempted({ outcomes, roomAt }: AttemptRecord): Attempted {
  return roomAt === undefined ? outcomes : { roomAt };
}

/** One attempt. Rejects only when it is called off. */
export async function attempt(job: Job, opener: Opener, ctx: Context): Promise<AttemptRecord> {
  const startedAt = ctx.clock.now();
  const open = job.recipients.filter((recipient) => !hasEnded(recipient));
  const way = await findWay(job.domain, job.ask, opener, ctx);
  const record = (
    route: Route | null,
    tried: readonly Opened[],
    outcomes: readonly Outcome[],
  ): AttemptRecord => ({
    jobId: job.id,
    domain: job.domain,
    startedAt,
    durationMs: ctx.clock.now() - startedAt,
    plan: way.plan,
    route,
    tried,
    outcomes,
  });
  // what held when the message was accepted is a floor.
  const lowered = weakerThan(way.plan, job.floor);
  if (lowered !== null) {
    return record(
      null,
      [],
      classifyReason(open, { reason: 'policy-lowered', detail: lowered, plan: way.plan, now: startedAt }),
    );
  }
  if (way.kind === 'none') {
    return record(way.route, [], classifyReason(open, { ...way, now: startedAt }));
  }
  // The last attempt, from which a report comes, waits for nothing.
  const rate = startedAt < job.expiresAt ? opener.hostRate : null;
  const roomAt = rate === null ? null : whenRoom(way.route.targets, rate, ctx.clock.now());
  if (roomAt !== null) return { ...record(way.route, [], []), roomAt };
  const walk = await walkTargets(
    job,
    open,
    { plan: way.plan, route: way.route, opener, count: createCount(rate) },
    ctx,
  );
  return record(way.route, walk.tried, walk.outcomes);
}

interface Walk {
  readonly plan: Plan;
  readonly route: Extract<Route, { kind: 'targets' }>;
  readonly opener: Opener;
  /** False for a host that is over its rate. */
  readonly count: (host: string, now: number) => boolean;
}

/** Target after target, until every recipient has an outcome that stays. */
async function walkTargets(
  job: Job,
  recipients: readonly JobRecipient[],
  walk: Walk,
  ctx: Context,
): Promise<{ tried: Opened[]; outcomes: Outcome[] }> {
  const { plan, route } = walk;
  const tried: Opened[] = [];
  /** By the place of the recipient: what stays, or as long as nothing does what the best host said. */
  const found: (Found | null)[] = recipients.map(() => null);
  const hasSettled = (): boolean => found.some((each) => each?.stays === true);
  // what may have arrived already has each word of the server before the next step, and is not in doubt once more
  // for what becomes of others, or for the words in which this server takes it (SC-54).
  const isInDoubt = job.interruptions > 0 || recipients.some(({ state }) => state === 'unknown');
  const opener = isInDoubt ? { ...walk.opener, window: () => 1 } : walk.opener;
  const turns = createTurnOrder(route.targets, opener, ctx);
  const here = { ...walk, opener: turns.opener };
  try {
    for (let target = turns.next(); target !== null; target = turns.next()) {
      const places = recipients.flatMap((_, place) => (found[place]?.stays === true ? [] : [place]));
      if (places.length === 0) break;
      if (!walk.count(target.host, ctx.clock.now())) continue;
      const open = places.map((place) => recipients[place] as JobRecipient);
      const envelope: Envelope = { ...job.envelope, recipients: open };
      let visit: Visit;
      try {
        visit = await visitTarget(target, { envelope, message: job.message }, here, ctx);
      } catch (error) {
        // A call-off does not undo what has been delivered: the record must tell, or it is sent again.
        if (ctx.signal.aborted && hasSettled()) break;
        throw error;
      }
      if (visit.opened.kind === 'refused' && turns.comesAgain(target)) continue;
      tried.push(visit.opened);
      visit.found.forEach((each, i) => {
        const place = places[i] as number;
        if (each.stays || found[place] === null) found[place] = each;
      });
    }
  } finally {
    turns.close();
  }
  const refusals = (): Refusals => ({
    refused: tried.filter((each) => each.kind === 'refused'),
    unusable: route.unusable,
    plan,
    now: ctx.clock.now(),
  });
  const outcomes = recipients.map(
    (recipient, place) => found[place]?.outcome ?? classifyRefusals(recipient, refusals()),
  );
  return { tried, outcomes };
}

/** What one target said to a recipient; whether it stays, or another target may say something else. */
interface Found {
  readonly outcome: Outcome;
  readonly stays: boolean;
}

/** What one target said to each recipient; nothing where it did not come to a transaction. */
interface Visit {
  readonly opened: Opened;
  /** In the order of the envelope. */
  readonly found: readonly Found[];
}

/** So often a message goes to another connection because the one before wanted no more; then it waits for its next attempt. */
const MAX_REPEATS = 10;

/** Opens one target and runs the transaction there. */
async function visitTarget(
  target: Target,
  mail: { readonly envelope: Envelope; readonly message: Message },
  { plan, opener }: Walk,
  ctx: Context,
): Promise<Visit> {
  for (let repeats = 0; ; repeats += 1) {
    const opened = await openTarget(plan, target, mail.message.size, opener, ctx);
    if (opened.kind === 'refused') return { opened, found: [] };
    const { session, turn } = opened;
    let good = false;
    try {
      const result = await transact(session, mail.envelope, mail.message, ctx, turn);
      good = result.reusable;
      // SC-52, SC-54: a kept connection that was dead, or on which the server wants no more, costs no attempt.
      if (turn.reused && result.untouched && repeats < MAX_REPEATS) continue;
      const { dsnOffered } = result;
      const found = result.recipients.map((reply) => ({
        outcome: classifyReply(reply, { plan, session, dsnOffered, now: ctx.clock.now() }),
        stays: staysHere(reply),
      }));
      return { opened, found };
    } finally {
      turn.end(good);
    }
  }
}
