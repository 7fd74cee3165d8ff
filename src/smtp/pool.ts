/**
 * Connections that are kept for the next message. The key says for whom a connection is good: target, plan and login
 * (SC-51); one under another key is never given out. TLS sessions are never resumed; only whole connections are reused.
 * RSET stands between two messages: it shows that the server is still there and that nothing is left open, so a
 * connection that died while it waited costs no attempt (SC-52). Limits: idle 30 s, age 300 s, 1 GiB (CV-14).
 */
import type { Context } from '../core/context.js';
import type { Connection } from './connection.js';

/** Keeps connections. */
export interface ConnectionPool {
  /**
   * A kept connection for this key that still answers, or null. It is the caller's until it is given back. Rejects only
   * when it is called off.
   */
  take(key: string, ctx: Context): Promise<Connection | null>;
  /** Keeps a connection that is clean: no transaction open, no reply due. */
  give(key: string, connection: Connection, ctx: Context): void;
  /** Ends all kept connections with QUIT. */
  close(ctx: Context): Promise<void>;
}

interface Kept {
  readonly connection: Connection;
  readonly cancel: () => void;
}

const IDLE_MS = 30_000;
const MAX_AGE_MS = 300_000;
const MAX_OCTETS = 1024 ** 3;
const MAX_KEPT = 200;

/** Makes a pool. */
export function createConnectionPool(): ConnectionPool {
  const kept = new Map<string, Kept[]>();
  let count = 0;
  let closed = false;

  const drop = (key: string, entry: Kept): void => {
    const entries = kept.get(key) ?? [];
    const index = entries.indexOf(entry);
    if (index < 0) return;
    entries.splice(index, 1);
    count -= 1;
    if (entries.length === 0) kept.delete(key);
    entry.cancel();
  };
  return {
    async take(key, ctx) {
      for (;;) {
        const entry = kept.get(key)?.at(-1);
        if (entry === undefined) return null;
        drop(key, entry);
        const { connection } = entry;
        if (!connection.alive) continue;
        const isOld = ctx.clock.now() - connection.openedAt >= MAX_AGE_MS;
        if (!isOld && (await isReady(connection, ctx))) return connection;
        void connection.quit(ctx);
        // Where one has been given up by the server, the others have too.
        if (!isOld) return null;
      }
    },
    give(key, connection, ctx) {
      const worn = ctx.clock.now() - connection.openedAt >= MAX_AGE_MS || connection.octetsOut >= MAX_OCTETS;
      if (closed || worn || !connection.alive || count >= MAX_KEPT) {
        void connection.quit(ctx);
        return;
      }
      const entry: Kept = {
        connection,
        cancel: ctx.clock.after(IDLE_MS, () => {
          drop(key, entry);
          void connection.quit(ctx);
        }),
      };
      count += 1;
      kept.set(key, [...(kept.get(key) ?? []), entry]);
    },
    async close(ctx) {
      closed = true;
      const entries = [...kept].flatMap(([key, list]) => list.map((entry) => [key, entry] as const));
      for (const [key, entry] of entries) drop(key, entry);
      await Promise.all(entries.map(([, entry]) => entry.connection.quit(ctx)));
    },
  };
}

/** One that is slow to answer RSET is no gain over a new one, so it gets no more time than QUIT. */
async function isReady(connection: Connection, ctx: Context): Promise<boolean> {
  const due = { phase: 'mail' as const, timeoutMs: connection.timeouts.quit };
  const reply = await connection.ask('RSET', due, ctx).catch(() => null);
  ctx.signal.throwIfAborted();
  return reply?.code === 250;
}
