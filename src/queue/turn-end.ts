/** Resolves when the callbacks of this turn of the event loop have run, and what they wrote is on its way. */
export function turnEnd(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
