/**
 * Who tries to lower a policy: a message, or somebody who has been at the queue.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Job } from '../../src/deliver/job.js';
import type { QueueDriver } from '../../src/queue/driver.js';
import { memoryQueue } from '../../src/queue/memory.js';
import type { PolicyRule } from '../../src/policy/rules.js';
import { closeAll, HOST, mailWith, start } from './bench.js';

afterEach(closeAll);
const verified: PolicyRule = { match: 'partner.example', level: 'verified' };
const listed = { default: 'opportunistic', policies: [verified] } as const;

describe('AT-23: nothing in or about a message lowers the policy', () => {
  it.each([
    'TLS-Required: No',
    'tls-required: no',
    'X-TLS: none',
    'X-Enforced-TLS: off',
    'X-Min-Level: plain',
    'Require-TLS: no',
  ])('AT-23, BITS-5.2.3: the field "%s"', async (field) => {
    for (const server of [{ fault: 'noStarttls' }, { certificate: 'expired' }] as const) {
      const { world, sender } = await start(server, listed);
      const { outcomes } = await world.deliver(sender, mailWith([field]));
      expect(outcomes).toMatchObject([{ state: 'held' }]);
      world.never('MAIL');
    }
  });

  it.each(['plain', 'opportunistic', 'mandatory'] as const)(
    'AT-23, FAQ-7, FI-7: minLevel "%s" for a verified domain is refused before anything is kept',
    async (minLevel) => {
      const { sender } = await start({}, listed);
      await expect(sender.send(mailWith([], { minLevel }))).rejects.toMatchObject({
        code: 'policy-lowered',
      });
      expect(await sender.queue.count({})).toBe(0);
    },
  );

  it('FAQ-7: minLevel raises one domain of a mail and leaves the other where it is', async () => {
    const { world, sender, records } = await start({}, listed);
    const to = ['anna@partner.example', 'bo@other.example'];
    await world.deliver(sender, mailWith([], { to, minLevel: 'mandatory' }));
    const levels = records.map(({ domain, plan }) => [domain, plan.level]);
    expect(Object.fromEntries(levels)).toEqual({
      'partner.example': 'verified',
      'other.example': 'mandatory',
    });
  });

  it.each(['level', 'tls', 'requireTLS', 'ignoreTLS', 'rejectUnauthorized'])(
    'AT-23: the option "%s", which nobody knows, is refused before anything is kept',
    async (option) => {
      const { sender } = await start({ fault: 'noStarttls' }, listed);
      await expect(sender.send({ ...mailWith(), [option]: false })).rejects.toMatchObject({
        code: 'option-unknown',
      });
      expect(await sender.queue.count({})).toBe(0);
    },
  );
});

describe('AT-55: a queue that others write to', () => {
  /** A queue whose entries somebody changes between put and lease. */
  function tampered(change: (job: Job) => Partial<Job>): QueueDriver {
    const queue = memoryQueue();
    return {
      ...queue,
      lease: async (request) =>
        (await queue.lease(request)).map((lease) => ({
          ...lease,
          job: { ...lease.job, ...change(lease.job) },
        })),
    };
  }

  it.each<[string, (job: Job) => Partial<Job>]>([
    ['the floor', () => ({ floor: { level: 'plain', fingerprint: '' } })],
    ['what the message asks', () => ({ ask: { level: 'plain' } })],
    ['both', () => ({ ask: null, floor: { level: 'plain', fingerprint: '' } })],
  ])('AT-55, Q-12: lowering %s lowers nothing: the policy is found anew', async (_title, change) => {
    for (const server of [{ fault: 'noStarttls' }, { certificate: 'expired' }] as const) {
      const { world, sender } = await start(server, { ...listed, queue: tampered(change) });
      const { outcomes } = await world.deliver(sender, mailWith());
      expect(outcomes).toMatchObject([{ state: 'held' }]);
      world.never('MAIL');
    }
  });

  it('AT-55: a job that was led to another domain’s servers is not tried', async () => {
    const queue = tampered(() => ({ domain: 'other.example', floor: { level: 'plain', fingerprint: '' } }));
    const { world, sender } = await start({}, { ...listed, queue });
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    const receipt = await sender.send(mailWith());
    await sender.processOnce();
    expect(await warned).toMatchObject({ code: 'job-inconsistent' });
    expect(world.server('mx.other.example').connections).toEqual([]);
    expect(world.server(HOST).connections).toEqual([]);
    expect((await sender.status(receipt.id))[0]?.job.recipients[0]?.state).toBe('waiting');
  });
});
