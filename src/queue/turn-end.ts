let current: Promise<void> | null = null;

/**
 * Resolves when the callbacks of this turn of the event loop have run, and what they wrote is on its way; one promise for
 * all who wait for the end of the same turn.
 */
export function turnEnd(): Promise<void> {
  current ??= new Promise((resolve) => {
    setImmediate(() => {
      current = null;
      resolve();
    });
  });
  return current;
}
