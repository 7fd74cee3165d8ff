/**
 * Transactions that break: what was answered stands, what was not is lost, and what was complete is unknown.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import type { Message } from '../../src/message/source.js';
import { TIMEOUTS } from '../../src/smtp/timeouts.js';
import { createFakeClock, type FakeClock } from '../../src/testing/clock.js';
import { type Bench, createBench, type Peer, type Script } from './scripted-server.js';
import { brief, envelopeOf, header, messageFrom, messageOf, readContent, sendOnce } from './session.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

type Step = 'mail' | 'rcpt' | 'data' | 'content' | 'final';

/** Lets the client read what was sent, before something else happens to the connection. */
async function rest(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Plays a transaction with one recipient up to a step, then does something else there. */
function until(step: Step, act: (peer: Peer) => Promise<void> | void): Script {
  return async (peer) => {
    await play(peer, step);
    await rest();
    await act(peer);
  };
}

async function play(peer: Peer, step: Step): Promise<void> {
  await peer.line();
  if (step === 'mail') return;
  peer.send('250 ok\r\n');
  await peer.line();
  if (step === 'rcpt') return;
  peer.send('250 ok\r\n');
  await peer.line();
  if (step === 'data') return;
  peer.send('354 go\r\n');
  if (step === 'final') await readContent(peer);
  else await peer.line();
}

const GROUPS = [[], ['PIPELINING']] as const;
/** Large enough that the server has the first line long before the client has written the last. */
const large = (): Promise<Message> => messageOf('x'.repeat(70).concat('\r\n').repeat(100_000));

describe('a lost connection', () => {
  for (const [step, result] of [
    ['mail', 'lost@mail:connection-closed'],
    ['rcpt', 'lost@rcpt:connection-closed'],
    ['data', 'lost@data:connection-closed'],
    ['content', 'lost@data:connection-closed'],
    ['final', 'unknown@final:delivery-unknown'],
  ] as const) {
    it(`SC-15, Q-15, AT-11: at the step "${step}" it is ${result}`, async () => {
      for (const keywords of GROUPS) {
        for (const end of [
          (peer: Peer) => void peer.socket.destroy(),
          (peer: Peer) => void peer.socket.resetAndDestroy(),
          (peer: Peer) => void peer.layer.end(),
          // Half a reply is none.
          (peer: Peer) => void peer.layer.end('25'),
        ]) {
          const { results, reusable } = await sendOnce(bench, until(step, end), {
            keywords,
            message: step === 'content' ? await large() : await messageOf(),
          });
          // Octets that nobody has asked for are another fault than their lack.
          expect(brief(results[0] as never).replace('unsolicited-reply', 'connection-closed')).toBe(result);
          expect(reusable).toBe(false);
        }
      }
    });
  }

  it('SC-23, Q-15: who was refused before the loss stays refused', async () => {
    for (const keywords of GROUPS) {
      for (const afterDot of [true, false]) {
        const { results } = await sendOnce(
          bench,
          async (peer) => {
            await peer.line();
            peer.send('250 ok\r\n');
            await peer.line();
            peer.send('550 no\r\n');
            await peer.line();
            peer.send('250 ok\r\n');
            await peer.line();
            if (afterDot) {
              peer.send('354 go\r\n');
              await readContent(peer);
            }
            await rest();
            peer.socket.destroy();
          },
          { keywords, envelope: envelopeOf(2) },
        );
        const second = afterDot ? 'unknown@final:delivery-unknown' : 'lost@data:connection-closed';
        expect(results.map(brief)).toEqual(['refused@rcpt:550', second]);
      }
    }
  });

  it('SC-24, Q-14: what a further transaction loses does not touch the one before', async () => {
    const { results } = await sendOnce(
      bench,
      async (peer) => {
        for (let i = 0; i < 102; i += 1) await peer.line();
        peer.send(`${'250 ok\r\n'.repeat(101)}354 go\r\n`);
        await readContent(peer);
        peer.send('250 taken\r\n');
        await peer.line();
        peer.socket.destroy();
      },
      { keywords: ['PIPELINING'], envelope: envelopeOf(250) },
    );
    expect(new Set(results.slice(0, 100).map(brief))).toEqual(new Set(['accepted@final:250']));
    expect(new Set(results.slice(100).map(brief))).toEqual(new Set(['lost@mail:connection-closed']));
    expect(results).toHaveLength(250);
  });
});

describe('421', () => {
  for (const [step, result] of [
    ['mail', 'refused@mail:421'],
    ['rcpt', 'refused@rcpt:421'],
    ['data', 'refused@data:421'],
    ['content', 'lost@data:peer-busy'],
    ['final', 'refused@final:421'],
  ] as const) {
    it(`SC-14: at the step "${step}" it ends the session: ${result}`, async () => {
      for (const keywords of GROUPS) {
        for (const closes of [true, false]) {
          const { results, reusable, heard } = await sendOnce(
            bench,
            until(step, async (peer) => {
              peer.send('421 4.3.2 closing\r\n');
              if (closes) peer.layer.end();
              else if (step !== 'content') {
                while ((await peer.line()) !== 'QUIT');
                peer.layer.end('221 bye\r\n');
              }
            }),
            { keywords, message: step === 'content' ? await large() : await messageOf() },
          );
          expect(results.map(brief)).toEqual([result]);
          expect(reusable).toBe(false);
          expect(heard).not.toContain('RSET');
        }
      }
    });
  }

  it('SC-14: 421 to one recipient ends it for all who were not refused before', async () => {
    for (const keywords of GROUPS) {
      const { results } = await sendOnce(
        bench,
        async (peer) => {
          for (const reply of ['250 ok', '250 ok', '550 no', '421 bye']) {
            await peer.line();
            peer.send(`${reply}\r\n`);
          }
          peer.layer.end();
        },
        { keywords, envelope: envelopeOf(4) },
      );
      expect(results.map(brief)).toEqual([
        'refused@rcpt:421',
        'refused@rcpt:550',
        'refused@rcpt:421',
        'refused@rcpt:421',
      ]);
    }
  });
});

describe('replies that do not fit', () => {
  for (const [step, reply, result] of [
    ['mail', '199 what', 'lost@mail:reply-mismatch'],
    ['mail', '600 what', 'lost@mail:reply-mismatch'],
    ['mail', '000 what', 'lost@mail:reply-mismatch'],
    ['mail', '354 go', 'lost@mail:reply-mismatch'],
    ['mail', '503 a transaction is open', 'lost@mail:reply-mismatch'],
    ['rcpt', '199 what', 'lost@rcpt:reply-mismatch'],
    ['rcpt', '354 go', 'lost@rcpt:reply-mismatch'],
    ['data', '199 what', 'lost@data:reply-mismatch'],
    ['data', '250 ok', 'lost@data:reply-mismatch'],
    ['data', '334 go', 'lost@data:reply-mismatch'],
    ['final', '199 what', 'unknown@final:delivery-unknown'],
    ['final', '354 go', 'unknown@final:delivery-unknown'],
    ['mail', '250-ok\r\n550 no', 'lost@mail:reply-malformed'],
    ['rcpt', '250-ok\r\n251 ok', 'lost@rcpt:reply-malformed'],
    ['rcpt', 'ok', 'lost@rcpt:reply-malformed'],
    ['final', '250-ok\r\n550 no', 'unknown@final:delivery-unknown'],
  ] as const) {
    it(`SC-10, SC-9, SC-27, AT-3, AT-7: ${JSON.stringify(reply)} at the step "${step}" is ${result}`, async () => {
      for (const keywords of GROUPS) {
        const { results, reusable } = await sendOnce(
          bench,
          until(step, (peer) => peer.send(`${reply}\r\n`)),
          { keywords },
        );
        expect(results.map(brief)).toEqual([result]);
        expect(reusable).toBe(false);
      }
    });
  }

  it('AT-7, SC-39: one reply too many never stands for the receipt', async () => {
    for (const keywords of GROUPS) {
      for (const extra of ['250 ok\r\n', '250 ok\r\n250 queued\r\n']) {
        const { results, heard } = await sendOnce(
          bench,
          until('rcpt', (peer) => peer.send(`250 ok\r\n${extra}`)),
          { keywords },
        );
        expect(results[0]?.result).toBe('lost');
        expect(['reply-mismatch', 'unsolicited-reply']).toContain(results[0]?.reason);
        expect(heard).not.toContain('.');
      }
    }
  });

  it('AT-7: a receipt that comes with the 354 is no receipt', async () => {
    const { results, heard } = await sendOnce(
      bench,
      until('data', (peer) => peer.send('354 go\r\n250 taken\r\n')),
    );
    expect(results.map(brief)).toEqual(['lost@data:unsolicited-reply']);
    expect(heard).not.toContain('.');
  });
});

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
