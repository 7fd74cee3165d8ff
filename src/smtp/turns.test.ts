/**
 * Who may use a connection, and how: all of it without a wire.
 */
import { describe, expect, it } from 'vitest';
import type { Connection } from './connection.js';
import { createTurns, type Turn, type Turns } from './turns.js';

function turnsOf(offered: { readonly pipelining: boolean; readonly chunking: boolean }): {
  turns: Turns;
  connection: { alive: boolean; saidGoodbye: boolean };
} {
  const connection = { capabilities: offered, alive: true, saidGoodbye: false };
  return { turns: createTurns(connection as unknown as Connection), connection };
}
const ALL = { pipelining: true, chunking: true };
const wish = (octets = 1000, window = 16) => ({ octets, window });
const quiet = (): void => undefined;

/** A connection whose window is open to 16. */
function opened(): ReturnType<typeof turnsOf> {
  const made = turnsOf(ALL);
  for (let i = 0; i < 15; i += 1) {
    const turn = made.turns.begin(wish(), quiet);
    turn.window.grow(turn.window.closures);
    turn.end(true);
  }
  return made;
}

describe('turns on one connection', () => {
  it('SC-54: one that asks for a window of 1 has nobody behind it, whatever the others ask for', () => {
    for (const offered of [ALL, { pipelining: true, chunking: false }]) {
      const { turns } = offered === ALL ? opened() : turnsOf(offered);
      const turn = turns.begin(wish(1000, 1), quiet);
      expect(turn.ahead).toBe(false);
      turn.pass();
      expect(turns.fits(wish())).toBeNull();
      turn.end(true);
      expect(turns.fits(wish())).not.toBeNull();
    }
  });

  it('SC-14: nobody follows where the server has said goodbye, or the connection is gone', () => {
    for (const end of [{ saidGoodbye: true }, { alive: false }]) {
      const { turns, connection } = opened();
      const turn = turns.begin(wish(), quiet);
      turn.pass();
      expect(turns.fits(wish())).toBe('ahead');
      Object.assign(connection, end);
      expect(turns.fits(wish())).toBeNull();
      expect(turns.isGood()).toBe(false);
    }
  });

  it('SC-41, SC-54: nobody writes in the middle of another', () => {
    const { turns } = opened();
    const small = turns.begin(wish(), quiet);
    // It has not written yet: what waits for its own replies would be torn apart by it.
    expect(turns.fits(wish(500_000))).toBeNull();
    expect(turns.fits(wish())).toBe('ahead');
    small.pass();
    expect(turns.fits(wish(500_000))).toBe('behind');
    const large = turns.begin(wish(500_000), quiet);
    expect([turns.fits(wish()), turns.fits(wish(500_000))]).toEqual([null, null]);
    large.pass();
    expect(turns.fits(wish())).toBe('ahead');
    expect(turns.fits(wish(500_000))).toBe('behind');
  });

  it('SC-54: who gives up writing ahead waits for all others, and then has it alone, one after the other', async () => {
    const { turns } = opened();
    const [first, second, third] = [0, 1, 2].map(() => turns.begin(wish(), quiet)) as [Turn, Turn, Turn];
    const order: string[] = [];
    void first.resume().then(() => order.push('first'));
    void second.resume().then(() => order.push('second'));
    await Promise.resolve();
    expect(order).toEqual([]);
    expect(turns.fits(wish())).toBeNull();
    third.pass();
    third.end(true);
    await Promise.resolve();
    await Promise.resolve();
    expect(order).toEqual(['first']);
    first.end(true);
    await Promise.resolve();
    await Promise.resolve();
    expect(order).toEqual(['first', 'second']);
    second.end(true);
    expect(turns.fits(wish())).toBe('ahead');
  });

  it('SC-54: whoever leaves without having written leaves nothing behind', () => {
    const { turns } = opened();
    turns.begin(wish(), quiet).end(true);
    const turn = turns.begin(wish(), quiet);
    turn.pass();
    expect(turns.fits(wish(500_000))).toBe('behind');
    turn.end(false);
    expect([turns.active, turns.isGood(), turns.completed, turns.begun]).toEqual([0, false, 16, 17]);
  });
});
