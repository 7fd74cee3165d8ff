/**
 * The cases of the conformance suite about who goes before whom: limits of a domain, priorities, domains that are put off.
 */
import { strict as assert } from 'node:assert';
import type { Lease } from '../queue/driver.js';
import {
  type Cases,
  DAY,
  HOUR,
  lease,
  leaseIds,
  leaseOne,
  MINUTE,
  movesTime,
  put,
  settlement,
  START,
} from './queue-suite-mail.js';

/** Cases by name. */
export const domainCases: Cases = {
  'Q-5: a domain has no more jobs under lease than its limit, whoever asks': {
    requires: ['domainLimit'],
    body: async (queue) => {
      for (let i = 0; i < 5; i += 1) await put(queue, { id: `s${i}` });
      await put(queue, { id: 'other', domains: ['c.example'] });
      const first = await lease(queue, START, { owner: 'w1', perDomain: 2 });
      assert.deepEqual(first.map(({ job }) => job.domain).toSorted(), [
        'b.example',
        'b.example',
        'c.example',
      ]);
      assert.deepEqual(await lease(queue, START, { owner: 'w2', perDomain: 2 }), []);
      const held = first.find(({ job }) => job.domain === 'b.example') as Lease;
      await queue.settle(held, settlement(held, { kind: 'done' }));
      assert.equal((await lease(queue, START, { owner: 'w2', perDomain: 2 })).length, 1);
    },
  },
  'Q-10: a domain with many jobs that are due does not keep those of the others back': async (queue) => {
    for (let i = 0; i < 8; i += 1) await put(queue, { id: `b${i}` });
    await put(queue, { id: 'c', domains: ['c.example'] });
    await put(queue, { id: 'd', domains: ['d.example'] });
    // A worker asks until it gets nothing.
    const domains: string[] = [];
    for (let some = 1; some > 0;) {
      const leases = await lease(queue, START, { limit: 4, perDomain: 2 });
      domains.push(...leases.map(({ job }) => job.domain));
      some = leases.length;
    }
    assert.deepEqual(domains.toSorted(), ['b.example', 'b.example', 'c.example', 'd.example']);
  },
  'Q-10: among due jobs the higher priority goes first': {
    requires: ['priorities'],
    body: async (queue) => {
      await put(queue, { id: 'plain' });
      await put(queue, { id: 'urgent', priority: 5, notBefore: START + MINUTE });
      await put(queue, { id: 'other', domains: ['c.example'], priority: 1 });
      assert.deepEqual(await leaseIds(queue, START + HOUR), ['urgent.1', 'other.1', 'plain.1']);
    },
  },
  'Q-4: the jobs of a domain that is put off wait; then one at a time finds out': movesTime(async (queue) => {
    for (let i = 0; i < 5; i += 1) await put(queue, { id: `s${i}` });
    const [probe] = await lease(queue, START, { perDomain: 1 });
    const next = {
      kind: 'again' as const,
      at: START + HOUR,
      latestAt: START + DAY,
      countAttempt: true,
    };
    await queue.settle(probe as Lease, settlement(probe as Lease, next, { putOff: START + HOUR }));
    assert.deepEqual(await leaseIds(queue, START + HOUR - 1), []);
    assert.equal((await leaseIds(queue, START + HOUR)).length, 1);
    assert.deepEqual(await leaseIds(queue, START + HOUR), []);
  }, 'putsOff'),
  'Q-4, Q-22: the first success makes all jobs of its domain due': movesTime(async (queue) => {
    for (let i = 0; i < 3; i += 1) await put(queue, { id: `s${i}` });
    const failed = await leaseOne(queue, START);
    const next = { kind: 'again' as const, at: START + DAY, latestAt: START + DAY, countAttempt: true };
    await queue.settle(failed, settlement(failed, next, { putOff: START + HOUR }));
    const sent = await leaseOne(queue, START + HOUR);
    await queue.settle(
      sent,
      settlement(sent, { kind: 'done' }, { at: START + HOUR, putOff: null, change: { state: 'delivered' } }),
    );
    assert.equal((await leaseIds(queue, START + HOUR)).length, 2);
  }, 'putsOff'),
  'Q-4, Q-20: a job that cannot wait longer is handed out although its domain is put off': movesTime(
    async (queue) => {
      await put(queue, { id: 's1' });
      const failed = await leaseOne(queue, START);
      const next = { kind: 'again' as const, at: START + DAY, latestAt: START + DAY, countAttempt: true };
      await queue.settle(failed, settlement(failed, next, { putOff: START + DAY }));
      await put(queue, { id: 's2', latestAt: START + HOUR });
      await put(queue, { id: 's3' });
      assert.equal(await queue.nextDue(), START + HOUR);
      assert.deepEqual(await leaseIds(queue, START + HOUR - 1), []);
      assert.deepEqual(await leaseIds(queue, START + HOUR), ['s2.1']);
    },
    'putsOff',
  ),
};
