/**
 * What the work on a lease tells: the events of a settlement, and the errors that nobody foresaw.
 */
import { type Events, publish } from '../core/channels.js';
import type { Job } from '../deliver/job.js';
import type { Outcome } from '../deliver/outcome.js';
import type { Settled } from '../deliver/settle.js';

/** Tells that somebody else holds the job by now. */
export function tellLost({ id, domain }: Job): void {
  publish('lease.lost', { job: id, domain });
}

/** Tells what a settlement that took effect changed. */
export function tellSettled(job: Job, settled: Settled, outcomes: readonly Outcome[]): void {
  const { id, domain } = job;
  if (settled.holdStarted !== null) publish('hold.started', { job: id, domain, reason: settled.holdStarted });
  if (settled.holdCleared) publish('hold.cleared', { job: id, domain });
  const delayed = settled.delayed[0]?.reason;
  if (delayed) publish('delivery.delayed', { job: id, domain, reason: delayed });
  const unknown = outcomes.find((outcome) => outcome.state === 'unknown');
  if (unknown !== undefined) publish('delivery.ambiguous', { job: id, domain, host: unknown.host ?? '' });
  if (settled.buriedFor !== null) publish('job.buried', { job: id, domain, reason: settled.buriedFor });
}

/** Tells of an error that nobody foresaw; the event has its name and code, never its text (AT-52). */
export function tellError(
  options: { readonly onError?: (error: unknown) => void },
  error: unknown,
  step: Events['worker.error']['step'],
  job: Pick<Job, 'id' | 'domain'> | null,
): void {
  const { name = 'Error', code } = error instanceof Error ? (error as Error & { code?: unknown }) : {};
  const text = typeof code === 'string' ? `${name} ${code}` : name;
  publish('worker.error', { job: job?.id ?? null, domain: job?.domain ?? null, step, error: text });
  options.onError?.(error);
}
