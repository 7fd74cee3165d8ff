/**
 * A server that floods or drips: what it may cost is bounded.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { createFakeClock } from '../../src/testing/clock.js';
import {
  type Bench,
  createBench,
  dialIn,
  dialSecure,
  failureOf,
  type Peer,
  type Script,
} from './scripted-server.js';
import { brief, envelopeOf, messageOf, readContent, secured, sendOnce } from './session.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

/** Writes the same octets again and again until the client has gone; the number that it took. */
async function flood(peer: Peer, octets: string): Promise<number> {
  const block = Buffer.from(octets, 'latin1');
  let taken = 0;
  while (!peer.layer.destroyed && peer.layer.writable && taken < 64 * 1024 ** 2) {
    const room = peer.layer.write(block);
    taken += block.length;
    if (!room) {
      await Promise.race([new Promise((resolve) => peer.layer.once('drain', resolve)), peer.closed()]);
    }
    if (peer.socket.destroyed) break;
  }
  return taken;
}

/** What a flood in place of the reply to a command comes to, and how much of it was read. */
async function floodAt(
  step: 'greeting' | 'ehlo' | 'mail',
  octets: string,
): Promise<{ code: string; taken: number }> {
  let taken = 0;
  let code = '';
  const script: Script = async (peer) => {
    if (step !== 'greeting') peer.send('220 mx\r\n');
    if (step === 'mail') await peer.ehlo();
    if (step !== 'greeting') await peer.line();
    taken = await flood(peer, octets);
  };
  await bench.against(script, async (server) => {
    if (step === 'mail') {
      const connection = await dialIn(server);
      code = (await failureOf(connection.ask('NOOP', { phase: 'mail', timeoutMs: 10_000 }, createContext())))
        .code;
    } else code = (await failureOf(dialIn(server))).code;
  });
  return { code, taken };
}

describe('floods', () => {
  for (const [name, octets, code] of [
    ['lines of a reply without end', `250-${'x'.repeat(60)}\r\n`.repeat(50), 'reply-too-long'],
    ['a line without end', 'x'.repeat(4000), 'reply-too-long'],
    ['line feeds', '\n'.repeat(4000), 'reply-malformed'],
    ['line ends', '\r\n'.repeat(4000), 'reply-malformed'],
    ['carriage returns', '\r'.repeat(4000), 'reply-too-long'],
    ['NULs', '\0'.repeat(4000), 'reply-too-long'],
    ['random letters', `${'ab cd'.repeat(100)}\r\n`, 'reply-malformed'],
    ['other codes in one reply', '250-a\r\n550-b\r\n'.repeat(100), 'reply-malformed'],
  ] as const) {
    it(`SC-12, AT-13: ${name} in place of a reply are cut off`, async () => {
      for (const step of ['greeting', 'ehlo', 'mail'] as const) {
        const found = await floodAt(step, octets);
        expect(found.code, step).toBe(code);
        // What the kernels hold, and not the 64 MiB that it would have sent.
        expect(found.taken, step).toBeLessThan(32 * 1024 ** 2);
      }
    });
  }

  it('AT-7, AT-13: replies without end, to nothing that was asked, are cut off at the second', async () => {
    for (const reply of ['250 ok\r\n', '150 wait\r\n', '354 go\r\n']) {
      const { code } = await floodAt('ehlo', reply.repeat(1000));
      expect(['unsolicited-reply', 'reply-mismatch']).toContain(code);
    }
  });

  it('SC-10: 1yz is no waiting word in SMTP, however often it comes', async () => {
    const { results } = await sendOnce(bench, async (peer) => {
      await peer.line();
      peer.send('150 wait\r\n');
      await peer.closed();
    });
    expect(results.map(brief)).toEqual(['lost@mail:reply-mismatch']);
  });

  it('AT-13: the largest replies that are legal, to many recipients, are kept as their first lines', async () => {
    const long = `${`550-5.1.1 ${'x'.repeat(490)}\r\n`.repeat(120)}550 5.1.1 end\r\n`;
    const count = 300;
    const { results } = await sendOnce(
      bench,
      async (peer) => {
        for (;;) {
          const line = await peer.line();
          peer.send(line.startsWith('RCPT') ? long : '250 ok\r\n');
        }
      },
      { envelope: envelopeOf(count), keywords: ['ENHANCEDSTATUSCODES'] },
    );
    expect(results).toHaveLength(count);
    const kept = results.flatMap(({ reply }) => reply?.lines ?? []);
    expect(kept.join('').length / count).toBeLessThan(5000);
    expect(results[0]?.reply).toMatchObject({ code: 550, enhanced: '5.1.1' });
  });

  it('AT-13: content that meets a flood of words is not written to its end', async () => {
    const { results } = await sendOnce(
      bench,
      async (peer) => {
        for (const reply of ['250 ok', '250 ok', '354 go']) {
          await peer.line();
          peer.send(`${reply}\r\n`);
        }
        await peer.line();
        await flood(peer, '250-more\r\n'.repeat(100));
      },
      { message: await messageOf('x'.repeat(70).concat('\r\n').repeat(100_000)) },
    );
    expect(results.map(brief)).toEqual(['lost@data:unsolicited-reply']);
  });

  it('AT-13: a server that always takes one and calls the rest too many gets the message a dozen times, not a hundred', async () => {
    let messages = 0;
    const { results } = await sendOnce(
      bench,
      async (peer) => {
        for (let taken = 0; ;) {
          const line = await peer.line();
          if (line.startsWith('MAIL')) taken = 0;
          if (line.startsWith('RCPT')) peer.send(taken++ === 0 ? '250 ok\r\n' : '452 too many\r\n');
          else if (line === 'DATA') {
            peer.send('354 go\r\n');
            await readContent(peer);
            messages += 1;
            peer.send('250 taken\r\n');
          } else peer.send('250 ok\r\n');
        }
      },
      { envelope: envelopeOf(100), keywords: ['PIPELINING'] },
    );
    expect(messages).toBe(11);
    expect(results.filter(({ result }) => result === 'accepted')).toHaveLength(11);
    expect(results.filter((each) => brief(each) === 'refused@rcpt:452')).toHaveLength(89);
  });

  it('SC-6, AT-13: an EHLO list of 127 keywords is read, a longer one ends it', async () => {
    const keywords = (count: number): string[] =>
      Array.from({ length: count }, (_, i) => `X-${i} ${'y'.repeat(400)}`);
    await bench.against(
      secured(keywords(127), (peer) => peer.closed()),
      async (server) => {
        const connection = await dialSecure(server, bench);
        expect(connection.capabilities?.keywords.size).toBe(127);
        connection.destroy();
      },
    );
    await bench.against(
      secured(keywords(128), (peer) => peer.closed()),
      async (server) => {
        expect(await failureOf(dialSecure(server, bench))).toMatchObject({ code: 'reply-too-long' });
      },
    );
  });
});

describe('drips', () => {
  it('SC-37, AT-13: octets of a reply do not prolong its time', async () => {
    const clock = createFakeClock();
    const sent = sendOnce(
      bench,
      async (peer) => {
        await peer.line();
        const drip = (): void => {
          if (peer.layer.destroyed) return;
          peer.send('2');
          clock.after(10_000, drip);
        };
        peer.send('250-');
        drip();
        await peer.closed();
      },
      { ctx: createContext({ clock }) },
    );
    await clock.settle();
    await clock.advance(299_000);
    const waiting = clock.pending;
    expect(waiting).toBeGreaterThan(1);
    await clock.advance(1000);
    expect((await sent).results.map(brief)).toEqual(['lost@mail:command-timeout']);
  });

  it('AT-13: whole lines, one a minute, do not prolong it either', async () => {
    const clock = createFakeClock();
    let over = false;
    const failing = bench
      .against(
        async (peer) => {
          const drip = (): void => {
            if (peer.layer.destroyed) return;
            peer.send('220-wait\r\n');
            clock.after(60_000, drip);
          };
          drip();
          await peer.closed();
        },
        (server) => failureOf(dialIn(server, {}, createContext({ clock }))),
      )
      .finally(() => (over = true));
    await clock.settle();
    await clock.advance('4m');
    expect(over).toBe(false);
    await clock.advance('1m');
    expect(await failing).toMatchObject({ code: 'no-greeting' });
  });
});
