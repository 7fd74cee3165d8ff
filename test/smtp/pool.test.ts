/**
 * Connections that are kept: for whom, for how long, and what happens when they have died.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { issueAdmission } from '../../src/smtp/admitted.js';
import type { Connection } from '../../src/smtp/connection.js';
import { type Acquired, createConnectionPool } from '../../src/smtp/pool.js';
import { transact } from '../../src/smtp/transact.js';
import type { Turn, Wish } from '../../src/smtp/turns.js';
import { createFakeClock } from '../../src/testing/clock.js';
import { type Bench, createBench, dialSecure, type Peer, type ScriptedServer } from './scripted-server.js';
import { brief, envelopeOf, messageOf, readContent, secured } from './session.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});

/** A server that takes all mail and answers RSET as it is told; default 250. */
function friendly(reset: (peer: Peer) => void = (peer) => peer.send('250 ok\r\n')) {
  return secured([], async (peer) => {
    for (;;) {
      const line = await peer.line();
      if (line === 'RSET') reset(peer);
      else if (line === 'QUIT') {
        peer.layer.end('221 bye\r\n');
        return;
      } else if (line === 'DATA') {
        peer.send('354 go\r\n');
        await readContent(peer);
        peer.send('250 taken\r\n');
      } else peer.send('250 ok\r\n');
    }
  });
}

const WISH: Wish = { octets: 1000, window: 16 };

/** Opens a connection under a leave, and is over with it at once. */
function keep(acquired: Acquired, connection: Connection): void {
  if (!('leave' in acquired)) throw new Error('something was kept');
  acquired.leave.opened(connection).end(true);
}

function turnOf(acquired: Acquired): Turn {
  if (!('turn' in acquired)) throw new Error('nothing was kept');
  return acquired.turn;
}

/** A pool with one connection in it, on a clock that the test moves. */
async function keepOne(
  reset: ((peer: Peer) => void) | undefined,
  work: (kept: {
    readonly pool: ReturnType<typeof createConnectionPool>;
    readonly connection: Connection;
    readonly clock: ReturnType<typeof createFakeClock>;
    readonly ctx: ReturnType<typeof createContext>;
    readonly server: ScriptedServer;
    readonly said: () => string[];
  }) => Promise<void>,
): Promise<void> {
  const clock = createFakeClock();
  const ctx = createContext({ clock });
  await bench.against(friendly(reset), async (server) => {
    const connection = await dialSecure(server, bench, ctx);
    const pool = createConnectionPool();
    keep(await pool.acquire('a', WISH, ctx), connection);
    // Without EHLO and STARTTLS in clear and EHLO inside TLS.
    const said = (): string[] => server.heard.slice(3);
    await work({ pool, connection, clock, ctx, server, said });
    connection.destroy();
  });
}

describe('a kept connection', () => {
  it('SC-51, AT-12: is given out under its own key alone, once', async () => {
    await keepOne(undefined, async ({ pool, connection, ctx }) => {
      expect(await pool.acquire('b', WISH, ctx)).toHaveProperty('leave');
      expect(turnOf(await pool.acquire('a', WISH, ctx))).toMatchObject({ connection, reused: true });
      expect(await pool.acquire('a', WISH, ctx)).toHaveProperty('leave');
    });
  });

  it('SC-18, SC-52: hears RSET between two messages, and nothing of the first is left for the second', async () => {
    await keepOne(undefined, async ({ pool, ctx, said }) => {
      for (let i = 0; i < 2; i += 1) {
        const turn = turnOf(await pool.acquire('a', WISH, ctx));
        const session = issueAdmission(turn.connection, null);
        const sharing = { reused: turn.reused };
        const { recipients, reusable } = await transact(
          session,
          envelopeOf(1),
          await messageOf(),
          ctx,
          sharing,
        );
        expect(recipients.map(brief)).toEqual(['accepted@final:250']);
        turn.end(reusable);
      }
      const commands = said().filter((line) => /^tls (RSET|MAIL|DATA)/.test(line));
      expect(commands.map((line) => line.slice(4, 8))).toEqual([
        'RSET',
        'MAIL',
        'DATA',
        'RSET',
        'MAIL',
        'DATA',
      ]);
    });
  });

  it('SC-52: that died or says goodbye takes nothing of the message, and says so', async () => {
    for (const reset of [
      (peer: Peer) => void peer.socket.destroy(),
      (peer: Peer) => void peer.layer.end(),
      (peer: Peer) => void peer.layer.end('421 idle for too long\r\n'),
      (peer: Peer) => peer.send('500 what\r\n'),
      () => undefined,
    ]) {
      await keepOne(reset, async ({ pool, ctx, said, clock }) => {
        const { connection } = turnOf(await pool.acquire('a', WISH, ctx));
        const session = issueAdmission(connection, null);
        const sending = transact(session, envelopeOf(1), await messageOf(), ctx, { reused: true });
        // One that does not answer is given up after five seconds.
        await clock.advance('5s');
        const { recipients, reusable } = await sending;
        expect(recipients.map(({ result, phase }) => `${result}@${phase}`)).toEqual(['lost@mail']);
        expect(reusable).toBe(false);
        expect(said()[0]).toBe('tls RSET');
        expect(said().filter((line) => !/^tls (RSET|MAIL|RCPT|DATA|QUIT)/.test(line))).toEqual([]);
      });
    }
  });

  it('SC-52, SC-14: that hears 421, or anything else, while it waits is dead', async () => {
    for (const octets of ['421 idle for too long\r\n', '250 queued\r\n', '2']) {
      let peer: Peer | null = null;
      await keepOne(
        (end) => {
          peer = end;
          end.send('250 ok\r\n');
        },
        async ({ pool, connection, ctx, clock, said }) => {
          await connection.ask('RSET', { phase: 'mail', timeoutMs: 1000 }, ctx);
          peer?.send(octets);
          await clock.settle();
          expect(connection.alive).toBe(false);
          expect(await pool.acquire('a', WISH, ctx)).toHaveProperty('leave');
          expect(said()).toEqual(['tls RSET']);
        },
      );
    }
  });

  it('SC-52, SC-17: hears QUIT after 30 seconds without work', async () => {
    await keepOne(undefined, async ({ pool, connection, ctx, clock, said }) => {
      await clock.advance(29_999);
      expect(connection.alive).toBe(true);
      await clock.advance(1);
      expect(said()).toEqual(['tls QUIT']);
      expect(await pool.acquire('a', WISH, ctx)).toHaveProperty('leave');
      expect(clock.pending).toBe(0);
    });
  });

  it('CV-14: is used for five minutes at most, however busy it is', async () => {
    await keepOne(undefined, async ({ pool, ctx, clock, said }) => {
      for (let i = 0; i < 14; i += 1) {
        await clock.advance('20s');
        turnOf(await pool.acquire('a', WISH, ctx)).end(true);
      }
      await clock.advance('20s');
      expect(await pool.acquire('a', WISH, ctx)).toHaveProperty('leave');
      await clock.settle();
      expect(said().at(-1)).toBe('tls QUIT');
    });
  });

  it('CV-14: is not kept when a gibibyte has gone through it', async () => {
    await keepOne(undefined, async ({ pool, connection, ctx, clock, said }) => {
      const turn = turnOf(await pool.acquire('a', WISH, ctx));
      connection.octetsOut = 1024 ** 3;
      turn.end(true);
      await clock.settle();
      expect(said().at(-1)).toBe('tls QUIT');
      expect(await pool.acquire('a', WISH, ctx)).toHaveProperty('leave');
    });
  });

  it('SC-17: hears QUIT inside TLS when the pool is closed, and none is kept afterwards', async () => {
    await keepOne(undefined, async ({ pool, connection, ctx, said, server, clock }) => {
      await pool.close(ctx);
      expect(said()).toEqual(['tls QUIT']);
      expect(connection.alive).toBe(false);
      const late = await dialSecure(server, bench, ctx);
      keep(await pool.acquire('a', WISH, ctx), late);
      await clock.settle();
      expect(late.alive).toBe(false);
    });
  });
});

describe('turns on a connection', () => {
  /** A pool of one connection for each key, with a connection opened and in use. */
  async function inUse(
    work: (given: {
      readonly pool: ReturnType<typeof createConnectionPool>;
      readonly first: Turn;
      readonly connection: Connection;
      readonly ctx: ReturnType<typeof createContext>;
      readonly server: ScriptedServer;
    }) => Promise<void>,
  ): Promise<void> {
    const ctx = createContext({ clock: createFakeClock() });
    await bench.against(friendly(), async (server) => {
      const pool = createConnectionPool(1);
      const acquired = await pool.acquire('a', WISH, ctx);
      if (!('leave' in acquired)) throw new Error('nothing can be kept yet');
      const connection = await dialSecure(server, bench, ctx);
      await work({ pool, first: acquired.leave.opened(connection), connection, ctx, server });
      connection.destroy();
    });
  }
  const started = async (promise: Promise<unknown>): Promise<boolean> => {
    let done = false;
    void promise.then(
      () => (done = true),
      () => (done = true),
    );
    for (let i = 0; i < 20; i += 1) await Promise.resolve();
    return done;
  };

  it('Q-5: who comes beyond the limit waits until the one before has written everything', async () => {
    await inUse(async ({ pool, first, connection, ctx }) => {
      const next = pool.acquire('a', WISH, ctx);
      expect(await started(next)).toBe(false);
      first.pass();
      const second = turnOf(await next);
      expect(second).toMatchObject({ connection, reused: true });
      // Two are under way: one whose receipt is due, and one that writes.
      second.pass();
      const third = pool.acquire('a', WISH, ctx);
      expect(await started(third)).toBe(false);
      first.end(true);
      expect(turnOf(await third).connection).toBe(connection);
    });
  });

  it('Q-5: a failure of the one before leaves the next to open a connection of its own', async () => {
    await inUse(async ({ pool, first, ctx }) => {
      const next = pool.acquire('a', WISH, ctx);
      first.end(false);
      expect(await next).toHaveProperty('leave');
    });
  });

  it('SC-14: a connection that one of two messages found bad is kept for nobody, and quit when both are over', async () => {
    await inUse(async ({ pool, first, connection, ctx, server }) => {
      first.pass();
      const second = turnOf(await pool.acquire('a', WISH, ctx));
      first.end(false);
      expect(server.heard.at(-1)).not.toBe('tls QUIT');
      second.end(true);
      expect(await pool.acquire('a', WISH, ctx)).toHaveProperty('leave');
      while (connection.alive) await new Promise((resolve) => setImmediate(resolve));
    });
  });

  it('Q-11: who is called off while it waits gives its place to the next', async () => {
    await inUse(async ({ pool, first, ctx }) => {
      const abort = new AbortController();
      const off = pool.acquire('a', WISH, createContext({ clock: ctx.clock, signal: abort.signal }));
      const next = pool.acquire('a', WISH, ctx);
      const refused = expect(off).rejects.toThrow('called off');
      abort.abort(new Error('called off'));
      await refused;
      first.pass();
      expect(await next).toHaveProperty('turn');
    });
  });
});

describe('a host that takes fewer connections than the limit', () => {
  it('Q-5, SC-14: nobody fails for it: the others are waited for, and another is tried after two minutes', async () => {
    await keepOne(undefined, async ({ pool, connection, clock, ctx }) => {
      const turn = turnOf(await pool.acquire('a', WISH, ctx));
      const second = await pool.acquire('a', WISH, ctx);
      if (!('leave' in second)) throw new Error('no leave for another');
      expect(second.leave.crowded()).toBe(true);
      const waiting = pool.acquire('a', WISH, ctx);
      turn.end(true);
      const waited = turnOf(await waiting);
      expect(waited.connection).toBe(connection);
      await clock.advance('119s');
      const late = pool.acquire('a', WISH, ctx);
      waited.end(true);
      const held = turnOf(await late);
      await clock.advance('1s');
      expect(await pool.acquire('a', WISH, ctx)).toHaveProperty('leave');
      held.end(true);
    });
  });

  it('Q-27: is tried again at once after a jump of the clock backwards', async () => {
    await keepOne(undefined, async ({ pool, clock, ctx }) => {
      const turn = turnOf(await pool.acquire('a', WISH, ctx));
      const second = await pool.acquire('a', WISH, ctx);
      if (!('leave' in second)) throw new Error('no leave for another');
      expect(second.leave.crowded()).toBe(true);
      clock.set(clock.now() - 1);
      const third = pool.acquire('a', WISH, ctx);
      // Who had to wait would get the turn that ends here.
      turn.end(true);
      expect(await third).toHaveProperty('leave');
    });
  });

  it('Q-5: where no other is open it has failed, and the next may try again', async () => {
    const ctx = createContext({ clock: createFakeClock() });
    const pool = createConnectionPool(1);
    const only = await pool.acquire('a', WISH, ctx);
    if (!('leave' in only)) throw new Error('no leave');
    expect(only.leave.crowded()).toBe(false);
    expect(await pool.acquire('a', WISH, ctx)).toHaveProperty('leave');
  });
});

describe('QUIT', () => {
  it('SC-17: what becomes of it never changes the result, and it waits five seconds at most', async () => {
    for (const answer of ['550 no\r\n', '250-x\r\n550 y\r\n', 'what\r\n', '', null]) {
      const clock = createFakeClock();
      const ctx = createContext({ clock });
      await bench.against(
        secured([], async (peer) => {
          for (const reply of ['250 ok', '250 ok', '354 go']) {
            await peer.line();
            peer.send(`${reply}\r\n`);
          }
          await readContent(peer);
          peer.send('250 taken\r\n');
          await peer.answer('QUIT', answer ?? '');
          if (answer === null) peer.socket.destroy();
        }),
        async (server) => {
          const session = issueAdmission(await dialSecure(server, bench, ctx), null);
          const result = await transact(session, envelopeOf(1), await messageOf(), ctx);
          let over = false;
          void session.connection.quit(ctx).then(() => (over = true));
          await clock.settle();
          expect(over).toBe(answer !== '');
          await clock.advance('5s');
          expect(over).toBe(true);
          expect(clock.pending).toBe(0);
          expect(result.recipients.map(brief)).toEqual(['accepted@final:250']);
          expect(server.heard.at(-1)).toBe('tls QUIT');
        },
      );
    }
  });

  it('SC-17: replies that are due before it count into its time', async () => {
    const clock = createFakeClock();
    const ctx = createContext({ clock });
    await bench.against(
      secured([], (peer) => peer.closed()),
      async (server) => {
        const connection = await dialSecure(server, bench, ctx);
        connection.expect({ phase: 'greeting', command: '', timeoutMs: 300_000 }, ctx).catch(() => undefined);
        let over = false;
        void connection.quit(ctx).then(() => (over = true));
        await clock.advance('5s');
        expect(over).toBe(true);
      },
    );
  });
});
