/**
 * The checks of a domain as a whole: may anything be sent under its plan, is there a way, are the names of its mail servers
 * the agreed ones (FI-5).
 */
import { canonicalDomain } from '../core/domain.js';
import { printable } from '../core/printable.js';
import { describeReason, type Reason } from '../core/reasons.js';
import type { DryRun } from '../deliver/dry-run.js';
import { refusePlan } from '../verdict/judge.js';
import type { PreflightCheck } from './report.js';

/** Makes a line; `got` may be foreign text. */
export function preflightLine(
  name: PreflightCheck['name'],
  result: PreflightCheck['result'],
  details: { readonly reason?: Reason; readonly want: string; readonly got: string },
): PreflightCheck {
  const { reason = null, want, got } = details;
  return { name, result, reason, want, got: printable(got, 600), waivedBy: null };
}

/** What stands in the way for now is not known to be wrong; what does not pass by itself is. */
export function resultOf(reason: Reason): 'unknown' | 'fail' {
  const { effect } = describeReason(reason);
  return effect === 'retry' || effect === 'unknown' ? 'unknown' : 'fail';
}

/** All of them. */
export function checkDomain(run: DryRun): readonly PreflightCheck[] {
  return [checkPolicy(run), checkRoute(run), checkMxNames(run)];
}

function checkPolicy({ plan }: DryRun): PreflightCheck {
  const want = 'a policy that can be met';
  const refusal = refusePlan(plan);
  if (refusal !== null) {
    // AT-54: a source that cannot be read may say anything.
    const result = refusal.reason === 'policy-source-unknown' ? 'unknown' : 'fail';
    return preflightLine('policy', result, { reason: refusal.reason, want, got: refusal.detail });
  }
  const sources = plan.because.map(({ source, ref }) => `${source} (${ref})`).join(', ');
  const got = [`class ${plan.level}, by ${sources || 'the default of this sender'}`, ...plan.warnings];
  return preflightLine('policy', plan.warnings.length > 0 ? 'warn' : 'pass', { want, got: got.join('; ') });
}

function checkRoute({ route }: DryRun): PreflightCheck {
  const want = 'hosts that take mail for the domain';
  if (route === null) return preflightLine('route', 'not-asked', { want, got: '' });
  if (route.kind === 'unroutable') {
    const { reason, detail } = route;
    return preflightLine('route', resultOf(reason), { reason, want, got: detail });
  }
  const hosts = [...new Set(route.targets.map(({ host }) => host))];
  return preflightLine('route', 'pass', { want, got: `${route.via}: ${hosts.join(', ')}` });
}

/** Names that nobody agreed on refuse, as a delivery would; agreed names that are gone warn. */
function checkMxNames({ plan, route }: DryRun): PreflightCheck {
  const { mxAllowed } = plan;
  if (mxAllowed === null || route?.kind !== 'targets') {
    return preflightLine('mx-names', 'not-asked', { want: mxAllowed?.join(', ') ?? '', got: '' });
  }
  const published = route.published.map((name) => canonicalDomain(name) ?? name);
  const strangers = published.filter((host) => !mxAllowed.includes(host));
  const gone = mxAllowed.filter((host) => !published.includes(host));
  const want = mxAllowed.join(', ');
  const got = [
    published.join(', '),
    ...(strangers.length === 0 ? [] : [`not agreed: ${strangers.join(', ')}`]),
    ...(gone.length === 0 ? [] : [`agreed and not published: ${gone.join(', ')}`]),
  ].join('; ');
  if (strangers.length === 0 && gone.length === 0) return preflightLine('mx-names', 'pass', { want, got });
  const result = strangers.length > 0 && plan.level !== 'plain' ? 'fail' : 'warn';
  return preflightLine('mx-names', result, { reason: 'mx-not-allowed', want, got });
}
