/**
 * A sender over days, on a fake clock, in a world of mock servers (smtp-server waits on timers of its own): hold, retry, warning, exactly one report.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import PostalMime from 'postal-mime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EventName, type Events, onEvent } from '../../src/core/channels.js';
import type { Mail } from '../../src/mail.js';
import { memoryQueue } from '../../src/queue/memory.js';
import { createSender, type Sender } from '../../src/sender.js';
import type { Report, SenderOptions } from '../../src/sender-options.js';
import type { FakeClock } from '../../src/testing/clock.js';
import { createWorld, type World } from '../../src/testing/world.js';
import type { Receipt } from '../../src/tracker.js';

const MESSAGE = Buffer.from(
  'Date: Wed, 25 Nov 2026 10:00:00 +0000\r\nFrom: a@sender.test\r\nTo: b@partner.test\r\nMessage-ID: <1@sender.test>\r\nSubject: secret plan\r\n\r\nthe sum is 4711\r\n',
);
let world: World;
let clock: FakeClock;
let reports: readonly Report[];
let sender: Sender;
let stops: (() => void)[];

beforeEach(async () => {
  world = await createWorld({
    zones: {
      'partner.test': { mx: ['mx1.partner.test'] },
      'other.test': { mx: ['mx2.other.test'] },
    },
    servers: {
      'mx1.partner.test': { recipients: { 'reject@partner.test': '550 5.1.1 not this one' } },
      'mx2.other.test': { certificate: 'wrongHost' },
    },
  });
  clock = world.clock;
  reports = world.ndrs;
  stops = [];
  make();
});
afterEach(async () => {
  for (const stop of stops) stop();
  await sender.close();
  await world.close();
});

function make(given: Partial<SenderOptions> = {}): Sender {
  sender = createSender(world.senderOptions({ work: 'on-send', random: () => 0, ...given }));
  return sender;
}

/** Sends, and lets no more time pass than the first attempt takes. */
async function sendOnce(mail: Mail): Promise<Receipt> {
  const receipt = await sender.send(mail);
  await clock.settle();
  return receipt;
}

function collect<N extends EventName>(name: N): Events[N][] {
  const events: Events[N][] = [];
  stops.push(onEvent(name, (event) => events.push(event)));
  return events;
}

describe('a sender', () => {
  it('Q-1, Q-14: delivers, and the receipt says so', async () => {
    const receipt = await sendOnce({ from: 'a@sender.test', to: 'b@partner.test', message: MESSAGE });
    expect(await receipt.settled).toMatchObject([{ recipient: 'b@partner.test', state: 'delivered' }]);
    expect(world.server('mx1.partner.test').messages[0]?.content.equals(MESSAGE)).toBe(true);
    expect((await sender.status(receipt.id)).map((view) => view.state)).toEqual(['done']);
  });

  it('FI-10, FI-16, FI-21, Q-20, Q-23, DSN-32: held for five days, then one report with the real cause', async () => {
    const started = collect('hold.started');
    const receipt = await sendOnce({
      from: 'a@sender.test',
      to: ['b@other.test', 'c@other.test'],
      message: MESSAGE,
    });
    expect((await receipt.attempted).map(({ state, reason }) => [state, reason])).toEqual([
      ['held', 'certificate-host-mismatch'],
      ['held', 'certificate-host-mismatch'],
    ]);
    await clock.advance('4d');
    expect(reports.filter((report) => report.kind === 'failed')).toEqual([]);
    await clock.advance('2d');
    expect(await receipt.settled).toMatchObject([{ state: 'failed' }, { state: 'failed' }]);
    const failed = reports.filter((report) => report.kind === 'failed');
    expect(failed).toHaveLength(1);
    const text = Buffer.from(failed[0]?.message ?? []).toString();
    expect(text.match(/^Status: 4\.7\.5/gm)).toHaveLength(2);
    expect(text).toContain('Final-Recipient: rfc822; c@other.test');
    expect(text).not.toContain('4711');
    expect((await PostalMime.parse(text)).subject).not.toContain('secret');
    expect(started).toHaveLength(1);
    world.server('mx2.other.test').never('MAIL');
    await clock.advance('5d');
    expect(reports.filter((report) => report.kind === 'failed')).toHaveLength(1);
  });

  it('DSN-12, Q-25: the sender is warned once, after four hours of holding', async () => {
    await sendOnce({ from: 'a@sender.test', to: 'b@other.test', message: MESSAGE });
    await clock.advance('3h');
    expect(reports).toEqual([]);
    await clock.advance('2d');
    expect(reports.map((report) => report.kind)).toEqual(['delayed']);
  });

  it('Q-22: a repair on the other side is enough', async () => {
    const cleared = collect('hold.cleared');
    const receipt = await sendOnce({ from: 'a@sender.test', to: 'b@other.test', message: MESSAGE });
    await clock.settle();
    expect((await receipt.attempted)[0]?.state).toBe('held');
    world.server('mx2.other.test').certify({ dns: ['mx2.other.test'] });
    await clock.advance('2d');
    expect(await receipt.settled).toMatchObject([{ state: 'delivered' }]);
    expect(cleared).toHaveLength(1);
    expect(reports.filter((report) => report.kind === 'failed')).toEqual([]);
  });

  it('Q-2: half an hour, an hour, two, then every three', async () => {
    const times: number[] = [];
    const start = clock.now();
    make({ onAttempt: (record) => void times.push((record.startedAt - start) / 60_000) });
    const receipt = await sendOnce({ from: 'a@sender.test', to: 'b@other.test', message: MESSAGE });
    await receipt.attempted;
    await clock.advance('8h');
    expect(times.map(Math.round)).toEqual([0, 30, 90, 210, 390]);
  });

  it('BITS-5.2.5: a refused recipient is reported at once, with the reply of the server', async () => {
    const receipt = await sendOnce({
      from: 'a@sender.test',
      to: ['reject@partner.test', 'b@partner.test'],
      message: MESSAGE,
    });
    await receipt.settled;
    await clock.advance('1s');
    expect(reports).toHaveLength(1);
    const text = Buffer.from(reports[0]?.message ?? []).toString();
    expect(text).toMatch(/^Diagnostic-Code: smtp; 550/m);
    expect(text).not.toContain('b@partner.test\r\nAction: failed');
  });

  it('DSN-10, Q-28: nothing is reported to the null reverse-path; the operator hears of it', async () => {
    const suppressed = collect('ndr.suppressed');
    const receipt = await sendOnce({ from: '', to: 'reject@partner.test', message: MESSAGE });
    await receipt.settled;
    await clock.advance('1s');
    expect(reports).toEqual([]);
    expect(suppressed).toMatchObject([{ why: 'null-reverse-path' }]);
  });

  it('DSN-13: a callback that fails is called again with the same report', async () => {
    const ids: string[] = [];
    const onReport = (report: Report): void => {
      ids.push(report.id);
      if (ids.length === 1) throw new Error('the host is busy');
    };
    const receipt = await make({ reports: { onReport } }).send({
      from: 'a@sender.test',
      to: 'reject@partner.test',
      message: MESSAGE,
    });
    await receipt.settled;
    await clock.advance('2h');
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it('Q-12, BITS-5.2.2: a policy that is weaker than at put holds the mail', async () => {
    const levels = { now: 'verified' as 'verified' | 'mandatory' };
    const source = {
      name: 'list',
      find: () => ({ kind: 'asks' as const, ask: { level: levels.now }, ref: '' }),
    };
    make({ default: 'mandatory', policies: [source] });
    const receipt = await sendOnce({ from: 'a@sender.test', to: 'b@other.test', message: MESSAGE });
    await receipt.attempted;
    levels.now = 'mandatory';
    await clock.advance('1h');
    const [view] = await sender.status(receipt.id);
    expect(view?.job.recipients[0]).toMatchObject({ state: 'held', reason: 'policy-lowered' });
    world.server('mx2.other.test').never('MAIL');
  });

  it('an idempotency key sends once', async () => {
    const mail = { from: 'a@sender.test', to: 'b@partner.test', message: MESSAGE, idempotencyKey: 'k' };
    const first = await sendOnce(mail);
    const second = await sendOnce(mail);
    expect(second.id).toBe(first.id);
    await first.settled;
    await clock.advance('1h');
    expect(world.server('mx1.partner.test').messages).toHaveLength(1);
  });

  it('Q-8: what the queue does not keep leaves nothing behind, whether it was known or refused', async () => {
    const spoolDirectory = await mkdtemp(join(tmpdir(), 'not-kept-'));
    const left = (): Promise<string[]> => readdir(spoolDirectory);
    try {
      make({ spoolDirectory, work: 'by-call', queue: memoryQueue({ maxJobs: 1 }) });
      const mailOf = (key: string): Mail => ({
        from: 'a@sender.test',
        to: 'b@partner.test',
        message: Readable.from([MESSAGE]),
        idempotencyKey: key,
      });
      await sender.send(mailOf('k'));
      const kept = await left();
      expect(kept).toHaveLength(1);
      await sender.send(mailOf('k'));
      expect(await left()).toEqual(kept);
      await expect(sender.send(mailOf('other'))).rejects.toMatchObject({ code: 'queue-full' });
      expect(await left()).toEqual(kept);
    } finally {
      await rm(spoolDirectory, { recursive: true });
    }
  });

  it('Q-8: a queue that forgets says so when the sender starts', () => {
    const started = collect('sender.started');
    make();
    expect(started).toMatchObject([{ queue: 'memory', durable: false }]);
  });

  it('SC-33, AT-20: what may not leave is refused before it is kept', async () => {
    make();
    const message = Buffer.concat([MESSAGE, Buffer.from(`${'x'.repeat(999)}\r\n`)]);
    const failure = sender.send({ from: 'a@sender.test', to: 'b@partner.test', message });
    await expect(failure).rejects.toMatchObject({ code: 'line-too-long' });
    expect(await sender.queue.count({})).toBe(0);
  });

  it('Q-11: what runs when the worker is drained is given back and not counted', async () => {
    make({ work: 'by-call' });
    const receipt = await sendOnce({ from: 'a@sender.test', to: 'b@partner.test', message: MESSAGE });
    await sender.drain();
    expect((await sender.status(receipt.id))[0]).toMatchObject({ state: 'ready', job: { attempts: 0 } });
    expect(await sender.processOnce()).toBe(1);
    expect((await sender.status(receipt.id))[0]?.state).toBe('done');
  });
});
