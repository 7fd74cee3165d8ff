/**
 * Two queues on one SQLite file, as two processes have them, against the queue in memory: the same things are asked of both in
 * a random order, now of the one and now of the other, and both must say the same of every job.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Lease, Next, QueueDriver } from '../../src/queue/driver.js';
import { memoryQueue } from '../../src/queue/memory.js';
import { sqliteQueue } from '../../src/queue/sqlite.js';
import {
  content,
  makeSubmission,
  readContent,
  settlement,
  START,
} from '../../src/testing/queue-suite-mail.js';

const folder = mkdtempSync(join(tmpdir(), 'sqlite-walk-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SECOND = 1000;
const STEPS = 600;

/** Random numbers below `below`, the same in every run. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Everything but octets, which are read by themselves. */
function plain({ job }: Lease): object {
  const { header: _, open: __, dispose: ___, sha256: ____, ...message } = job.message;
  return { ...job, message };
}

/**
 * Without the time at which a job is due: where a domain is let go while it is suspended, its jobs are due at once in a file,
 * and as planned in memory.
 */
async function views(queue: QueueDriver): Promise<string[]> {
  const found = await queue.find({ limit: Number.MAX_SAFE_INTEGER });
  return found
    .map(({ job: { id, attempts, interruptions }, state, suspended, floorAcceptedBy, endedAt }) =>
      JSON.stringify([id, state, suspended, floorAcceptedBy, endedAt, attempts, interruptions]),
    )
    .sort();
}

/** A walk through the life of a queue. */
async function walk(seed: number): Promise<{ readonly leased: number; readonly remembered: number }> {
  const random = seeded(seed);
  const file = join(folder, `${seed}.sqlite`);
  const both = [sqliteQueue(file), sqliteQueue(file)];
  const memory = memoryQueue();
  const held: (readonly [kept: Lease, model: Lease])[] = [];
  const count = { leased: 0, remembered: 0 };
  let now = START;
  let puts = 0;
  const someJob = (): string => `s${1 + random(puts)}.1`;
  const terms = (): { owner: string; now: number; leaseMs: number } => ({
    owner: 'w',
    now,
    leaseMs: 6 * SECOND,
  });
  const hold = async (kept: Lease): Promise<void> => {
    const model = await memory.take(kept.job.id, terms());
    expect(plain(kept)).toEqual(model && plain(model));
    expect(await readContent(kept)).toBe(content);
    held.push([kept, model as Lease]);
    count.leased += 1;
    if (kept.job.message.dispose !== undefined) count.remembered += 1;
  };
  const same = async (ask: (queue: QueueDriver) => Promise<unknown>, queue: QueueDriver): Promise<void> =>
    expect(await ask(queue)).toEqual(await ask(memory));

  const steps: Readonly<Record<string, (queue: QueueDriver) => Promise<void>>> = {
    async put(queue) {
      puts += 1;
      const wish = {
        id: `s${puts}`,
        domains: ['a.example', 'b.example', 'c.example'].slice(0, 1 + random(3)),
        key: random(3) === 0 ? `k${random(40)}` : null,
        priority: random(2),
        createdAt: now,
        notBefore: now + random(3) * SECOND,
        latestAt: now + 50 * SECOND,
      };
      await same(async (each) => each.put(await makeSubmission(wish)), queue);
    },
    async lease(queue) {
      const request = { ...terms(), limit: 1, perDomain: 3 };
      const [kept] = await queue.lease(request);
      // Which of several that may go is the business of each.
      if (kept === undefined) expect(await memory.lease(request)).toEqual([]);
      else {
        const { domain } = kept.job;
        expect(await memory.count({ domain, state: 'leased' })).toBeLessThan(request.perDomain);
        await hold(kept);
      }
    },
    async take(queue) {
      const id = someJob();
      const kept = await queue.take(id, terms());
      if (kept === null) expect(await memory.take(id, terms())).toBeNull();
      else await hold(kept);
    },
    async settle(queue) {
      const [pair] = held.splice(random(held.length), 1);
      if (pair === undefined) return;
      const at = now + random(20) * SECOND;
      const next: Next =
        random(2) === 0
          ? { kind: 'done' }
          : { kind: 'again', at, latestAt: now + 60 * SECOND, countAttempt: random(2) === 0 };
      const change = next.kind === 'done' ? { state: 'delivered' as const } : { detail: 'busy' };
      const says = [{}, {}, {}, {}, { putOff: now + 8 * SECOND }, { putOff: null }][random(6)];
      const end = settlement(pair[0], next, { at: now, change, ...says });
      expect(await queue.settle(pair[0], end)).toBe(await memory.settle(pair[1], end));
    },
    async release(queue) {
      const [pair] = held.splice(random(held.length), 1);
      if (pair === undefined) return;
      await queue.release(pair[0]);
      await memory.release(pair[1]);
    },
    async suspend(queue) {
      const what = random(3) > 0 ? { id: someJob() } : { domain: 'a.example' };
      await same((each) => each.suspend(what, { reason: 'r', by: 'ops', until: now + 5 * SECOND }), queue);
    },
    async accept(queue) {
      const [id, fingerprint] = [someJob(), `f${random(1000)}`];
      await same((each) => each.acceptFloor(id, { level: 'mandatory', fingerprint }, 'ops'), queue);
    },
    async wait() {
      now += random(6 * SECOND);
    },
    look: (queue) => same(views, queue),
  };
  const often = ['put', 'put', 'put', 'lease', 'lease', 'lease', 'settle', 'wait', ...Object.keys(steps)];
  for (let step = 0; step < STEPS; step += 1) {
    // Leases and suspensions that run out do so in both.
    const nothing = { ...terms(), limit: 0, perDomain: 1 };
    const queue = both[random(2)] as QueueDriver;
    await Promise.all([queue.lease(nothing), memory.lease(nothing)]);
    if (puts === 0) await steps['put']?.(queue);
    await steps[often[random(often.length)] as string]?.(queue);
  }
  for (const queue of both) await queue.close();
  return count;
}

it.each([1, 2, 3])(
  'Q-8, Q-10, Q-11: two processes and one file are like one queue, walk %i',
  async (seed) => {
    const { leased, remembered } = await walk(seed);
    expect(leased).toBeGreaterThan(100);
    expect(remembered).toBeGreaterThan(10);
  },
);
