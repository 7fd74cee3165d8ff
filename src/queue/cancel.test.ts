/**
 * Taking a message back: what waits ends with a report, what is under way or has ended stays as it is.
 */
import { describe, expect, it } from 'vitest';
import type { Settled } from '../deliver/settle.js';
import { makeSubmission, put, START } from '../testing/queue-suite-mail.js';
import { all, outcome, parked, useWorker } from './worker.fixture.js';

const bench = useWorker();
const REQUEST = { by: 'ops', reason: 'sent twice' };

describe('cancel', () => {
  it('Q-24: ends what waits, suspended or not, with its report in the same step; nothing of it is attempted', async () => {
    await put(bench.queue, { id: 's', domains: ['b.example', 'c.example'] });
    await put(bench.queue, { id: 'other' });
    await bench.queue.suspend({ domain: 'c.example' }, { reason: 'down', by: 'ops', until: null });
    const buried = bench.collect('job.buried');
    const attempted: string[] = [];
    const ended: Settled['ended'][number][] = [];
    bench.make({
      attempt: async (job) => {
        attempted.push(job.id);
        return all(job, 'delivered');
      },
      reports: async (job, settled) => {
        ended.push(...settled.ended);
        if (settled.ended.every(({ state }) => state === 'delivered')) return [];
        return [await makeSubmission({ id: `ndr.${job.id}`, kind: 'report', domains: ['sender.example'] })];
      },
    });
    expect(await bench.worker.cancel('s', REQUEST)).toEqual([
      { job: 's.1', domain: 'b.example', result: 'cancelled' },
      { job: 's.2', domain: 'c.example', result: 'cancelled' },
    ]);
    expect(ended).toMatchObject([
      { recipient: 'anna@b.example', state: 'failed', reason: 'cancelled', detail: 'by ops: sent twice' },
      { recipient: 'anna@c.example', state: 'failed', reason: 'cancelled' },
    ]);
    expect(buried).toEqual([
      { job: 's.1', domain: 'b.example', reason: 'cancelled' },
      { job: 's.2', domain: 'c.example', reason: 'cancelled' },
    ]);
    expect(await bench.view('s.1')).toMatchObject({ state: 'buried', endedAt: START });
    expect(await bench.worker.cancel('s', REQUEST)).toMatchObject([{ result: 'ended' }, { result: 'ended' }]);
    await bench.worker.processOnce();
    expect(attempted.toSorted()).toEqual(['ndr.s.1.1', 'ndr.s.2.1', 'other.1']);
  });

  it('Q-24: who has the mail keeps it, and is not reported', async () => {
    await put(bench.queue, { id: 's', recipients: ['anna', 'bo'] });
    const reported: string[] = [];
    bench.make({
      attempt: async (job) => [
        outcome('anna@b.example', 'delivered'),
        ...all(job, 'held', 'certificate-expired').slice(1),
      ],
      reports: async (_, settled) => {
        reported.push(...settled.ended.map(({ recipient, state }) => `${recipient} ${state}`));
        return [];
      },
    });
    await bench.worker.processOnce();
    await bench.worker.cancel('s', REQUEST);
    expect(await bench.states('s.1')).toEqual(['delivered', 'failed cancelled']);
    expect(reported).toEqual(['anna@b.example delivered', 'bo@b.example failed']);
  });

  it('Q-11, Q-24: what is under way goes on and is told as not cancelled', async () => {
    await put(bench.queue, { id: 's' });
    const jobs = parked();
    bench.make({ attempt: jobs.attempt }).start();
    await bench.clock.settle();
    expect(await bench.worker.cancel('s', REQUEST)).toEqual([
      { job: 's.1', domain: 'b.example', result: 'leased' },
    ]);
    jobs.end('s.1', [outcome('anna@b.example', 'delivered')]);
    await bench.clock.settle();
    expect((await bench.view('s.1'))?.state).toBe('done');
  });

  it('Q-23: without a report nothing is cancelled, and the call may be repeated', async () => {
    await put(bench.queue, { id: 's' });
    let broken = true;
    bench.make({
      attempt: async (job) => all(job, 'delivered'),
      reports: async () => {
        if (broken) throw new Error('no report');
        return [];
      },
    });
    await expect(bench.worker.cancel('s', REQUEST)).rejects.toThrow('no report');
    expect(await bench.view('s.1')).toMatchObject({
      state: 'ready',
      job: { recipients: [{ state: 'waiting' }] },
    });
    broken = false;
    expect(await bench.worker.cancel('s', REQUEST)).toMatchObject([{ result: 'cancelled' }]);
  });

  it('Q-24: nobody cancels without a name and a reason; of an unknown message there is nothing to tell', async () => {
    bench.make({ attempt: async () => [] });
    for (const request of [
      { by: '', reason: 'x' },
      { by: 'ops', reason: ' ' },
    ]) {
      await expect(bench.worker.cancel('s', request)).rejects.toMatchObject({ code: 'cancel-invalid' });
    }
    const slip = { by: 'ops', reason: 'x', reasons: 'y' };
    await expect(bench.worker.cancel('s', slip)).rejects.toThrow('did you mean "reason"?');
    expect(await bench.worker.cancel('s', REQUEST)).toEqual([]);
  });
});
