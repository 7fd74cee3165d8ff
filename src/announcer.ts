/**
 * What an attempt tells whoever listens (`core/channels.ts`), read from its record alone: how it ended, what went out
 * without proof of whom it reached (FI-4, FAQ-6), TLS that was not there before (FAQ-5), waivers that opened a door, mail that
 * was accepted under stricter rules than hold here, participants of a scheme that fail it (BITS-A3.E).
 */
import { isHeard, publish } from './core/channels.js';
import { keepNewest } from './core/newest.js';
import { describeReason, type Reason } from './core/reasons.js';
import { isFirst, type OnceStore } from './core/once.js';
import type { AttemptRecord } from './deliver/attempt.js';
import type { Opened } from './deliver/open.js';
import type { Verdict } from './verdict/verdict.js';

/** Domains and participants of schemes that are remembered; beyond it one may be told, or asked of the store, a second time. */
const MOST_DOMAINS = 10_000;

/** Makes the function that tells of attempts; `once` remembers which domains had TLS, it itself whether rules have diverged. */
export function createAnnouncer(once: OnceStore): (record: AttemptRecord) => void {
  const failing = new Map<string, Reason>();
  /** Domains for which the store was asked already: not every mail asks it. */
  const asked = new Set<string>();
  let hasDiverged = false;
  return (record) => {
    announcePolicy(record);
    if (!hasDiverged && record.outcomes.some(({ reason }) => reason === 'policy-lowered')) {
      // Once: where one configuration lags behind another, every job says so.
      hasDiverged = true;
      publish('policy.diverged', { domain: record.domain });
    }
    void announceTls(record, asked, once);
    announceOutcomes(record);
    announceSchemes(record, failing);
  };
}

function announcePolicy({ domain, plan, tried }: AttemptRecord): void {
  for (const { source, cause } of plan.unknown) publish('policy.source-unknown', { domain, source, cause });
  for (const warning of plan.warnings) publish('policy.warning', { domain, warning });
  if (plan.waivers.length === 0) return;
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

async function announceTls(
  { domain, tried }: AttemptRecord,
  asked: Set<string>,
  once: OnceStore,
): Promise<void> {
  const first = tried.find((opened) => verdictOf(opened)?.encrypted === true);
  if (first === undefined || asked.has(domain)) return;
  if (asked.size >= MOST_DOMAINS) asked.clear();
  asked.add(domain);
  if (!(await isFirst(once, `tls-first-seen ${domain}`))) return;
  publish('tls.first-seen', { domain, host: first.target.host });
}

/** Recipients that fared alike share one event: none of them is in it (AT-52). */
function announceOutcomes({ jobId, domain, outcomes, durationMs }: AttemptRecord): void {
  if (!isHeard('attempt.ended', 'delivery.unverified')) return;
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

/** Whoever runs a scheme is told of a participant that cannot take mail as the scheme asks (BITS-A3.E). */
function announceSchemes({ domain, plan, outcomes }: AttemptRecord, failing: Map<string, Reason>): void {
  if (outcomes.some(({ state }) => state === 'delivered')) failing.delete(domain);
  const refused = outcomes.find(({ reason }) => reason !== null && isTheirs(reason));
  const reason = refused?.reason ?? null;
  if (refused === undefined || reason === null || failing.get(domain) === reason) return;
  const told = plan.because.flatMap(({ source, contact }) =>
    contact === undefined ? [] : [{ scheme: source, contact }],
  );
  if (told.length === 0) return;
  keepNewest(failing, domain, reason, MOST_DOMAINS);
  for (const each of told) publish('scheme.failure', { ...each, domain, host: refused.host, reason });
}

/** A policy refused, and the mending is not up to this host. */
function isTheirs(reason: Reason): boolean {
  const { effect, fixer } = describeReason(reason);
  return effect === 'hold' && (fixer === 'recipient' || fixer === 'network');
}

function verdictOf(opened: Opened): Verdict | null {
  return opened.kind === 'session' ? opened.session.proof : opened.verdict;
}
