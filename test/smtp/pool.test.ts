/**
 * Connections that are kept: for whom, for how long, and what happens when they have died.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { issueAdmission } from '../../src/smtp/admitted.js';
import type { Connection } from '../../src/smtp/connection.js';
import { createConnectionPool } from '../../src/smtp/pool.js';
import { transact } from '../../src/smtp/transact.js';
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
    pool.give('a', connection, ctx);
    // Without EHLO and STARTTLS in clear and EHLO inside TLS.
    const said = (): string[] => server.heard.slice(3);
    await work({ pool, connection, clock, ctx, server, said });
    connection.destroy();
  });
}

describe('a kept connection', () => {
  it('SC-51, AT-12: is given out under its own key alone, once', async () => {
    await keepOne(undefined, async ({ pool, connection, ctx }) => {
      expect(await pool.take('b', ctx)).toBe(null);
      expect(await pool.take('a', ctx)).toBe(connection);
      expect(await pool.take('a', ctx)).toBe(null);
    });
  });

  it('SC-18, SC-52: hears RSET between two messages, and nothing of the first is left for the second', async () => {
    await keepOne(undefined, async ({ pool, ctx, said }) => {
      for (let i = 0; i < 2; i += 1) {
        const connection = await pool.take('a', ctx);
        if (connection === null) throw new Error('nothing was kept');
        const session = issueAdmission(connection, null);
        const { recipients, reusable } = await transact(session, envelopeOf(1), await messageOf(), ctx);
        expect(recipients.map(brief)).toEqual(['accepted@final:250']);
        expect(reusable).toBe(true);
        pool.give('a', connection, ctx);
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

  it('SC-52: that died or says goodbye is not given out, and nothing but RSET was said on it', async () => {
    for (const reset of [
      (peer: Peer) => void peer.socket.destroy(),
      (peer: Peer) => void peer.layer.end(),
      (peer: Peer) => void peer.layer.end('421 idle for too long\r\n'),
      (peer: Peer) => peer.send('500 what\r\n'),
      (peer: Peer) => peer.send('250 ok\r\n250 ok\r\n'),
    ]) {
      await keepOne(reset, async ({ pool, ctx, said, clock }) => {
        const taken = await pool.take('a', ctx);
        await clock.settle();
        expect(taken === null || !taken.alive).toBe(true);
        expect(said().filter((line) => line !== 'tls QUIT')).toEqual(['tls RSET']);
      });
    }
  });

  it('SC-52: that is slow to answer RSET is given up after five seconds', async () => {
    await keepOne(
      () => undefined,
      async ({ pool, ctx, clock }) => {
        let taken: unknown = 'waiting';
        void pool.take('a', ctx).then((connection) => (taken = connection));
        await clock.advance(4999);
        expect(taken).toBe('waiting');
        await clock.advance(1);
        expect(taken).toBe(null);
      },
    );
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
          expect(await pool.take('a', ctx)).toBe(connection);
          pool.give('a', connection, ctx);
          peer?.send(octets);
          await clock.settle();
          expect(connection.alive).toBe(false);
          expect(await pool.take('a', ctx)).toBe(null);
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
      expect(await pool.take('a', ctx)).toBe(null);
      expect(clock.pending).toBe(0);
    });
  });

  it('CV-14: is used for five minutes at most, however busy it is', async () => {
    await keepOne(undefined, async ({ pool, connection, ctx, clock, said }) => {
      for (let i = 0; i < 14; i += 1) {
        await clock.advance('20s');
        expect(await pool.take('a', ctx)).toBe(connection);
        pool.give('a', connection, ctx);
      }
      await clock.advance('20s');
      expect(await pool.take('a', ctx)).toBe(null);
      await clock.settle();
      expect(said().at(-1)).toBe('tls QUIT');
    });
  });

  it('CV-14: is not kept when a gibibyte has gone through it', async () => {
    await keepOne(undefined, async ({ pool, connection, ctx, clock, said }) => {
      expect(await pool.take('a', ctx)).toBe(connection);
      connection.octetsOut = 1024 ** 3;
      pool.give('a', connection, ctx);
      await clock.settle();
      expect(said().at(-1)).toBe('tls QUIT');
      expect(await pool.take('a', ctx)).toBe(null);
    });
  });

  it('SC-17: hears QUIT inside TLS when the pool is closed, and none is kept afterwards', async () => {
    await keepOne(undefined, async ({ pool, connection, ctx, said, server }) => {
      await pool.close(ctx);
      expect(said()).toEqual(['tls QUIT']);
      expect(connection.alive).toBe(false);
      const late = await dialSecure(server, bench, ctx);
      pool.give('a', late, ctx);
      expect(await pool.take('a', ctx)).toBe(null);
      late.destroy();
    });
  });

  it('a call-off while RSET is waited for is thrown', async () => {
    const abort = new AbortController();
    const reason = new Error('called off');
    await keepOne(
      () => abort.abort(reason),
      async ({ pool, clock }) => {
        await expect(pool.take('a', createContext({ clock, signal: abort.signal }))).rejects.toBe(reason);
      },
    );
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
