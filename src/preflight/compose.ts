/**
 * From a dry run to its report. Pure: nothing is judged a second time that the verdict has judged; what is added is the way
 * (`domain-checks.ts`), the session, and how long certificates last (`expiry.ts`).
 */
import type { Reason } from '../core/reasons.js';
import { formatMoment } from '../core/moment.js';
import { printable } from '../core/printable.js';
import type { DryHost, DryRun } from '../deliver/dry-run.js';
import type { Plan } from '../policy/plan.js';
import type { UnusableHost } from '../route/route.js';
import { certificateFacts } from '../scheme/finansinspektionen-facts.js';
import { parseSent } from '../verdict/judge.js';
import type { Check, Verdict } from '../verdict/verdict.js';
import { checkDomain, preflightLine, resultOf } from './domain-checks.js';
import { type CertificateExpiry, chainOf, expiryThresholds, judgeExpiry } from './expiry.js';
import type { Preflight, PreflightCheck, PreflightHost, PreflightResult } from './report.js';

/** When a report is made, and from how many days on it warns. */
export interface PreflightSettings {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** As `parseThresholds` gives them. Default 30, 14 and 7 days. */
  readonly thresholds?: readonly number[];
}

/** Makes the report of a dry run. */
export function composePreflight(run: DryRun, settings: PreflightSettings): Preflight {
  const { plan, route } = run;
  const thresholds = settings.thresholds ?? expiryThresholds;
  const hosts = [
    ...run.hosts.map((host) => reportHost(host, plan, { at: settings.at, thresholds })),
    ...(route?.unusable ?? []).map(reportUnusable),
  ];
  const checks = checkDomain(run);
  return {
    domain: run.domain,
    at: settings.at,
    result: worst([...checks.map(({ result }) => result), ...hosts.map(({ result }) => result)]),
    takesMail: hosts.some(({ takesMail }) => takesMail),
    policy: {
      level: plan.level,
      locked: plan.locked,
      reportOnly: plan.reportOnly?.level ?? null,
      because: plan.because.map(({ source, ref }) => `${source}: ${ref}`),
      fingerprint: plan.fingerprint,
    },
    via: route?.kind === 'targets' ? route.via : null,
    published: route?.kind === 'targets' ? route.published : [],
    expected: plan.mxAllowed,
    checks,
    hosts,
    facts: factsOf(run),
  };
}

/** The worst result; a check that was not asked is none. */
export function worst(results: readonly Check['result'][]): PreflightResult {
  const order = ['fail', 'unknown', 'warn'] as const;
  return order.find((result) => results.includes(result)) ?? 'pass';
}

function reportHost(
  { target, reason, detail, phase, verdict, asked }: DryHost,
  plan: Plan,
  how: Required<PreflightSettings>,
): PreflightHost {
  const facts = verdict?.facts ?? null;
  const leaf = facts === null ? undefined : parseSent(facts)?.[0];
  const chain = verdict === null ? null : chainOf(verdict);
  const certificates = chain === null ? [] : judgeExpiry(chain, how.at, how.thresholds);
  const checks = [
    checkSession(reason, phase, detail),
    ...(verdict?.checks ?? []),
    ...(verdict === null ? [] : [checkExpiry(certificates, verdict, how.thresholds)]),
  ];
  const wouldRefuse = asked !== null && !asked.passed;
  const cn = leaf?.commonNames.at(-1);
  return {
    host: target.host,
    address: target.address,
    port: target.port,
    preference: target.preference,
    result: worst([...checks.map(({ result }) => result), ...(wouldRefuse ? (['warn'] as const) : [])]),
    takesMail: reason === null,
    startTls: startTlsOf(target.tls, phase, verdict, plan),
    protocol: facts?.protocol ?? null,
    cipher: facts?.cipher.standardName ?? null,
    cn: cn === undefined ? null : printable(cn, 255),
    names: (leaf?.names ?? []).map(({ value }) => printable(value, 255)),
    validUntil: certificates[0]?.notAfter ?? null,
    checks,
    asked: asked?.checks ?? null,
    certificates,
  };
}

/** A host that was published and that nobody can try. */
function reportUnusable({ host, reason, detail }: UnusableHost): PreflightHost {
  const check = preflightLine('session', resultOf(reason), {
    reason,
    want: 'a host to talk to',
    got: detail,
  });
  return {
    host: printable(host, 255),
    address: null,
    port: null,
    preference: null,
    result: worst([check.result]),
    takesMail: false,
    startTls: 'unknown',
    protocol: null,
    cipher: null,
    cn: null,
    names: [],
    validUntil: null,
    checks: [check],
    asked: null,
    certificates: [],
  };
}

function checkSession(reason: Reason | null, phase: DryHost['phase'], detail: string): PreflightCheck {
  const want = 'a session up to the point where MAIL would be said';
  if (reason === null || phase === 'verdict') {
    const got = reason === null ? 'ended with QUIT' : 'ended with QUIT: the checks refuse it';
    return preflightLine('session', 'pass', { want, got });
  }
  return preflightLine('session', resultOf(reason), { reason, want, got: `${phase ?? ''}: ${detail}` });
}

/** FAQ-15. Whether an end that has come refuses is for the check of validity to say; here it is told under every class. */
function checkExpiry(
  certificates: readonly CertificateExpiry[],
  verdict: Verdict,
  thresholds: readonly number[],
): PreflightCheck {
  const want = `every certificate that counts lasts more than ${thresholds[0] ?? 0} days`;
  if (verdict.facts === null)
    return preflightLine('expiry', 'not-asked', { want, got: 'no certificate seen' });
  if (certificates.length === 0) {
    return preflightLine('expiry', 'unknown', {
      reason: 'certificate-missing',
      want,
      got: 'no certificate that can be read',
    });
  }
  const counting = certificates.filter(({ used }) => used);
  const ending = counting.filter(({ state }) => state !== 'good');
  const shown = ending.length > 0 ? ending : counting.slice(0, 1);
  const got = shown.map(describeExpiry).join('; ');
  if (ending.length === 0) return preflightLine('expiry', 'pass', { want, got });
  const refused = verdict.checks.some(({ name, result }) => name === 'validity' && result === 'fail');
  return preflightLine('expiry', refused ? 'fail' : 'warn', { reason: 'certificate-expired', want, got });
}

/** `CN=mx1.partner.example until 2026-11-27 09:12 UTC (12 days left)`. */
export function describeExpiry({ subject, notAfter, days, state }: CertificateExpiry): string {
  const left = days === null ? '' : state === 'ended' ? ' (has ended)' : ` (${days} days left)`;
  return `${printable(subject, 200)} until ${formatMoment(notAfter ?? Number.POSITIVE_INFINITY)}${left}`;
}

function startTlsOf(
  tls: 'starttls' | 'implicit',
  phase: DryHost['phase'],
  verdict: Verdict | null,
  plan: Plan,
): PreflightHost['startTls'] {
  if (tls === 'implicit' || plan.level === 'plain') return 'unknown';
  if (verdict?.facts) return 'offered';
  if (phase === 'starttls' || phase === 'handshake') return 'offered';
  if (verdict === null) return 'unknown';
  // In clear: it was not offered, or it was and the negotiation failed (class b).
  const reason = verdict.checks.find(({ name }) => name === 'starttls')?.reason ?? null;
  return reason === 'starttls-not-supported' || reason === 'starttls-stripped' ? 'not-offered' : 'offered';
}

function factsOf(run: DryRun): Preflight['facts'] {
  try {
    return certificateFacts(run);
  } catch {
    // A certificate that cannot be read names nobody; the check of the chain says so.
    return { hosts: [], authority: null };
  }
}
