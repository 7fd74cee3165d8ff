/**
 * What an attempt tells whoever listens (`core/channels.ts`), read from its record alone: how it ended, what went out
 * without proof of whom it reached (FI-4, FAQ-6), TLS that was not there before (FAQ-5), waivers that opened a door, mail that
 * was accepted under stricter rules than hold here.
 */
import { publish } from './core/channels.js';
import { isFirst, type OnceStore } from './core/once.js';
import type { AttemptRecord } from './deliver/attempt.js';
import type { Opened } from './deliver/open.js';
import type { Verdict } from './verdict/verdict.js';

/** Makes the function that tells of attempts; `once` remembers which domains had TLS, it itself whether rules have diverged. */
export function createAnnouncer(once: OnceStore): (record: AttemptRecord) => void {
  let hasDiverged = false;
  return (record) => {
    announcePolicy(record);
    if (!hasDiverged && record.outcomes.some(({ reason }) => reason === 'policy-lowered')) {
      // Once: where one configuration lags behind another, every job says so.
      hasDiverged = true;
      publish('policy.diverged', { domain: record.domain });
    }
    void announceTls(record, once);
    announceOutcomes(record);
  };
}

function announcePolicy({ domain, plan, tried }: AttemptRecord): void {
  for (const { source, cause } of plan.unknown) publish('policy.source-unknown', { domain, source, cause });
  for (const warning of plan.warnings) publish('policy.warning', { domain, warning });
  const waived = new Set(
    tried
      .flatMap((opened) => verdictOf(opened)?.checks ?? [])
      .flatMap((check) => (check.waivedBy === null ? [] : [check.name])),
  );
  for (const { check, approvedBy, until } of plan.waivers) {
    if (waived.has(check)) {
      publish('policy.waived', { domain, check, approvedBy, until: new Date(until).toISOString() });
    }
  }
}

async function announceTls({ domain, tried }: AttemptRecord, once: OnceStore): Promise<void> {
  const first = tried.find((opened) => verdictOf(opened)?.encrypted === true);
  if (first === undefined || !(await isFirst(once, `tls-first-seen ${domain}`))) return;
  publish('tls.first-seen', { domain, host: first.target.host });
}

/** Recipients that fared alike share one event: none of them is in it (AT-52). */
function announceOutcomes({ jobId, domain, outcomes, durationMs }: AttemptRecord): void {
  const alike = new Map(
    outcomes.map((outcome) => [[outcome.host, outcome.state, outcome.reason].join('|'), outcome]),
  );
  for (const { host, state, reason, verdict } of alike.values()) {
    publish('attempt.ended', { job: jobId, domain, host, state, reason, durationMs });
    if (state === 'delivered' && verdict !== null && !verdict.authenticated) {
      publish('delivery.unverified', { domain, host: verdict.host, encrypted: verdict.encrypted });
    }
  }
}

function verdictOf(opened: Opened): Verdict | null {
  return opened.kind === 'session' ? opened.session.proof : opened.verdict;
}
