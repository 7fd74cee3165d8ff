/**
 * The connection on which a PostgreSQL queue listens: one of the pool, taken for good. When it is lost another is made,
 * with growing pauses. It has no timer: `check`, called once a second, is what moves it.
 */
import type { PostgresPool } from './postgres-pool.js';

/** Somebody who listens. */
export interface Ear {
  open(): void;
  /** True while it hears; where it does not, it is on its way to. */
  check(): boolean;
  close(): void;
}

/** An open connection. */
interface Line {
  readonly kind: 'hearing';
  /** False when it broke, as far as it has been noticed. */
  alive: boolean;
  /** Whether a question waits for its answer. */
  asked: boolean;
  checks: number;
  ask(): void;
  hangUp(): void;
}

type State =
  | { readonly kind: 'closed' }
  | { readonly kind: 'opening' }
  | { readonly kind: 'waiting'; checks: number }
  | Line;

/** A connection that died in silence is noticed by asking something, after so many checks. */
const ASK_AFTER = 30;
/** Most checks between two tries to listen. */
const LONGEST_PAUSE = 32;

/** Makes an ear; `hear` is told the text of each announcement, and null for those that may have been missed. */
export function createEar(pool: PostgresPool, channel: string, hear: (text: string | null) => void): Ear {
  let state: State = { kind: 'closed' };
  let pause = 1;
  const open = async (): Promise<void> => {
    const opening: State = { kind: 'opening' };
    state = opening;
    const line = await connect(pool, channel, hear).catch(() => null);
    if (state !== opening) return line?.hangUp();
    if (line === null) return wait();
    state = line;
    pause = 1;
    hear(null);
  };
  const wait = (): void => {
    if (state.kind === 'hearing') state.hangUp();
    state = { kind: 'waiting', checks: pause };
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  };
  return {
    open: () => void open(),
    check() {
      if (state.kind === 'waiting') {
        state.checks -= 1;
        if (state.checks <= 0) void open();
      }
      if (state.kind !== 'hearing') return false;
      state.checks += 1;
      const isTime = state.checks % ASK_AFTER === 0;
      if (!state.alive || (isTime && state.asked)) wait();
      else if (isTime) state.ask();
      return state.kind === 'hearing';
    },
    close() {
      if (state.kind === 'hearing') state.hangUp();
      state = { kind: 'closed' };
    },
  };
}

async function connect(
  pool: PostgresPool,
  channel: string,
  hear: (text: string | null) => void,
): Promise<Line> {
  const client = await pool.connect();
  const onNotice = ({ payload }: { readonly payload?: string }): void => hear(payload ?? null);
  const onEnd = (): void => void (line.alive = false);
  const line: Line = {
    kind: 'hearing',
    alive: true,
    asked: false,
    checks: 0,
    ask() {
      line.asked = true;
      client.query('SELECT 1').then(() => (line.asked = false), onEnd);
    },
    hangUp() {
      client.removeListener('notification', onNotice);
      // Closed, not given back: a connection that listens is not what others expect of the pool.
      client.release(true);
    },
  };
  client.on('notification', onNotice);
  client.on('error', onEnd);
  client.on('end', onEnd);
  try {
    await client.query(`LISTEN "${channel}"`);
  } catch (error) {
    line.hangUp();
    throw error;
  }
  return line;
}
