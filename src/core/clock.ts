/**
 * Time as a value that is handed in. Everything that waits or compares dates takes a `Clock`, so that a test can let
 * seven days pass in milliseconds and a demo can jump. `now` is wall time (it may jump, Q-27); `after` counts elapsed
 * time and is what timeouts of sockets use.
 */

/** A source of wall time and of timers. */
export interface Clock {
  /** Wall time in milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `fn` once when `ms` milliseconds have elapsed; returns the function that cancels it. */
  after(ms: number, fn: () => void): () => void;
}

// Node fires a timer at once when its delay does not fit into 31 bits.
const LONGEST_TIMER = 2 ** 31 - 1;

/** The clock of this machine. Its timers keep the process alive only while something waits for them. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, fn) {
    let rest = ms;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const step = Math.min(rest, LONGEST_TIMER);
      timer = setTimeout(() => {
        rest -= step;
        if (rest > 0) arm();
        else fn();
      }, step);
    };
    arm();
    return () => clearTimeout(timer);
  },
};
