/**
 * TCP connections to the addresses of one host: while the first address is still silent the next is dialled as well, and
 * whoever answers first is used, so that a dead address costs a quarter of a second and not the time limit of a connection.
 *
 *   dial(a)   waits for `a`; after each delay, and at once where one fails, the next address is dialled beside it
 *   a first   its socket is given
 *   b first   `a` is outrun: this dial fails, the socket of `b` is ready for dial(b), and `a` may be asked for once more
 *
 * Only the connection is made early; nothing is read from it or said on it. Bounded: three at the same time. What is not
 * taken is closed by `close`. Standards: RFC 8305 §5; RFC 5321 §5.1 (the addresses of a host in order).
 */
import type { Socket } from 'node:net';
import type { Context } from '../core/context.js';
import { type Endpoint, isSameHost } from './endpoint.js';
import type { Dial } from './socket.js';

/** RFC 8305 §5: the recommended delay between two attempts, in milliseconds. */
const DELAY_MS = 250;
const MAX_PENDING = 3;

/** A dial that knows which addresses stand behind the one that is asked for. */
export interface StaggeredDial {
  readonly dial: Dial;
  /** True where the last dial of this address failed only because another one answered first. */
  isOutrun(endpoint: Endpoint): boolean;
  /** Gives up what is under way and closes what nobody took. */
  close(): void;
}

/** One address under way. */
interface Run {
  readonly endpoint: Endpoint;
  readonly giveUp: AbortController;
  state: 'pending' | 'ready' | 'failed' | 'taken';
  socket: Socket | null;
  error: unknown;
}

/** How the addresses are dialled. */
export interface StaggerOptions {
  readonly dial: Dial;
  /** Milliseconds that each address has, counted from the moment when it is dialled. */
  readonly timeoutMs: number;
}

/** Makes a dial for endpoints in the order in which they are to be tried. */
export function createStaggeredDial(
  endpoints: readonly Endpoint[],
  { dial, timeoutMs }: StaggerOptions,
  ctx: Context,
): StaggeredDial {
  const runs = new Map<string, Run>();
  const outrun = new Set<string>();
  /** Told when something has become of a run. */
  let changed = (): void => undefined;

  const start = (endpoint: Endpoint): Run => {
    const giveUp = new AbortController();
    const run: Run = { endpoint, giveUp, state: 'pending', socket: null, error: null };
    runs.set(endpoint.address, run);
    const fail = (error: unknown): void => {
      if (run.state !== 'pending') return;
      run.error = error;
      run.state = 'failed';
      changed();
    };
    const cancel = ctx.clock.after(timeoutMs, () =>
      giveUp.abort(late(`no connection within ${timeoutMs} ms`)),
    );
    giveUp.signal.addEventListener('abort', () => {
      cancel();
      fail(giveUp.signal.reason);
    });
    dial(endpoint, { clock: ctx.clock, signal: giveUp.signal }).then(
      (socket) => {
        cancel();
        if (run.state !== 'pending') {
          socket.destroy();
          return;
        }
        run.socket = socket.on('error', ignore);
        run.state = 'ready';
        changed();
      },
      (error: unknown) => {
        cancel();
        fail(error);
      },
    );
    return run;
  };
  const count = (state: Run['state']): number =>
    [...runs.values()].filter((run) => run.state === state).length;

  /** Waits for one address while those behind it are dialled beside it. */
  const race = (run: Run, rivals: readonly Endpoint[], within: Context): Promise<Socket> =>
    new Promise((resolve, reject) => {
      let cancel = (): void => undefined;
      const end = (settle: () => void): void => {
        cancel();
        changed = () => undefined;
        within.signal.removeEventListener('abort', abort);
        settle();
      };
      const abort = (): void =>
        end(() => {
          run.giveUp.abort(within.signal.reason);
          reject(within.signal.reason as Error);
        });
      const startNext = (): void => {
        cancel();
        const next = rivals.find(({ address }) => !runs.has(address));
        if (next === undefined || count('pending') >= MAX_PENDING) return;
        start(next);
        cancel = ctx.clock.after(DELAY_MS, startNext);
      };
      const look = (): void => {
        if (run.state === 'ready') end(() => resolve(take(run)));
        else if (run.state === 'failed') end(() => reject(run.error as Error));
        else if (rivals.some(({ address }) => runs.get(address)?.state === 'ready')) {
          end(() => {
            outrun.add(run.endpoint.address);
            reject(late('another address of the host answered first'));
          });
        }
      };
      changed = () => {
        look();
        // RFC 8305 §5: the next one need not wait for the delay where one has failed.
        if (run.state === 'pending' && !outrun.has(run.endpoint.address)) startNext();
      };
      cancel = ctx.clock.after(DELAY_MS, startNext);
      within.signal.addEventListener('abort', abort, { once: true });
      look();
    });

  return {
    dial(endpoint, within) {
      outrun.delete(endpoint.address);
      const at = endpoints.findIndex(({ address }) => address === endpoint.address);
      const known = runs.get(endpoint.address);
      const isGone = known?.state === 'taken' || known?.socket?.destroyed === true;
      // A second connection to the same address, or one that nobody announced, is no matter of turns.
      if (at < 0 || isGone) return dial(endpoint, within);
      const run = known ?? start(endpoint);
      return race(
        run,
        endpoints.slice(at + 1).filter((each) => isSameHost(each, endpoint)),
        within,
      );
    },
    isOutrun: ({ address }) => outrun.has(address),
    close() {
      for (const run of runs.values()) {
        if (run.state === 'taken') continue;
        run.giveUp.abort(new Error('not needed any more'));
        run.socket?.destroy();
      }
    },
  };
}

function take(run: Run): Socket {
  run.state = 'taken';
  return (run.socket as Socket).off('error', ignore);
}

function ignore(): void {
  // Whoever takes the socket finds it destroyed.
}

function late(message: string): Error {
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' });
}
