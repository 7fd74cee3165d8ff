/**
 * The conformance suite of queues: what the engine relies on, as cases that any test runner can run.
 *
 *   for (const { name, requires, run } of queueSuite)
 *     if (requires.every((key) => driver.supports[key])) test(name, () => run(makeDriver));
 *
 * `make` gives an empty queue at every call; a case closes what it made. What a driver does not claim in `supports` is not
 * asked of it. Failure: an AssertionError that says what was expected.
 */
import { strict as assert } from 'node:assert';
import { isQueueError } from '../core/errors.js';
import type { QueueDriver, Supports } from '../queue/driver.js';
import {
  type CaseBody,
  type Cases,
  content,
  DAY,
  HOUR,
  lease,
  LEASE_MS,
  leaseIds,
  leaseOne,
  makeSubmission,
  MINUTE,
  movesTime,
  put,
  readContent,
  settlement,
  START,
} from './queue-suite-mail.js';
import { domainCases } from './queue-suite-domains.js';
import { operatorCases } from './queue-suite-operate.js';

/** One case. */
export interface QueueCase {
  readonly name: string;
  /** Runs only for drivers that support all of this. */
  readonly requires: readonly (keyof Supports)[];
  readonly run: (make: () => Promise<QueueDriver>) => Promise<void>;
}

const entering: Cases = {
  'Q-1: a job holds its envelope and its message, and the message can be read again and again': async (
    queue,
  ) => {
    await put(queue, { id: 's1', recipients: ['anna', 'bo'] });
    const held = await leaseOne(queue, START);
    assert.equal(held.job.envelope.from?.path, 'a@sender.example');
    assert.deepEqual(
      held.job.recipients.map(({ address, state }) => [address.path, state]),
      [
        ['anna@b.example', 'waiting'],
        ['bo@b.example', 'waiting'],
      ],
    );
    assert.equal(await readContent(held), content);
    assert.equal(await readContent(held), content);
  },
  'Q-8: a put that is refused keeps nothing, of no domain': async (queue) => {
    await put(queue, { id: 's1' });
    const fresh = await makeSubmission({ id: 's2', domains: ['b.example', 'c.example'] });
    const [first, second] = fresh.jobs;
    assert(first !== undefined && second !== undefined);
    await assert.rejects(queue.put({ ...fresh, jobs: [first, { ...second, id: 's1.1' }] }));
    await assert.rejects(queue.put({ ...fresh, jobs: [] }));
    assert.equal(await queue.count({}), 1);
    assert.equal(await queue.count({ submissionId: 's2' }), 0);
  },
  'Q-10: one message is one job for each domain, all put at once': async (queue) => {
    await put(queue, { id: 's1', domains: ['b.example', 'c.example'] });
    assert.deepEqual((await leaseIds(queue, START)).toSorted(), ['s1.1', 's1.2']);
    assert.equal(await queue.count({ submissionId: 's1', state: 'leased' }), 2);
  },
  'Q-8: a second put under the same idempotency key changes nothing and gives the first id': async (
    queue,
  ) => {
    assert.deepEqual(await put(queue, { id: 's1', key: 'k' }), { id: 's1', existing: false });
    assert.deepEqual(await put(queue, { id: 's2', key: 'k' }), { id: 's1', existing: true });
    assert.equal(await queue.count({}), 1);
  },
  'Q-40: a job is not handed out before its time': movesTime(async (queue) => {
    await put(queue, { id: 's1', notBefore: START + HOUR });
    assert.deepEqual(await leaseIds(queue, START + HOUR - 1), []);
    assert.deepEqual(await leaseIds(queue, START + HOUR), ['s1.1']);
  }),
};

const leasing: Cases = {
  'Q-10: jobs are handed out in the order in which they fell due': movesTime(async (queue) => {
    await put(queue, { id: 'late', domains: ['c.example'], notBefore: START + 2 * MINUTE });
    await put(queue, { id: 'early', domains: ['b.example'], notBefore: START + MINUTE });
    assert.deepEqual(await leaseIds(queue, START + HOUR), ['early.1', 'late.1']);
  }),
  'Q-11: no job is leased twice, however many ask at once': async (queue) => {
    for (let i = 0; i < 40; i += 1) await put(queue, { id: `s${i}`, domains: [`d${i % 7}.example`] });
    const rounds = Array.from({ length: 16 }, (_, i) => lease(queue, START, { owner: `w${i}`, limit: 5 }));
    const ids = (await Promise.all(rounds)).flat().map(({ job }) => job.id);
    assert.equal(ids.length, 40);
    assert.equal(new Set(ids).size, 40);
  },
  'Q-11: an expired lease is taken over, and no attempt is counted': movesTime(async (queue) => {
    await put(queue, { id: 's1' });
    const lost = await leaseOne(queue, START);
    assert.deepEqual(await leaseIds(queue, START + LEASE_MS - 1), []);
    const taken = await leaseOne(queue, START + LEASE_MS);
    assert.notEqual(taken.token, lost.token);
    assert.equal(taken.job.attempts, 0);
    // Whoever held it may have got as far as the peer: the next one must know.
    assert.deepEqual([lost.job.interruptions, taken.job.interruptions], [0, 1]);
  }),
  'Q-11: a renewed lease is not taken over before its new end': movesTime(async (queue) => {
    await put(queue, { id: 's1' });
    const held = await leaseOne(queue, START);
    assert.equal(await queue.renew(held, START + HOUR), true);
    assert.deepEqual(await leaseIds(queue, START + LEASE_MS), []);
    assert.deepEqual(await leaseIds(queue, START + HOUR), ['s1.1']);
  }),
  'Q-11: a lost lease can do nothing any more': movesTime(async (queue) => {
    await put(queue, { id: 's1' });
    const lost = await leaseOne(queue, START);
    const taken = await leaseOne(queue, START + LEASE_MS);
    const report = await makeSubmission({ id: 'r1', kind: 'report' });
    assert.equal(await queue.renew(lost, START + DAY), false);
    const end = settlement(lost, { kind: 'done' }, { change: { state: 'delivered' }, reports: [report] });
    assert.equal(await queue.settle(lost, end), false);
    await queue.release(lost);
    assert.equal(await queue.count({}), 1);
    const [view] = await queue.find({ id: 's1.1' });
    assert.equal(view?.state, 'leased');
    assert.equal(view?.job.recipients[0]?.state, 'waiting');
    assert.equal(await queue.settle(taken, settlement(taken, { kind: 'done' })), true);
  }),
  'Q-11: a lease that is given back is due at once, and no attempt is counted': async (queue) => {
    await put(queue, { id: 's1' });
    await queue.release(await leaseOne(queue, START));
    const again = await leaseOne(queue, START);
    assert.deepEqual([again.job.attempts, again.job.interruptions], [0, 0]);
  },
  'Q-24: an operator takes one job by name, due or not, once': async (queue) => {
    await put(queue, { id: 's1', notBefore: START + DAY });
    const request = { owner: 'op', now: START, leaseMs: LEASE_MS };
    assert.equal((await queue.take('s1.1', request))?.job.id, 's1.1');
    assert.equal(await queue.take('s1.1', request), null);
    assert.equal(await queue.take('nobody', request), null);
  },
};

const settling: Cases = {
  'Q-14: the states of the recipients, the count and the next time are kept together': movesTime(
    async (queue) => {
      await put(queue, { id: 's1', recipients: ['anna', 'bo'] });
      const held = await leaseOne(queue, START);
      const [anna, bo] = held.job.recipients;
      assert(anna !== undefined && bo !== undefined);
      const recipients = [
        { ...anna, state: 'delivered' as const },
        { ...bo, state: 'held' as const, reason: 'certificate-expired' as const, heldSince: START },
      ];
      const next = { kind: 'again' as const, at: START + HOUR, latestAt: START + HOUR, countAttempt: true };
      assert.equal(await queue.settle(held, { recipients, next, reports: [], at: START }), true);
      assert.deepEqual(await leaseIds(queue, START + HOUR - 1), []);
      const again = await leaseOne(queue, START + HOUR);
      assert.equal(again.job.attempts, 1);
      assert.deepEqual(
        again.job.recipients.map(({ state, reason, heldSince }) => [state, reason, heldSince]),
        [
          ['delivered', null, null],
          ['held', 'certificate-expired', START],
        ],
      );
      assert.equal(await readContent(again), content);
    },
  ),
  'Q-14: a settlement that forgets a recipient is refused and changes nothing': async (queue) => {
    await put(queue, { id: 's1', recipients: ['anna', 'bo'] });
    const held = await leaseOne(queue, START);
    const whole = settlement(held, { kind: 'done' });
    await assert.rejects(queue.settle(held, { ...whole, recipients: whole.recipients.slice(1) }));
    assert.equal((await queue.find({ id: 's1.1' }))[0]?.state, 'leased');
  },
  'Q-23: the end of a job and the report about it are one step': async (queue) => {
    await put(queue, { id: 's1' });
    const held = await leaseOne(queue, START);
    const report = await makeSubmission({
      id: 'r1',
      kind: 'report',
      domains: ['sender.example'],
      key: 'ndr',
    });
    const next = { kind: 'buried' as const, reason: 'certificate-expired' as const };
    const end = settlement(held, next, { change: { state: 'failed' }, reports: [report] });
    assert.equal(await queue.settle(held, end), true);
    assert.equal(await queue.count({ id: 's1.1', state: 'buried' }), 1);
    assert.deepEqual(await leaseIds(queue, START), ['r1.1']);
    assert.equal(await queue.settle(held, end), false);
  },
  'Q-1: the content of a message stays until the last of its jobs has ended': async (queue) => {
    await put(queue, { id: 's1', domains: ['b.example', 'c.example'] });
    const [first, second] = await lease(queue, START);
    assert(first !== undefined && second !== undefined);
    await queue.settle(first, settlement(first, { kind: 'done' }, { change: { state: 'delivered' } }));
    assert.equal(await readContent(second), content);
    await queue.settle(second, settlement(second, { kind: 'done' }, { change: { state: 'delivered' } }));
    const views = await queue.find({ submissionId: 's1' });
    assert.equal(views.length, 2);
    for (const { job } of views)
      await assert.rejects(readContent({ job, token: '', until: 0 }), isQueueError);
  },
  'Q-23: a settlement whose report cannot be kept is refused, and nothing of it stands': {
    requires: ['atomicSettle'],
    body: async (queue) => {
      await put(queue, { id: 's1' });
      await put(queue, { id: 'r1', domains: ['sender.example'], notBefore: START + DAY });
      const held = await leaseOne(queue, START);
      const report = await makeSubmission({ id: 'r1', kind: 'report', domains: ['sender.example'] });
      const next = { kind: 'buried' as const, reason: 'recipient-rejected' as const };
      const end = settlement(held, next, { change: { state: 'failed' }, reports: [report] });
      await assert.rejects(queue.settle(held, end), isQueueError);
      const [view] = await queue.find({ id: 's1.1' });
      assert.deepEqual([view?.state, view?.job.recipients[0]?.state], ['leased', 'waiting']);
      assert.equal(await readContent(held), content);
      assert.equal(await queue.settle(held, { ...end, reports: [] }), true);
    },
  },
  'DSN-13: a report whose key is known is left out, the rest of the settlement holds': async (queue) => {
    await put(queue, { id: 's1' });
    await put(queue, { id: 'r0', key: 'ndr', domains: ['sender.example'], notBefore: START + DAY });
    const held = await leaseOne(queue, START);
    const report = await makeSubmission({
      id: 'r1',
      kind: 'report',
      domains: ['sender.example'],
      key: 'ndr',
    });
    const next = { kind: 'buried' as const, reason: 'recipient-rejected' as const };
    assert.equal(await queue.settle(held, settlement(held, next, { reports: [report] })), true);
    assert.equal(await queue.count({ domain: 'sender.example' }), 1);
    assert.equal(await queue.count({ state: 'buried' }), 1);
  },
  'Q-11: an attempt that is not to be counted is not counted': async (queue) => {
    await put(queue, { id: 's1' });
    const held = await leaseOne(queue, START);
    await queue.settle(
      held,
      settlement(held, { kind: 'again', at: START, latestAt: START, countAttempt: false }),
    );
    assert.equal((await leaseOne(queue, START)).job.attempts, 0);
  },
  'Q-27: the clock may jump: what is due stays due by its stored time, and nothing is lost': movesTime(
    async (queue) => {
      await put(queue, { id: 's1' });
      const held = await leaseOne(queue, START);
      await queue.settle(
        held,
        settlement(held, { kind: 'again', at: START + HOUR, latestAt: START + HOUR, countAttempt: true }),
      );
      assert.deepEqual(await leaseIds(queue, START - 365 * DAY), []);
      const later = await leaseOne(queue, START + 365 * DAY);
      assert.equal(later.job.expiresAt, START + 5 * DAY);
      await queue.release(later);
      assert.deepEqual(await leaseIds(queue, START + HOUR), ['s1.1']);
    },
  ),
};

/** Every case, in the order in which a driver is best written. */
export const queueSuite: readonly QueueCase[] = [
  entering,
  leasing,
  settling,
  operatorCases,
  domainCases,
].flatMap((group) =>
  Object.entries(group).map(([name, each]): QueueCase => {
    const { requires, body } = typeof each === 'function' ? { requires: [], body: each } : each;
    return { name, requires, run: (make) => inQueue(make, body) };
  }),
);

async function inQueue(make: () => Promise<QueueDriver>, body: CaseBody): Promise<void> {
  const queue = await make();
  try {
    await body(queue);
  } finally {
    await queue.close();
  }
}
