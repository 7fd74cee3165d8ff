/**
 * Connections that several messages use. The key says for whom a connection is good: target, plan and login (SC-51); one
 * under another key is never given out. TLS sessions are never resumed; only whole connections are reused.
 *
 *   acquire   a turn on a kept connection (turns.ts), or leave to open a new one; waits where the limit of the key is
 *             reached, first come first served
 *   end       of a turn: whoever is last keeps the connection or ends it
 *   crowded   of a leave: the host takes fewer connections than the limit allows
 *
 * Limits: idle 30 s, age 300 s, 1 GiB, six refused messages, and the count of messages at which the host last said 421
 * (CV-14). A connection that died while it waited is found out by whoever gets it.
 */
import type { Context } from '../core/context.js';
import type { Connection } from './connection.js';
import { createMessageLimits } from './message-limits.js';
import { createTurns, type Turn, type Turns, type Wish } from './turns.js';

/** Leave to open a connection: either it opens, or it does not. */
export interface Leave {
  opened(connection: Connection): Turn;
  failed(): void;
  /**
   * The host takes no further connection now. True: others of the key are open or on their way, whoever asks again gets a
   * turn on them, and no more than those are tried for two minutes. False: there are none, and it has failed.
   */
  crowded(): boolean;
}

/** What whoever asked gets. */
export type Acquired = { readonly turn: Turn } | { readonly leave: Leave };

/** Keeps connections. */
export interface ConnectionPool {
  /** Rejects only when it is called off. */
  acquire(key: string, wish: Wish, ctx: Context): Promise<Acquired>;
  /** Ends all idle connections with QUIT, and the others when their messages are over. */
  close(ctx: Context): Promise<void>;
}

interface Kept {
  readonly turns: Turns;
  /** For whom the count of messages is remembered. */
  readonly host: string;
  cancelIdle: () => void;
  /** When the last message before this moment's was over; null: never. */
  restedAt: number | null;
  /** Its 421 has been noted. */
  noted: boolean;
}

interface Waiter {
  readonly wish: Wish;
  readonly ctx: Context;
  take(acquired: Acquired): void;
}

interface Line {
  readonly key: string;
  readonly kept: Set<Kept>;
  opening: number;
  readonly waiting: Set<Waiter>;
  /** As many connections as the host was found to take, and when; null: it has turned none away. */
  room: { readonly most: number; readonly since: number } | null;
}

const IDLE_MS = 30_000;
const MAX_AGE_MS = 300_000;
const MAX_OCTETS = 1024 ** 3;
const MAX_KEPT = 200;
/**
 * Exim ends a connection on which more than ten RSETs stood where no message had been taken, and some may be under way: a
 * break there would leave those behind it unknown.
 */
const MAX_REFUSED = 6;
/** After so long a rest 421 is about the rest, not about the count of messages, and the other end may be gone in silence. */
const RESTED_MS = 1000;
/** So long a host is believed to take no more connections than it was found to take. */
const CROWDED_MS = 120_000;

/** Makes a pool; `perKey` connections of one key at the same time, default without limit. */
export function createConnectionPool(perKey = Number.POSITIVE_INFINITY): ConnectionPool {
  const lines = new Map<string, Line>();
  const limits = createMessageLimits();
  let idle = 0;
  let closed = false;

  const lineOf = (key: string): Line => {
    const known = lines.get(key);
    if (known !== undefined) return known;
    const line: Line = {
      key,
      kept: new Set(),
      opening: 0,
      waiting: new Set(),
      room: null,
    };
    lines.set(key, line);
    return line;
  };
  const tidy = (line: Line): void => {
    if (line.kept.size === 0 && line.opening === 0 && line.waiting.size === 0) lines.delete(line.key);
  };
  const roomOf = ({ room }: Line, now: number): number => {
    // after a backwards jump of the clock it is not believed for longer than was meant.
    const isKnown = room !== null && room.since <= now && now < room.since + CROWDED_MS;
    return isKnown ? Math.min(room.most, perKey) : perKey;
  };
  const isWorn = ({ turns, host }: Kept, now: number): boolean => {
    const { connection, begun, refused } = turns;
    return (
      now - connection.openedAt >= MAX_AGE_MS ||
      connection.octetsOut >= MAX_OCTETS ||
      refused >= MAX_REFUSED ||
      begun >= limits.of(host, now)
    );
  };
  const leaveIdle = (kept: Kept): void => {
    kept.cancelIdle();
    kept.cancelIdle = () => undefined;
  };
  const retire = (line: Line, kept: Kept, ctx: Context): Promise<void> => {
    leaveIdle(kept);
    line.kept.delete(kept);
    return kept.turns.connection.quit(ctx);
  };
  /** Nobody uses it now: it waits for the next message, or ends. */
  const rest = (line: Line, kept: Kept, ctx: Context): void => {
    if (!kept.turns.isGood() || closed || isWorn(kept, ctx.clock.now()) || idle >= MAX_KEPT) {
      void retire(line, kept, ctx);
      return;
    }
    idle += 1;
    kept.restedAt = ctx.clock.now();
    const stop = ctx.clock.after(IDLE_MS, () => {
      void retire(line, kept, ctx);
      serve(line);
    });
    kept.cancelIdle = () => {
      idle -= 1;
      stop();
    };
  };
  const isRested = ({ restedAt }: Kept, now: number): boolean =>
    restedAt !== null && Math.abs(now - restedAt) >= RESTED_MS;
  /** A host that has had enough after some messages will have enough after as many the next time. */
  const noteGoodbye = (kept: Kept, begunAt: number, afterRest: boolean): void => {
    const { connection, completed } = kept.turns;
    if (!connection.saidGoodbye || kept.noted || completed === 0) return;
    kept.noted = true;
    if (!afterRest) limits.note(kept.host, completed, begunAt);
  };
  const begin = (line: Line, kept: Kept, { wish, ctx }: Omit<Waiter, 'take'>): Turn => {
    leaveIdle(kept);
    const now = ctx.clock.now();
    const changed = (): void => {
      if (kept.turns.active === 0) rest(line, kept, ctx);
      serve(line);
    };
    const afterRest = kept.turns.active === 0 && isRested(kept, now);
    const turn = kept.turns.begin(wish, changed, afterRest);
    return {
      ...turn,
      end(good) {
        if (!good) noteGoodbye(kept, now, afterRest);
        turn.end(good);
      },
    };
  };
  /** One that nobody uses, else one whose window is open, else leave for another, else one to stand behind. */
  const find = (line: Line, waiter: Omit<Waiter, 'take'>): Acquired | null => {
    const { wish, ctx } = waiter;
    let behind: Kept | null = null;
    let ahead: Kept | null = null;
    const now = ctx.clock.now();
    for (const kept of line.kept) {
      const { turns } = kept;
      if (turns.active === 0) {
        if (turns.isGood() && !isWorn(kept, now)) return { turn: begin(line, kept, waiter) };
        void retire(line, kept, ctx);
        continue;
      }
      const how = turns.fits(wish);
      if (how === null || isWorn(kept, now)) continue;
      if (how === 'ahead') ahead ??= kept;
      else behind ??= kept;
    }
    if (ahead !== null) return { turn: begin(line, ahead, waiter) };
    if (line.kept.size + line.opening < roomOf(line, now)) return { leave: leaveOf(line, waiter) };
    return behind === null ? null : { turn: begin(line, behind, waiter) };
  };
  const leaveOf = (line: Line, waiter: Omit<Waiter, 'take'>): Leave => {
    line.opening += 1;
    const failed = (): void => {
      line.opening -= 1;
      serve(line);
    };
    return {
      opened(connection) {
        line.opening -= 1;
        const kept: Kept = {
          turns: createTurns(connection),
          host: hostOf(connection),
          cancelIdle: () => undefined,
          restedAt: null,
          noted: false,
        };
        line.kept.add(kept);
        return begin(line, kept, waiter);
      },
      failed,
      crowded() {
        // Those that are just being opened count: whoever is turned away last finds none, and has failed.
        const others = [...line.kept].filter(({ turns }) => turns.isGood()).length + line.opening - 1;
        if (others > 0) line.room = { most: others, since: waiter.ctx.clock.now() };
        failed();
        return others > 0;
      },
    };
  };
  /** Gives out what there is, to those who wait the longest. */
  const serve = (line: Line): void => {
    for (const waiter of line.waiting) {
      const acquired = find(line, waiter);
      if (acquired === null) break;
      line.waiting.delete(waiter);
      waiter.take(acquired);
    }
    tidy(line);
  };
  return {
    acquire(key, wish, ctx) {
      if (ctx.signal.aborted) return Promise.reject(ctx.signal.reason);
      const line = lineOf(key);
      const acquired = line.waiting.size === 0 ? find(line, { wish, ctx }) : null;
      if (acquired !== null) return Promise.resolve(acquired);
      return new Promise((resolve, reject) => {
        const stop = (): void => {
          line.waiting.delete(waiter);
          reject(ctx.signal.reason);
          // Somebody else may fit where this one did not.
          serve(line);
        };
        const waiter: Waiter = {
          wish,
          ctx,
          take(given) {
            ctx.signal.removeEventListener('abort', stop);
            resolve(given);
          },
        };
        line.waiting.add(waiter);
        ctx.signal.addEventListener('abort', stop, { once: true });
      });
    },
    async close(ctx) {
      closed = true;
      const all = [...lines.values()].flatMap((line) => [...line.kept].map((kept) => ({ line, kept })));
      const resting = all.filter(({ kept }) => kept.turns.active === 0);
      await Promise.all(
        resting.map(({ line, kept }) => {
          const gone = retire(line, kept, ctx);
          serve(line);
          return gone;
        }),
      );
    },
  };
}

function hostOf({ endpoint }: Connection): string {
  return `${endpoint.host}|${endpoint.address}|${endpoint.port}`;
}
