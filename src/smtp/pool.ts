/**
 * Connections that several messages use. The key says for whom a connection is good: target, plan and login (SC-51); one
 * under another key is never given out. TLS sessions are never resumed; only whole connections are reused.
 *
 *   acquire   a turn on a kept connection, or leave to open a new one; waits where the limit of the key is reached
 *   pass      everything of this message is written: the next one may follow while its receipt is on the way
 *   end       the message has its receipt; whoever is last keeps the connection or ends it
 *
 * Limits: idle 30 s, age 300 s, 1 GiB (CV-14). A connection that died while it waited is found out by whoever gets it.
 */
import type { Context } from '../core/context.js';
import type { Connection } from './connection.js';

/** One message's turn on a connection. */
export interface Turn {
  readonly connection: Connection;
  /** True when another message went before: RSET comes first (SC-18, SC-52). */
  readonly reused: boolean;
  /** Says that the next message may follow on this connection. Once. */
  pass(): void;
  /** Says that this message is over, and whether the connection is still good. Once. */
  end(good: boolean): void;
}

/** Leave to open a connection: either it opens, or it does not. */
export interface Leave {
  opened(connection: Connection): Turn;
  failed(): void;
}

/** Keeps connections. */
export interface ConnectionPool {
  /** Rejects only when it is called off. */
  acquire(key: string, ctx: Context): Promise<{ readonly turn: Turn } | { readonly leave: Leave }>;
  /** Ends all idle connections with QUIT, and the others when their messages are over. */
  close(ctx: Context): Promise<void>;
}

interface Kept {
  readonly connection: Connection;
  /** Messages whose receipts are due. */
  turns: number;
  /** Nobody is in the middle of writing. */
  free: boolean;
  good: boolean;
  cancelIdle: () => void;
}

interface Line {
  readonly kept: Set<Kept>;
  opening: number;
  readonly waiting: Set<() => void>;
}

const IDLE_MS = 30_000;
const MAX_AGE_MS = 300_000;
const MAX_OCTETS = 1024 ** 3;
const MAX_KEPT = 200;
/** One message whose receipt is on the way, and one that is being written. */
const MAX_TURNS = 2;

/** Makes a pool; `perKey` connections of one key at the same time, default without limit. */
export function createConnectionPool(perKey = Number.POSITIVE_INFINITY): ConnectionPool {
  const lines = new Map<string, Line>();
  let idle = 0;
  let closed = false;

  const lineOf = (key: string): Line => {
    const known = lines.get(key);
    if (known !== undefined) return known;
    const line: Line = { kept: new Set(), opening: 0, waiting: new Set() };
    lines.set(key, line);
    return line;
  };
  const wakeOne = (line: Line): void => {
    const [first] = line.waiting;
    if (first === undefined) return;
    line.waiting.delete(first);
    first();
  };
  const tidy = (key: string, line: Line): void => {
    if (line.kept.size === 0 && line.opening === 0 && line.waiting.size === 0) lines.delete(key);
  };
  const forget = (key: string, line: Line, kept: Kept): void => {
    if (!line.kept.delete(kept)) return;
    tidy(key, line);
    wakeOne(line);
  };
  const leaveIdle = (kept: Kept): void => {
    kept.cancelIdle();
    kept.cancelIdle = () => undefined;
  };
  const isWorn = ({ connection }: Kept, ctx: Context): boolean =>
    ctx.clock.now() - connection.openedAt >= MAX_AGE_MS || connection.octetsOut >= MAX_OCTETS;
  const retire = (key: string, line: Line, kept: Kept, ctx: Context): void => {
    leaveIdle(kept);
    forget(key, line, kept);
    void kept.connection.quit(ctx);
  };
  /** Nobody uses it now: it waits for the next message, or ends. */
  const rest = (key: string, line: Line, kept: Kept, ctx: Context): void => {
    if (!kept.good || !kept.connection.alive || closed || isWorn(kept, ctx) || idle >= MAX_KEPT) {
      retire(key, line, kept, ctx);
      return;
    }
    idle += 1;
    const stop = ctx.clock.after(IDLE_MS, () => retire(key, line, kept, ctx));
    kept.cancelIdle = () => {
      idle -= 1;
      stop();
    };
    wakeOne(line);
  };
  const turnOn = (key: string, line: Line, kept: Kept, reused: boolean, ctx: Context): Turn => {
    leaveIdle(kept);
    kept.turns += 1;
    kept.free = false;
    let passed = false;
    return {
      connection: kept.connection,
      reused,
      pass() {
        passed = true;
        kept.free = true;
        if (kept.turns < MAX_TURNS) wakeOne(line);
      },
      end(good) {
        kept.turns -= 1;
        if (!passed) kept.free = true;
        if (!good) kept.good = false;
        if (kept.turns === 0) rest(key, line, kept, ctx);
        else if (kept.good && kept.free) wakeOne(line);
      },
    };
  };
  /** One that nobody uses, else one that can take a further message behind the one whose receipt is due. */
  const find = (key: string, line: Line, ctx: Context): Kept | null => {
    let behind: Kept | null = null;
    for (const kept of line.kept) {
      if (!kept.good || !kept.free || kept.turns >= MAX_TURNS) continue;
      if (kept.turns > 0) behind ??= kept;
      else if (kept.connection.alive && !isWorn(kept, ctx)) return kept;
      else retire(key, line, kept, ctx);
    }
    const full = line.kept.size + line.opening >= perKey;
    return full && behind?.connection.alive === true && !isWorn(behind, ctx) ? behind : null;
  };
  const leaveOf = (key: string, line: Line, ctx: Context): Leave => {
    line.opening += 1;
    return {
      opened(connection) {
        line.opening -= 1;
        const kept: Kept = { connection, turns: 0, free: true, good: true, cancelIdle: () => undefined };
        line.kept.add(kept);
        return turnOn(key, line, kept, false, ctx);
      },
      failed() {
        line.opening -= 1;
        tidy(key, line);
        wakeOne(line);
      },
    };
  };
  return {
    async acquire(key, ctx) {
      for (;;) {
        const line = lineOf(key);
        if (ctx.signal.aborted) {
          // The wake-up of one who gives up is for the next.
          wakeOne(line);
          tidy(key, line);
          ctx.signal.throwIfAborted();
        }
        const kept = find(key, line, ctx);
        if (kept !== null) return { turn: turnOn(key, line, kept, true, ctx) };
        if (line.kept.size + line.opening < perKey) return { leave: leaveOf(key, line, ctx) };
        await waitFor(line.waiting, ctx.signal);
      }
    },
    async close(ctx) {
      closed = true;
      const all = [...lines].flatMap(([key, line]) => [...line.kept].map((kept) => ({ key, line, kept })));
      const resting = all.filter(({ kept }) => kept.turns === 0);
      await Promise.all(
        resting.map(({ key, line, kept }) => {
          leaveIdle(kept);
          forget(key, line, kept);
          return kept.connection.quit(ctx);
        }),
      );
    },
  };
}

/** Waits for a wake-up; a call-off ends the wait, and whoever wakes next finds somebody else. */
function waitFor(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      signal.removeEventListener('abort', stop);
      resolve();
    };
    const stop = (): void => {
      waiting.delete(wake);
      resolve();
    };
    waiting.add(wake);
    signal.addEventListener('abort', stop, { once: true });
  });
}
