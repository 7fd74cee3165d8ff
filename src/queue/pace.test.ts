/**
 * How often a worker tries a closed domain.
 */
import { expect, it } from 'vitest';
import type { Reason } from '../core/reasons.js';
import type { State } from '../deliver/outcome.js';
import { HOUR, MINUTE, put, START } from '../testing/queue-suite-mail.js';
import { parseSchedule } from './backoff.js';
import { createPace } from './pace.js';
import { all, useWorker } from './worker.fixture.js';

const bench = useWorker();

it.each<readonly [State, Reason, number]>([
  ['held', 'certificate-expired', 15 * MINUTE],
  ['deferred', 'connect-timeout', HOUR],
])('Q-4, Q-22: %s for %s: by the schedule of its class', async (state, reason, gap) => {
  await put(bench.queue, { id: 's1' });
  await put(bench.queue, { id: 's2' });
  const schedule = parseSchedule({ gaps: ['1h'], heldGaps: ['15m'], jitter: 0 });
  let tries = 0;
  bench.make({
    schedule,
    perDomain: 1,
    attempt: async (job) => {
      tries += 1;
      return all(job, state, reason);
    },
  });
  expect(await bench.worker.processOnce()).toBe(1);
  expect(await bench.queue.nextDue()).toBe(START + gap);
  bench.clock.set(START + gap - 1);
  expect(await bench.worker.processOnce()).toBe(0);
  bench.clock.set(START + gap);
  expect(await bench.worker.processOnce()).toBe(1);
  expect(tries).toBe(2);
});

it('Q-27: after a jump of the clock backwards a domain is put off from the time that it is now', () => {
  const schedule = parseSchedule({ gaps: ['1h', '2h'], jitter: 0 });
  const pace = createPace(schedule, () => 0);
  const fail = (now: number) => pace.note('b.example', 'closed', ['connect-timeout'], now);
  expect(fail(START + 48 * HOUR)).toBe(START + 49 * HOUR);
  expect(fail(START)).toBe(START + 2 * HOUR);
  // What failed together with it is the same failure, as ever.
  expect(fail(START + MINUTE)).toBe(START + 2 * HOUR);
});
