/**
 * Several messages on one connection: who may write, and when the next one may.
 *
 *   alone    nobody else is on it
 *   behind   the one before has written everything; this one says its envelope and waits for the replies, which come behind
 *            the receipts that are due (RFC 2920 §3.1)
 *   ahead    with an open window: the whole message leaves in one write, before any reply to it (SC-54)
 *
 * Nobody writes between the first and the last octet of another, and replies are told apart by their order, so the order
 * in which turns are written is the order of everything. Pure: no clock, no wire.
 */
import type { Connection } from './connection.js';
import { AHEAD_OCTETS, createWindow, type Window, WINDOW_OCTETS } from './window.js';

/** What a message that wants a turn asks for. */
export interface Wish {
  /** Octets of the message. */
  readonly octets: number;
  /** Messages under way on a connection at most while this one is; 1: nobody writes before its receipt. */
  readonly window: number;
}

/** One message's turn on a connection. */
export interface Turn {
  readonly connection: Connection;
  /** True when another message went before: RSET comes first (SC-18, SC-52). */
  readonly reused: boolean;
  readonly window: Window;
  /** True where the message may be written before any reply to it, as long as the window has not closed meanwhile. */
  readonly ahead: boolean;
  /** Says that everything of this message is written: the next one may follow. Once. */
  pass(): void;
  /** Gives up writing ahead, or takes the connection again; resolves when all others are over and it is this one's alone. */
  resume(): Promise<void>;
  /** Says that nothing of this message was taken. */
  refused(): void;
  /** Says that this message is over, and whether the connection is still good. Once. */
  end(good: boolean): void;
}

/** The turns on one connection. */
export interface Turns {
  readonly connection: Connection;
  /** Messages that are not over. */
  readonly active: number;
  /** Messages that ever had a turn. */
  readonly begun: number;
  /** Messages of which nothing was taken. */
  readonly refused: number;
  /** Messages that were over before the connection went bad. */
  readonly completed: number;
  /** False: nobody else is to use it. */
  isGood(): boolean;
  /** How a message could share the connection now; null: not at all. */
  fits(wish: Wish): 'alone' | 'behind' | 'ahead' | null;
  /**
   * Begins a turn that fits. `changed` is told when it has written, and when it is over. After a rest nobody knows whether
   * the other end is still there, so nothing is written ahead of its word (SC-52).
   */
  begin(wish: Wish, changed: () => void, isRested?: boolean): Turn;
}

/** DATA cannot be followed by more than the next envelope. */
const BEHIND_DATA = 2;

/** Makes the turns of a connection that nobody uses yet. */
export function createTurns(connection: Connection): Turns {
  const { capabilities } = connection;
  const window = createWindow();
  const chunked = capabilities?.pipelining === true && capabilities.chunking;
  /** Those who wait to have it alone, in their order. */
  const resuming: (() => void)[] = [];
  let good = true;
  let octets = 0;
  /** One is between its first and its last octet, or lets nobody follow. */
  let writing = false;
  /** Those who write ahead and have not written yet. */
  let unwritten = 0;

  const resumeNext = (): void => {
    if (writing || unwritten > 0 || resuming.length === 0 || turns.active > resuming.length) return;
    writing = true;
    resuming.shift()?.();
  };
  const turns: { -readonly [K in keyof Turns]: Turns[K] } = {
    connection,
    active: 0,
    begun: 0,
    refused: 0,
    completed: 0,
    isGood: () => good && connection.alive && !connection.saidGoodbye,
    fits(wish) {
      const small = wish.octets <= AHEAD_OCTETS;
      const most = Math.min(wish.window, chunked ? window.size : BEHIND_DATA);
      const mayBeAhead = chunked && most > 1 && small;
      if (turns.active === 0) return mayBeAhead ? 'ahead' : 'alone';
      if (!turns.isGood() || writing || resuming.length > 0 || turns.active >= most) return null;
      if (mayBeAhead) return octets + wish.octets <= WINDOW_OCTETS ? 'ahead' : null;
      return unwritten === 0 ? 'behind' : null;
    },
    begin(wish, changed, isRested = false) {
      const ahead = !isRested && turns.fits(wish) === 'ahead';
      const reused = turns.begun > 0;
      let wrote = false;
      let holds = !ahead;
      turns.active += 1;
      turns.begun += 1;
      octets += wish.octets;
      if (ahead) unwritten += 1;
      else writing = true;
      const letGo = (): void => {
        if (!wrote && ahead) unwritten -= 1;
        if (holds) writing = false;
        wrote = true;
        holds = false;
      };
      return {
        connection,
        reused,
        window,
        ahead,
        pass() {
          if (wish.window > 1) letGo();
          changed();
        },
        resume() {
          letGo();
          return new Promise((resolve) => {
            resuming.push(() => {
              holds = true;
              resolve();
            });
            resumeNext();
          });
        },
        refused() {
          turns.refused += 1;
        },
        end(isGood) {
          letGo();
          turns.active -= 1;
          octets -= wish.octets;
          if (!isGood) good = false;
          else if (good) turns.completed += 1;
          resumeNext();
          changed();
        },
      };
    },
  };
  return turns;
}
