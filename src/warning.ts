/** Tells the process of an error that nobody foresaw and that is to change nothing: a warning, with its text. */
export function warnOfError(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error), { code: 'ENFORCED_TLS_WORKER' });
}
