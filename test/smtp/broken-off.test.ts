/**
 * Transactions that are broken off: by the content, by a call-off, by a time limit.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import type { Message } from '../../src/message/source.js';
import { TIMEOUTS } from '../../src/smtp/timeouts.js';
import { createFakeClock, type FakeClock } from '../../src/testing/clock.js';
import { type Bench, createBench } from './scripted-server.js';
import {
  brief,
  envelopeOf,
  header,
  messageFrom,
  messageOf,
  readContent,
  sendOnce,
  until,
  type Step,
} from './session.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

const GROUPS = [[], ['PIPELINING']] as const;
/** Large enough that the server has the first line long before the client has written the last. */
const large = (): Promise<Message> => messageOf('x'.repeat(70).concat('\r\n').repeat(100_000));

describe('content that must not be completed', () => {
  const broken = async (open: Message['open']): Promise<readonly string[]> => {
    const message = { ...(await messageOf()), open };
    const { results, heard, reusable } = await sendOnce(
      bench,
      until('content', (peer) => peer.closed()),
      { message },
    );
    expect(heard).not.toContain('.');
    expect(reusable).toBe(false);
    return results.map(brief);
  };

  it('FAQ-10: a message that has changed meanwhile is broken off before the dot', async () => {
    let octets = Buffer.concat([header, Buffer.from('first\r\n'.repeat(20_000))]);
    const source = await messageFrom(async function* () {
      yield octets;
    });
    octets = Buffer.concat([header, Buffer.from('other\r\n'.repeat(20_000))]);
    expect(await broken(source.open)).toEqual(['lost@data:message-changed']);
  });

  it('SC-30, AT-20: octets that would smuggle are never completed', async () => {
    for (const [evil, reason] of [
      ['\n.\n', 'message-malformed'],
      ['\r.\r\n', 'lone-cr'],
      ['\0', 'message-malformed'],
    ] as const) {
      const text = await broken(async function* () {
        yield header;
        yield Buffer.from(`x${evil}MAIL FROM:<evil@x.test>\r\n`);
      });
      expect(text).toEqual([`lost@data:${reason}`]);
    }
  });

  it('an error that is none of ours, such as that of a disk, is thrown and the message is not completed', async () => {
    const disk = new Error('EIO');
    await expect(
      broken(async function* () {
        yield header;
        throw disk;
      }),
    ).rejects.toBe(disk);
  });

  it('Q-14: thrown or called off in a further transaction, it does not hide what was delivered', async () => {
    const message = await messageOf();
    let opened = 0;
    const { results } = await sendOnce(
      bench,
      async (peer) => {
        for (let round = 0; round < 2; round += 1) {
          for (let i = 0; i < 102; i += 1) await peer.line();
          peer.send(`${'250 ok\r\n'.repeat(101)}354 go\r\n`);
          await readContent(peer);
          peer.send('250 taken\r\n');
        }
      },
      {
        keywords: ['PIPELINING'],
        envelope: envelopeOf(200),
        message: {
          ...message,
          open(ctx) {
            opened += 1;
            if (opened === 2) throw new Error('EIO');
            return message.open(ctx);
          },
        },
      },
    );
    expect(results.slice(0, 100).every(({ result }) => result === 'accepted')).toBe(true);
    expect(results.slice(100).every(({ result }) => result === 'lost')).toBe(true);
  });
});

describe('a call-off', () => {
  for (const step of ['mail', 'rcpt', 'data', 'content'] as const) {
    it(`at the step "${step}" it throws its reason, and nothing is completed`, async () => {
      const abort = new AbortController();
      const reason = new Error('called off');
      let heard: readonly string[] = [];
      const sent = sendOnce(
        bench,
        until(step, async (peer) => {
          abort.abort(reason);
          await peer.closed();
          heard = [peer.rest];
        }),
        { ctx: createContext({ signal: abort.signal }), message: await large() },
      );
      await expect(sent).rejects.toBe(reason);
      expect(heard.join('')).not.toContain('\r\n.\r\n');
    });
  }

  it('Q-15: after the final dot nobody knows, so it is said and not thrown', async () => {
    const abort = new AbortController();
    const { results } = await sendOnce(
      bench,
      until('final', async (peer) => {
        abort.abort(new Error('called off'));
        await peer.closed();
      }),
      { ctx: createContext({ signal: abort.signal }) },
    );
    expect(results.map(brief)).toEqual(['unknown@final:delivery-unknown']);
  });
});

describe('time limits', () => {
  /** Sends on a clock that the test moves, against a server that falls silent at a step. */
  const silentAt = async (
    step: Step,
    keywords: readonly string[],
    work: (clock: FakeClock) => Promise<void>,
  ): Promise<string[]> => {
    const clock = createFakeClock();
    let arrive = (): void => undefined;
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const sent = sendOnce(
      bench,
      until(step, (peer) => {
        arrive();
        return peer.closed();
      }),
      { keywords, ctx: createContext({ clock }) },
    );
    await arrived;
    await clock.settle();
    await work(clock);
    return (await sent).results.map(brief);
  };

  for (const [step, limit, result] of [
    ['mail', TIMEOUTS.mail, 'lost@mail:command-timeout'],
    ['rcpt', TIMEOUTS.rcpt, 'lost@rcpt:command-timeout'],
    ['data', TIMEOUTS.data, 'lost@data:command-timeout'],
    ['final', TIMEOUTS.final, 'unknown@final:delivery-unknown'],
  ] as const) {
    it(`SC-37, Q-15: ${limit / 60_000} minutes at the step "${step}", then ${result}`, async () => {
      for (const keywords of GROUPS) {
        const results = await silentAt(step, keywords, async (clock) => {
          await clock.advance(limit - 1);
          expect(clock.pending).toBeGreaterThan(0);
          await clock.advance(1);
          expect(clock.pending).toBe(0);
        });
        expect(results).toEqual([result]);
      }
    });
  }

  it('SC-37: with PIPELINING each reply has its own time, counted from the one before', async () => {
    const clock = createFakeClock();
    const sent = sendOnce(
      bench,
      async (peer) => {
        for (let i = 0; i < 5; i += 1) {
          await peer.line();
          clock.after((i + 1) * 290_000, () => peer.send(i === 4 ? '354 go\r\n' : '250 ok\r\n'));
        }
        await readContent(peer);
        peer.send('250 taken\r\n');
      },
      {
        keywords: ['PIPELINING'],
        envelope: envelopeOf(3),
        ctx: createContext({ clock }),
      },
    );
    await clock.settle();
    // DATA alone has two minutes, so its reply comes too late; those before had five each.
    await clock.advance('30m');
    expect((await sent).results.map(brief)).toEqual(
      Array.from({ length: 3 }, () => 'lost@data:command-timeout'),
    );
  });

  it('AT-13: a server that takes just less than each limit is cut off after half an hour', async () => {
    const clock = createFakeClock();
    const sent = sendOnce(
      bench,
      async (peer) => {
        for (;;) {
          const line = await peer.line();
          clock.after(299_000, () => peer.send(line === 'DATA' ? '354 go\r\n' : '250 ok\r\n'));
        }
      },
      { envelope: envelopeOf(20), ctx: createContext({ clock }) },
    );
    await clock.settle();
    await clock.advance('31m');
    expect((await sent).results.map(brief)).toEqual(
      Array.from({ length: 20 }, () => 'lost@rcpt:session-time-limit'),
    );
  });
});
