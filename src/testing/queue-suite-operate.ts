/**
 * The cases of the conformance suite about what operators do with a queue, and about waking and cleaning.
 */
import { strict as assert } from 'node:assert';
import { isQueueError } from '../core/errors.js';
import type { QueueDriver, Suspension } from '../queue/driver.js';
import {
  type Cases,
  DAY,
  HOUR,
  lease,
  LEASE_MS,
  leaseIds,
  leaseOne,
  MINUTE,
  movesTime,
  put,
  settlement,
  START,
} from './queue-suite-mail.js';

const suspension: Suspension = { reason: 'partner is down', by: 'ops', until: null };

/** Cases by name. */
export const operatorCases: Cases = {
  'Q-24: a suspended domain waits with all its present and future jobs, until it is resumed': async (
    queue,
  ) => {
    await put(queue, { id: 's1' });
    await put(queue, { id: 's2', domains: ['c.example'] });
    assert.equal(await queue.suspend({ domain: 'b.example' }, suspension), 1);
    await put(queue, { id: 's3' });
    assert.deepEqual(await leaseIds(queue, START), ['s2.1']);
    assert.equal(await queue.count({ state: 'suspended' }), 2);
    assert.deepEqual((await queue.find({ id: 's3.1' }))[0]?.suspended, suspension);
    assert.equal(await queue.resume({ domain: 'b.example' }), 2);
    assert.deepEqual(await leaseIds(queue, START), ['s1.1', 's3.1']);
  },
  'Q-11, Q-24: what is resumed without having been suspended is leased once all the same': async (queue) => {
    for (const id of ['s1', 's2', 's3']) await put(queue, { id });
    const first = await lease(queue, START, { perDomain: 1 });
    await queue.resume({ domain: 'b.example' });
    const ids = [...first.map(({ job }) => job.id), ...(await leaseIds(queue, START))];
    assert.deepEqual(ids.toSorted(), ['s1.1', 's2.1', 's3.1']);
    assert.deepEqual(await leaseIds(queue, START), []);
  },
  'Q-24: a job that is suspended under lease waits after its attempt': async (queue) => {
    await put(queue, { id: 's1' });
    const held = await leaseOne(queue, START);
    await queue.suspend({ id: 's1.1' }, suspension);
    assert.equal(
      await queue.settle(
        held,
        settlement(held, { kind: 'again', at: START, latestAt: START, countAttempt: true }),
      ),
      true,
    );
    assert.deepEqual(await leaseIds(queue, START), []);
    await queue.resume({ id: 's1.1' });
    assert.deepEqual(await leaseIds(queue, START), ['s1.1']);
  },
  'Q-24: a suspension with an end ends by itself': movesTime(async (queue) => {
    await put(queue, { id: 's1' });
    await queue.suspend({ id: 's1.1' }, { ...suspension, until: START + HOUR });
    assert.deepEqual(await leaseIds(queue, START + HOUR - 1), []);
    assert.deepEqual(await leaseIds(queue, START + HOUR), ['s1.1']);
  }),
  'Q-24: a later suspension without an end outlives an earlier one with an end': async (queue) => {
    await put(queue, { id: 's1' });
    await queue.suspend({ id: 's1.1' }, { ...suspension, until: START + HOUR });
    await queue.suspend({ id: 's1.1' }, suspension);
    assert.deepEqual(await leaseIds(queue, START + DAY), []);
  },
  'Q-22: flushing a domain makes its waiting jobs due, and those of no other': movesTime(async (queue) => {
    await put(queue, { id: 's1', notBefore: START + DAY });
    await put(queue, { id: 's2', domains: ['c.example'], notBefore: START + DAY });
    assert.equal(await queue.flush('b.example', START), 1);
    assert.deepEqual(await leaseIds(queue, START), ['s1.1']);
  }),
  'Q-12, Q-24: a weaker floor is accepted by name and stays with the job': async (queue) => {
    await put(queue, { id: 's1' });
    const floor = { level: 'mandatory' as const, fingerprint: 'f2' };
    assert.equal(await queue.acceptFloor('s1.1', floor, 'ciso'), true);
    assert.equal(await queue.acceptFloor('nobody', floor, 'ciso'), false);
    assert.equal((await queue.find({ id: 's1.1' }))[0]?.floorAcceptedBy, 'ciso');
    assert.deepEqual((await leaseOne(queue, START)).job.floor, floor);
  },
  'Q-10: jobs are found and counted by state, domain, reason and age': async (queue) => {
    await put(queue, { id: 's1', createdAt: START - DAY });
    await put(queue, { id: 's2', domains: ['c.example'] });
    const held = await leaseOne(queue, START);
    const next = { kind: 'again' as const, at: START + HOUR, latestAt: START + HOUR, countAttempt: true };
    await queue.settle(
      held,
      settlement(held, next, { change: { state: 'held', reason: 'certificate-expired' } }),
    );
    const ids = async (query: Parameters<QueueDriver['find']>[0]): Promise<string[]> =>
      (await queue.find(query)).map(({ job }) => job.id).toSorted();
    assert.deepEqual(await ids({}), ['s1.1', 's2.1']);
    assert.deepEqual(await ids({ domain: 'c.example' }), ['s2.1']);
    assert.deepEqual(await ids({ createdBefore: START }), ['s1.1']);
    assert.deepEqual(await ids({ reason: 'certificate-expired' }), [held.job.id]);
    assert.deepEqual(await ids({ reason: 'certificate-expired', state: 'done' }), []);
    assert.equal((await ids({ limit: 1 })).length, 1);
    assert.equal(await queue.count({ state: 'ready' }), 2);
  },
  'Q-10: finished jobs are kept until they are cleaned out, by the time at which they ended': async (
    queue,
  ) => {
    await put(queue, { id: 's1', key: 'k' });
    await put(queue, { id: 's2' });
    for (const at of [START, START + HOUR]) {
      const held = await leaseOne(queue, START);
      await queue.settle(held, settlement(held, { kind: 'done' }, { at }));
    }
    await put(queue, { id: 's3' });
    assert.equal((await queue.find({ id: 's1.1' }))[0]?.endedAt, START);
    assert.equal(await queue.clean(START + MINUTE), 1);
    assert.equal(await queue.count({ state: 'done' }), 1);
    assert.equal(await queue.count({}), 2);
    assert.equal((await put(queue, { id: 's4', key: 'k' })).existing, false);
  },
  'Q-11: the next time to look is when a job falls due or a lease runs out': movesTime(async (queue) => {
    assert.equal(await queue.nextDue(), null);
    await put(queue, { id: 's1', notBefore: START + HOUR });
    assert.equal(await queue.nextDue(), START + HOUR);
    const held = await leaseOne(queue, START + HOUR);
    assert.equal(await queue.nextDue(), START + HOUR + LEASE_MS);
    await queue.settle(held, settlement(held, { kind: 'done' }));
    assert.equal(await queue.nextDue(), null);
  }),
  'Q-8: a closed queue refuses, it does not pretend': async (queue) => {
    await queue.close();
    await assert.rejects(put(queue, { id: 's1' }), isQueueError);
    await assert.rejects(
      queue.lease({ owner: 'w', now: START, leaseMs: 1, limit: 1, perDomain: 1 }),
      isQueueError,
    );
  },
};
