/**
 * The window: when it opens, what is written ahead, what closes it, and what becomes of the messages in it. The whole line
 * from a mail to its outcome against a server in memory; real servers judge the same in test/interop/window.test.ts.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { onEvent } from '../../src/core/channels.js';
import type { AttemptRecord } from '../../src/deliver/attempt.js';
import { settleAttempt } from '../../src/deliver/settle.js';
import { createEngine, type Engine } from '../../src/engine.js';
import type { NewJob } from '../../src/queue/driver.js';
import { startJob } from '../../src/queue/job-record.js';
import type { EngineOptions } from '../../src/sender-options.js';
import { createFakeClock } from '../../src/testing/clock.js';
import { createZoneResolver } from '../../src/testing/zones.js';
import { createWindowServer, type ServerScript, type WindowServer } from './window-server.js';

const KEYWORDS = ['PIPELINING', 'CHUNKING', 'SIZE', '8BITMIME', 'ENHANCEDSTATUSCODES'];

/** Lets everything happen that needs no clock. */
async function settle(): Promise<void> {
  for (let i = 0; i < 200; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

interface Bench {
  readonly server: WindowServer;
  readonly engine: Engine;
  readonly clock: ReturnType<typeof createFakeClock>;
  /** Sends message n; the states of its recipients when it is over. */
  send(n: number, more?: Sending): Promise<string>;
}

interface Sending {
  readonly to?: readonly string[];
  readonly body?: string;
  readonly message?: () => AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

let open: Engine | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

function makeBench(script: Partial<ServerScript> = {}, options: Partial<EngineOptions> = {}): Bench {
  const server = createWindowServer({ keywords: KEYWORDS, ...script });
  const clock = createFakeClock();
  const engine = createEngine({
    ehloName: 'out.sender.test',
    default: 'plain',
    clock,
    perHost: 1,
    resolver: createZoneResolver({
      'partner.test': { mx: ['mx.partner.test'] },
      'mx.partner.test': { a: ['192.0.2.1'] },
    }),
    allowPrivateAddresses: true,
    dial: () => server.dial(),
    ...options,
  });
  open = engine;
  return {
    server,
    engine,
    clock,
    async send(n, more = {}) {
      const message = more.message ?? Buffer.from(contentOf(n, more.body));
      const to = more.to ?? [`r${n}@partner.test`];
      const given = more.signal === undefined ? {} : { signal: more.signal };
      const records = await engine.deliverOnce({ from: `s${n}@sender.test`, to, message }, given);
      return records.map(brief).join();
    },
  };
}

function brief({ outcomes }: AttemptRecord): string {
  return outcomes.map(({ state, reason }) => (reason === null ? state : `${state} ${reason}`)).join();
}

function contentOf(n: number, body = 'x\r\n'): string {
  return `Date: Wed, 25 Nov 2026 10:00:00 +0000\r\nFrom: s@sender.test\r\nMessage-ID: <${n}@sender.test>\r\n\r\n${body}`;
}

/** Holds the server at the receipts it is told to, until it is let go. */
function gate(isHeld: (line: string) => boolean) {
  const waiting: (() => void)[] = [];
  let shut = true;
  return {
    before: (line: string) =>
      shut && isHeld(line) ? new Promise<void>((resolve) => waiting.push(resolve)) : undefined,
    pass: () => waiting.shift()?.(),
    open() {
      shut = false;
      for (const go of waiting.splice(0)) go();
    },
  };
}
const isReceipt = (line: string): boolean => line.endsWith('LAST') || line === '.';
/** Messages whose content has come to the server. */
const written = ({ arrived }: WindowServer): number => arrived.split('Message-ID').length - 1;
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe('opens', () => {
  it('SC-54: by success alone: one, two, four, eight, and sixteen at most', async () => {
    const receipts = gate(isReceipt);
    const bench = makeBench({ before: receipts.before });
    const sent = range(0, 60).map((n) => bench.send(n));
    const under: number[] = [];
    for (let done = 0; done < 40; done += 1) {
      await settle();
      under.push(written(bench.server) - done);
      receipts.pass();
    }
    receipts.open();
    expect(await Promise.all(sent)).toEqual(sent.map(() => 'delivered'));
    expect(under.slice(0, 8)).toEqual([1, 2, 2, 4, 4, 4, 4, 8]);
    expect(under.slice(-20)).toEqual(range(0, 20).map(() => 16));
  });

  it('SC-43, SC-54: in lock-step the content waits for the replies to MAIL and RCPT; ahead of them all of it is one group', async () => {
    const replies = gate((line) => line.startsWith('MAIL'));
    const bench = makeBench({ before: replies.before });
    const first = bench.send(0);
    await settle();
    expect(bench.server.arrived).toMatch(/MAIL FROM:<s0@sender\.test>.*\r\nRCPT TO:<r0@partner\.test>\r\n$/);
    replies.pass();
    await first;
    const second = bench.send(1);
    await settle();
    const content = contentOf(1);
    expect(bench.server.arrived).toContain(
      `x\r\nRSET\r\nMAIL FROM:<s1@sender.test> SIZE=${content.length}\r\nRCPT TO:<r1@partner.test>\r\nBDAT ${content.length} LAST\r\n${content}`,
    );
    replies.open();
    expect(await second).toBe('delivered');
  });

  it.each([
    [['PIPELINING'], 2],
    [['CHUNKING'], 1],
    [[], 1],
  ])(
    'SC-54, SC-41: with %j alone at most %i are under way, and no content leaves early',
    async (keywords, most) => {
      const receipts = gate(isReceipt);
      const bench = makeBench({ keywords, before: receipts.before });
      const sent = range(0, 6).map((n) => bench.send(n));
      for (let done = 0; done < 6; done += 1) {
        await settle();
        expect(written(bench.server)).toBe(done + 1);
        expect(bench.server.arrived.split('MAIL FROM').length - 1).toBeLessThanOrEqual(done + most);
        receipts.pass();
      }
      expect(await Promise.all(sent)).toEqual(sent.map(() => 'delivered'));
    },
  );

  it.each([
    ['the option', {}, { window: 1 }],
    ['a rule', { policies: [{ match: 'partner.test', window: 1 }] }, {}],
  ] as const)(
    'SC-54: window 1 by %s: nothing of a message leaves before the receipt of the one before',
    async (_, rule, option) => {
      const receipts = gate(isReceipt);
      for (const keywords of [KEYWORDS, ['PIPELINING']]) {
        const bench = makeBench({ keywords, before: receipts.before }, { ...rule, ...option });
        const sent = range(0, 5).map((n) => bench.send(n));
        for (let done = 0; done < 5; done += 1) {
          await settle();
          expect(bench.server.arrived.split('MAIL FROM').length - 1).toBe(done + 1);
          receipts.pass();
        }
        expect(await Promise.all(sent)).toEqual(sent.map(() => 'delivered'));
        await bench.engine.close();
      }
    },
  );

  it('SC-54: a window is a whole number of messages', () => {
    for (const window of [0, -1, 1.5, 129, Number.NaN]) {
      expect(() => makeBench({}, { window })).toThrow('window: expected a whole number of messages from 1');
      expect(() => makeBench({}, { policies: [{ match: 'a.test', window }] })).toThrow('policies[0].window');
    }
  });

  it('SC-54: no more than a mebibyte is under way, and what is large goes out in steps', async () => {
    const receipts = gate(isReceipt);
    const bench = makeBench({ before: receipts.before });
    for (const n of range(0, 8)) {
      const sent = bench.send(n);
      await settle();
      receipts.pass();
      await sent;
    }
    const body = 'y'.repeat(60).concat('\r\n').repeat(4000);
    const sent = range(10, 20).map((n) => bench.send(n, { body }));
    await settle();
    expect(written(bench.server)).toBe(8 + 4);
    receipts.open();
    expect(await Promise.all(sent)).toEqual(sent.map(() => 'delivered'));
    const large = [bench.send(30), bench.send(31, { body: body.repeat(2) }), bench.send(32)];
    expect(await Promise.all(large)).toEqual(large.map(() => 'delivered'));
    expect(bench.server.offences).toEqual([]);
  });
});

/** Opens the window to 16. */
async function warm(bench: Bench): Promise<void> {
  for (const n of range(100, 120)) await bench.send(n);
}
/** Acts of the server during `warm`: MAIL, RCPT, content, and RSET before all but the first. */
const WARM = 4 * 20 - 1;
const afterWarm = (...acts: readonly NonNullable<ServerScript['acts']>[number][]) => [
  ...Array.from({ length: WARM }, () => 'take' as const),
  ...acts,
];

describe('closes', () => {
  it('SC-54: every message begins with RSET and keeps its own sender, where all recipients of the one before are refused', async () => {
    const bench = makeBench({ acts: afterWarm('take', 'take', 'refuse') });
    await warm(bench);
    const sent = await Promise.all(range(0, 5).map((n) => bench.send(n)));
    expect(sent).toEqual(['failed recipient-rejected', ...range(1, 5).map(() => 'delivered')]);
    const taken = bench.server.taken.slice(20);
    expect(taken.map(({ from, to }) => `${from} ${to.join()}`)).toEqual(
      range(1, 5).map((n) => `s${n}@sender.test r${n}@partner.test`),
    );
    const starts = bench.server.heard.flatMap((line, i) =>
      line.startsWith('MAIL') ? [bench.server.heard[i - 1]] : [],
    );
    expect(starts.slice(1).every((line) => line === 'RSET')).toBe(true);
  });

  it.each(['MAIL', 'RCPT', 'RSET', 'BDAT'])(
    'SC-54: one refusal of %s stops new messages, the rest is read out, then it is lock-step again',
    async (verb) => {
      const at = ['RSET', 'MAIL', 'RCPT', 'BDAT'].indexOf(verb);
      let isHeld = false;
      const receipts = gate((line) => isHeld && isReceipt(line));
      const bench = makeBench({
        acts: afterWarm(...range(0, at).map(() => 'take' as const), 'defer'),
        before: receipts.before,
      });
      await warm(bench);
      isHeld = true;
      const first = range(0, 6).map((n) => bench.send(n));
      await settle();
      expect(written(bench.server)).toBe(20 + 6);
      const more = range(6, 10).map((n) => bench.send(n));
      // The receipt of the first message, or the refusal of it, has been read by now.
      receipts.pass();
      await settle();
      const before = written(bench.server);
      for (let left = 5; left > 0; left -= 1) {
        await settle();
        expect(written(bench.server)).toBe(before);
        receipts.pass();
      }
      await settle();
      expect(written(bench.server)).toBe(before + 1);
      receipts.open();
      const [refused, ...others] = await Promise.all([...first, ...more]);
      expect(refused).toMatch(verb === 'RSET' ? /^delivered$/ : /^deferred/);
      expect(others.filter((state) => state === 'delivered')).toHaveLength(9);
    },
  );

  it('SC-54: content that is taken after its sender was refused ends the connection: unknown, with an event, and so is all behind it', async () => {
    const told: unknown[] = [];
    const stop = onEvent('replies.mismatched', (event) => told.push(event));
    const bench = makeBench({ acts: afterWarm('take', 'refuse', 'take against itself') });
    await warm(bench);
    const sent = await Promise.all(range(0, 3).map((n) => bench.send(n)));
    stop();
    expect(sent).toEqual(range(0, 3).map(() => 'unknown delivery-unknown'));
    expect(told).toEqual([{ host: 'mx.partner.test', address: '192.0.2.1' }]);
    expect(await bench.send(5)).toBe('delivered');
    expect(bench.server.connections).toBe(2);
  });

  it('AT-7, SC-54: one reply too many is told by the words of the next receipt: unknown from there on, with an event', async () => {
    const told: unknown[] = [];
    const stop = onEvent('replies.mismatched', (event) => told.push(event));
    const bench = makeBench({ acts: afterWarm('take', 'take', 'take and one more', 'refuse') });
    await warm(bench);
    const sent = await Promise.all(range(0, 3).map((n) => bench.send(n)));
    stop();
    // The first is believed taken on the strength of the reply too many: nothing tells the two apart.
    expect(sent).toEqual(['delivered', 'unknown delivery-unknown', 'unknown delivery-unknown']);
    expect(told).toEqual([{ host: 'mx.partner.test', address: '192.0.2.1' }]);
    expect(await bench.send(5)).toBe('delivered');
    expect(bench.server.connections).toBe(2);
  });

  it.each([
    ['is unknown once, and not for ever', 0, ['unknown', 'delivered']],
    ['is delivered where whoever sent it before ended in mid-attempt', 1, ['delivered', undefined]],
  ])(
    'Q-11, Q-15, SC-54: a message that a server takes in the words of another command %s',
    async (_, interruptions, states) => {
      const receipt = (sender: string): string => `250 ${sender.startsWith('s7@') ? '2.1.5' : '2.0.0'} taken`;
      const bench = makeBench({ receipt });
      const submission = await bench.engine.prepare({
        from: 's7@sender.test',
        to: 'r7@partner.test',
        message: contentOf(7),
      });
      let job = { ...startJob(submission.jobs[0] as NewJob, submission), interruptions };
      const seen: (string | undefined)[] = [];
      for (let tries = 0; tries < 2; tries += 1) {
        await warm(bench);
        const busy = range(0, 5).map((n) => bench.send(n));
        const { outcomes } = await bench.engine.attempt(job);
        await Promise.all([...busy, ...range(8, 12).map((n) => bench.send(n))]);
        seen.push(outcomes[0]?.state);
        job = { ...job, recipients: [...settleAttempt(job, outcomes, bench.clock.now()).recipients] };
      }
      expect(seen).toEqual(states);
      const copies = bench.server.taken.filter(({ from }) => from === 's7@sender.test');
      expect(copies).toHaveLength(states.filter((state) => state !== undefined).length);
    },
  );

  it('AT-7, SC-54: a reply to nothing that comes with a receipt puts that in doubt; one that comes later ends the connection alone', async () => {
    const told: unknown[] = [];
    const stop = onEvent('replies.mismatched', (event) => told.push(event));
    const receipt = '250 2.0.0 taken\r\n'.length;
    for (const [splits, state] of [
      [[], 'unknown delivery-unknown'],
      [[receipt], 'delivered'],
    ] as const) {
      const bench = makeBench({ splits, acts: afterWarm('take', 'take', 'take', 'take and one more') });
      await warm(bench);
      expect([await bench.send(0), splits]).toEqual([state, splits]);
      await settle();
      expect(bench.server.shifted).toBe(0);
      await bench.send(1);
      expect(bench.server.connections).toBe(2);
    }
    stop();
    expect(told).toHaveLength(2);
  });

  it('SC-14, SC-54, CV-14: 421 after some messages means another connection: nobody waits, nobody is sent twice, and the count is remembered', async () => {
    const bench = makeBench({ acts: afterWarm('take', 'take', 'take', 'take', 'take', 'goodbye') });
    await warm(bench);
    const sent = await Promise.all(range(0, 10).map((n) => bench.send(n)));
    expect(sent).toEqual(range(0, 10).map(() => 'delivered'));
    expect(bench.server.taken).toHaveLength(30);
    expect(bench.server.connections).toBe(2);
    // 21 messages went well on the first; the second has had 9.
    for (const n of range(200, 212)) await bench.send(n);
    expect(bench.server.connections).toBe(2);
    expect(bench.server.heard.at(-1)).not.toBe('QUIT');
    await settle();
    await bench.send(300);
    expect(bench.server.heard).toContain('QUIT');
    expect(bench.server.connections).toBe(3);
    await bench.clock.advance('61m');
    for (const n of range(400, 430)) await bench.send(n);
    expect(bench.server.connections).toBe(4);
  });

  it('SC-14: 421 to the first message of a connection is the answer to that message', async () => {
    const bench = makeBench({ acts: ['goodbye'] });
    expect(await bench.send(0)).toBe('deferred peer-busy');
  });

  it('SC-14: whoever stands behind a 421 does not wait for the end of the connection', async () => {
    const bench = makeBench({ acts: afterWarm('take', 'take', 'take', 'take', 'goodbye, open') });
    await warm(bench);
    const sent = await Promise.all(range(0, 5).map((n) => bench.send(n)));
    expect(sent).toEqual(range(0, 5).map(() => 'delivered'));
    expect(bench.server.taken).toHaveLength(25);
  });

  it('CV-14: 421 after a rest says nothing of the count of messages', async () => {
    const bench = makeBench({ acts: afterWarm('goodbye') });
    await warm(bench);
    await bench.clock.advance('10s');
    for (const n of range(0, 40)) expect(await bench.send(n)).toBe('delivered');
    expect(bench.server.connections).toBe(2);
  });

  it('CV-14: 421 to a connection that has been busy since its rest is about the count', async () => {
    const receipts = gate((line) => isReceipt(line) && bench.server.taken.length >= 22);
    const bench: Bench = makeBench({
      acts: afterWarm(...range(0, 4 * 4).map(() => 'take' as const), 'goodbye'),
      before: receipts.before,
    });
    await warm(bench);
    const busy = range(0, 4).map((n) => bench.send(n));
    await settle();
    await bench.clock.advance('10s');
    busy.push(bench.send(4));
    receipts.open();
    expect(await Promise.all(busy)).toEqual(busy.map(() => 'delivered'));
    for (const n of range(5, 40)) expect(await bench.send(n)).toBe('delivered');
    expect(bench.server.connections).toBe(3);
  });

  it('SC-54: a connection with six refused messages takes no more: some servers would break it off', async () => {
    const bench = makeBench({ recipients: (path) => !path.startsWith('reject') });
    await warm(bench);
    for (const n of range(0, 12))
      await bench.send(n, { to: [n % 2 === 0 ? 'reject@partner.test' : 'r@partner.test'] });
    expect(bench.server.connections).toBe(2);
    expect(bench.server.offences).toEqual([]);
  });

  it('SC-37, SC-54: a server that says nothing for a minute in the middle of a window loses nothing', async () => {
    const silence = gate((line) => line === 'RSET');
    const bench = makeBench({ before: silence.before });
    await bench.send(0);
    const sent = range(1, 3).map((n) => bench.send(n));
    await settle();
    expect(written(bench.server)).toBe(3);
    await bench.clock.advance(60_000);
    silence.open();
    expect(await Promise.all(sent)).toEqual(['delivered', 'delivered']);
    expect(bench.server.connections).toBe(1);
  });

  it('SC-52, SC-54: after a rest nothing is written ahead: a connection that has died in silence costs no attempt', async () => {
    const bench = makeBench();
    await Promise.all(range(0, 8).map((n) => bench.send(n)));
    await bench.clock.advance(2000);
    bench.server.stall(0);
    const sent = range(8, 12).map((n) => bench.send(n));
    await settle();
    expect(written(bench.server)).toBe(8);
    await bench.clock.advance(6000);
    expect(await Promise.all(sent)).toEqual(sent.map(() => 'delivered'));
    expect(bench.server.connections).toBe(2);
    expect(bench.server.taken).toHaveLength(12);
  });

  it('SC-54: what has certainly not left when the connection breaks is sent at once, what may have is unknown', async () => {
    const bench = makeBench();
    await warm(bench);
    bench.server.stall(0);
    const body = 'y'.repeat(62).concat('\r\n').repeat(320);
    const sent = range(0, 10).map((n) => bench.send(n, { body }));
    await settle();
    bench.server.drop();
    const states = await Promise.all(sent);
    // A write of at most 64 KiB was under way, and one before it may lie where nobody has read it.
    const unknown = states.lastIndexOf('unknown delivery-unknown') + 1;
    expect(unknown).toBeGreaterThanOrEqual(3);
    expect(unknown).toBeLessThanOrEqual(6);
    expect(states.slice(0, unknown).every((state) => state !== 'delivered')).toBe(true);
    expect(states.slice(unknown)).toEqual(range(unknown, 10).map(() => 'delivered'));
    expect(bench.server.taken).toHaveLength(20 + 10 - unknown);
  });

  it('SC-54: one whose sender was taken and whose last octets have not left is sent at once too', async () => {
    const bench = makeBench();
    await warm(bench);
    bench.server.stall(1);
    const sent = bench.send(0, { body: 'y'.repeat(62).concat('\r\n').repeat(4000) });
    await settle();
    expect(bench.server.heard.at(-1)).toContain('RCPT TO:<r0@');
    bench.server.drop();
    await settle();
    expect(await sent).toBe('delivered');
    expect(bench.server.connections).toBe(2);
  });

  it('SC-54, Q-15: a break leaves unknown what may have left and sends at once what cannot have', async () => {
    let isHeld = false;
    const held = gate((line) => isHeld && isReceipt(line));
    const bench = makeBench({ acts: afterWarm('take', 'take', 'take', 'drop after'), before: held.before });
    await warm(bench);
    isHeld = true;
    const sent = range(0, 3).map((n) => bench.send(n));
    await settle();
    isHeld = false;
    held.open();
    expect(await Promise.all(sent)).toEqual(range(0, 3).map(() => 'unknown delivery-unknown'));
    expect(bench.server.taken).toHaveLength(21);
  });
});

describe('messages in it', () => {
  it('SC-24: recipients that were too many go in a further transaction, when all others are over', async () => {
    const bench = makeBench({ acts: afterWarm('take', 'take', 'take', 'too many') });
    await warm(bench);
    const to = ['a@partner.test', 'b@partner.test'];
    const sent = await Promise.all([bench.send(0, { to }), bench.send(1), bench.send(2)]);
    expect(sent).toEqual(['delivered,delivered', 'delivered', 'delivered']);
    expect(bench.server.taken.slice(20).map((each) => each.to)).toEqual([
      ['a@partner.test'],
      ['r1@partner.test'],
      ['r2@partner.test'],
      ['b@partner.test'],
    ]);
  });

  it('SC-24: more than a hundred recipients have the connection alone', async () => {
    const bench = makeBench();
    await warm(bench);
    const to = range(0, 150).map((n) => `r${n}@partner.test`);
    const sent = await Promise.all([bench.send(1), bench.send(0, { to }), bench.send(2)]);
    expect(sent[1]).toBe(to.map(() => 'delivered').join());
    expect([sent[0], sent[2]]).toEqual(['delivered', 'delivered']);
    expect(bench.server.offences).toEqual([]);
  });

  it('SC-54: one that is not read yet when the window closes goes in lock-step', async () => {
    let isHeld = false;
    const held = gate((line) => isHeld && line.startsWith('MAIL FROM:<s1@'));
    const bench = makeBench({ acts: afterWarm('take', 'take', 'refuse'), before: held.before });
    await warm(bench);
    isHeld = true;
    let go = (): void => undefined;
    let opened = 0;
    const message = async function* () {
      opened += 1;
      if (opened === 2) await new Promise<void>((resolve) => (go = resolve));
      yield Buffer.from(contentOf(1));
    };
    const slow = bench.send(1, { message });
    await settle();
    expect(await bench.send(0)).toBe('failed recipient-rejected');
    go();
    await settle();
    expect(bench.server.heard.at(-1)).toContain('MAIL FROM:<s1@');
    // Message 0 was written ahead; of this one nothing but the envelope.
    expect(written(bench.server)).toBe(21);
    held.open();
    expect(await slow).toBe('delivered');
  });

  it('SC-54: one of more than a quarter of a mebibyte waits for the replies to its envelope', async () => {
    let isHeld = false;
    const held = gate((line) => isHeld && line.startsWith('MAIL'));
    const bench = makeBench({ before: held.before });
    await warm(bench);
    isHeld = true;
    const sent = bench.send(0, { body: 'y'.repeat(62).concat('\r\n').repeat(4100) });
    await settle();
    expect(written(bench.server)).toBe(20);
    held.open();
    expect(await sent).toBe('delivered');
  });

  it('SC-18, SC-26: a hundred recipients refused, the others go behind RSET', async () => {
    const bench = makeBench({ recipients: (path) => Number(path.slice(1, path.indexOf('@'))) >= 100 });
    const to = range(0, 150).map((n) => `r${n}@partner.test`);
    const sent = await bench.send(0, { to });
    expect(sent.split(',').filter((state) => state === 'delivered')).toHaveLength(50);
    expect(bench.server.offences).toEqual([]);
  });

  it('FAQ-10: one that cannot be read harms no other', async () => {
    const bench = makeBench();
    await warm(bench);
    let opened = 0;
    const message = async function* () {
      opened += 1;
      yield Buffer.from(contentOf(1, opened === 1 ? 'x\r\n' : 'y\r\n'));
    };
    const sent = await Promise.all([bench.send(0), bench.send(1, { message }), bench.send(2)]);
    expect(sent[1]).toContain('message-changed');
    expect([sent[0], sent[2]]).toEqual(['delivered', 'delivered']);
    expect(bench.server.connections).toBe(1);
  });

  it('Q-11, Q-15: one that is called off is unknown at once, and the receipts of the others still come', async () => {
    let isHeld = false;
    const held = gate((line) => isHeld && isReceipt(line));
    const bench = makeBench({ before: held.before });
    await warm(bench);
    isHeld = true;
    const abort = new AbortController();
    const sent = [bench.send(0), bench.send(1, { signal: abort.signal }), bench.send(2)] as const;
    await settle();
    abort.abort(new Error('called off'));
    expect(await sent[1]).toBe('unknown delivery-unknown');
    held.open();
    expect([await sent[0], await sent[2]]).toEqual(['delivered', 'delivered']);
    await settle();
    expect(bench.server.heard.at(-1)).toBe('QUIT');
  });
});
