/**
 * A server that means harm: words that were not asked for, and noise. What it says stays data, and no mail is lost or
 * doubled for it.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { transact } from '../../src/smtp/transact.js';
import { createFakeClock } from '../../src/testing/clock.js';
import { type Bench, createBench, dialIn, dialSecure, failureOf } from './scripted-server.js';
import { brief, envelopeOf, messageOf, openSession, readContent, secured, sendOnce } from './session.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

describe('words before they are due', () => {
  it('AT-7, AT-2: greeting and all later replies in one piece end it at the second', async () => {
    await bench.against(
      async (peer) => {
        peer.send('220 mx\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n');
        await peer.closed();
      },
      async (server) => {
        expect(await failureOf(dialIn(server))).toMatchObject({ code: 'unsolicited-reply' });
        expect(server.heard).toEqual([]);
      },
    );
  });

  for (const octets of ['250 ok\r\n', '25']) {
    it(`AT-7: ${JSON.stringify(octets)} right behind the reply to EHLO fails the greeting, in clear and inside TLS`, async () => {
      await bench.against(
        async (peer) => {
          peer.send('220 mx\r\n');
          await peer.answer('EHLO', `250 mx\r\n${octets}`);
          await peer.closed();
        },
        async (server) => {
          expect(await failureOf(dialIn(server))).toMatchObject({ code: 'unsolicited-reply' });
        },
      );
      await bench.against(
        async (peer) => {
          await peer.secure();
          await peer.answer('EHLO', `250 mx\r\n${octets}`);
          await peer.closed();
        },
        async (server) => {
          expect(await failureOf(dialSecure(server, bench))).toMatchObject({ code: 'unsolicited-reply' });
        },
      );
    });
  }

  it('AT-7: a whole transaction of replies that crosses the EHLO is not taken for its replies', async () => {
    await bench.against(
      async (peer) => {
        await peer.secure();
        await peer.answer('EHLO', '250-mx\r\n250 PIPELINING\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n');
        await peer.closed();
      },
      async (server) => {
        expect(await failureOf(dialSecure(server, bench))).toMatchObject({ code: 'unsolicited-reply' });
        expect(server.heard.filter((line) => /MAIL|DATA/.test(line))).toEqual([]);
      },
    );
  });

  it('AT-7, SC-40: five replies to four grouped commands are a break, not a delivery', async () => {
    const { results, heard } = await sendOnce(
      bench,
      async (peer) => {
        for (let i = 0; i < 3; i += 1) await peer.line();
        peer.send('250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n');
        await peer.closed();
      },
      { keywords: ['PIPELINING'] },
    );
    expect(results.map(brief)).toEqual(['lost@data:unsolicited-reply']);
    expect(heard).not.toContain('.');
  });

  it('SC-15, SC-52: a receipt with the end of the connection right behind it counts, and the connection does not', async () => {
    const { results, reusable } = await sendOnce(bench, async (peer) => {
      for (const reply of ['250 ok', '250 ok', '354 go']) {
        await peer.line();
        peer.send(`${reply}\r\n`);
      }
      await readContent(peer);
      peer.layer.end('250 taken\r\n');
    });
    expect(results.map(brief)).toEqual(['accepted@final:250']);
    // Whether the end has been noticed already is a matter of luck; the next use begins with RSET.
    expect(typeof reusable).toBe('boolean');
  });

  it('AT-7: words behind the receipt do not change it, and end the connection', async () => {
    const clock = createFakeClock();
    await bench.against(
      secured([], async (peer) => {
        for (const reply of ['250 ok', '250 ok', '354 go']) {
          await peer.line();
          peer.send(`${reply}\r\n`);
        }
        await readContent(peer);
        peer.send('250 taken\r\n550 or not\r\n');
        await peer.closed();
      }),
      async (server) => {
        const session = await openSession(server, bench);
        const result = await transact(session, envelopeOf(1), await messageOf(), createContext());
        await clock.settle();
        expect(result.recipients.map(brief)).toEqual(['accepted@final:250']);
        expect(session.connection.alive).toBe(false);
      },
    );
  });
});

describe('noise in texts', () => {
  it('AT-50, SC-11: NULs, escapes and other controls in a reply stay data and decide nothing', async () => {
    const text = '\0\u001b[2J\u0007\u009b31m\u202e 250 ok';
    const { results } = await sendOnce(bench, async (peer) => {
      await peer.line();
      peer.send(`550 ${text}\r\n`);
      await peer.answer('RSET', '250 ok\r\n');
    });
    expect(results.map(brief)).toEqual(['refused@mail:550']);
    expect(results[0]?.reply?.lines).toEqual([text]);
  });

  it('AT-50: an error about a reply that cannot be read shows it without its controls', async () => {
    await bench.against(
      async (peer) => {
        peer.send(Buffer.from('\u001b]0;owned\u0007\u009b31m220 mx\r\n', 'latin1'));
        await peer.closed();
      },
      async (server) => {
        const failure = await failureOf(dialIn(server));
        expect(failure.code).toBe('reply-malformed');
        // eslint-disable-next-line no-control-regex
        expect(failure.message).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
        expect(failure.message).toContain('owned');
      },
    );
  });

  it('SC-11: a bare LF or CR inside a transaction ends it, wherever it stands', async () => {
    for (const reply of ['250 ok\n', '250-ok\n250 ok\r\n', '250 ok\r250 ok\r\n', '\n250 ok\r\n']) {
      const { results } = await sendOnce(bench, async (peer) => {
        await peer.line();
        peer.send(reply);
        await peer.closed();
      });
      expect(results.map(brief), JSON.stringify(reply)).toEqual(['lost@mail:reply-malformed']);
    }
  });
});

it('AT-13: a server that keeps talking behind QUIT is left', async () => {
  const clock = createFakeClock();
  const ctx = createContext({ clock });
  await bench.against(
    secured([], async (peer) => {
      await peer.line();
      const talk = (): void => {
        if (peer.layer.destroyed) return;
        peer.send('221-bye\r\n');
        clock.after(100, talk);
      };
      talk();
      await peer.closed();
    }),
    async (server) => {
      const connection = await dialSecure(server, bench, ctx);
      let over = false;
      void connection.quit(ctx).then(() => (over = true));
      await clock.advance('5s');
      expect(over).toBe(true);
      expect(connection.alive).toBe(false);
    },
  );
});
