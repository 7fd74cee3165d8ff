/**
 * Step 6, pure: all checks run, each gives its line, and the decision comes after. `fail` and `unknown` refuse. A waiver
 * turns the refusal of the one check it names into a warning; a locked plan has none.
 */
import type { Reason } from '../core/reasons.js';
import type { Plan } from '../policy/plan.js';
import type { Target } from '../route/route.js';
import type { PeerFacts } from '../tls/facts.js';
import type { Certificate } from '../x509/certificate.js';
import { readCertificate } from '../x509/known.js';
import type { CheckFunction } from './check.js';
import { checkChain } from './check-chain.js';
import { checkCipher } from './check-cipher.js';
import { checkKey } from './check-key.js';
import { checkMxAllowed } from './check-mx-allowed.js';
import { checkName, findIdentity } from './check-name.js';
import { checkProtocol } from './check-protocol.js';
import { checkRevocation } from './check-revocation.js';
import { checkStartTls } from './check-starttls.js';
import { checkValidity } from './check-validity.js';
import { registerVerdict } from './registry.js';
import type { Check, Evidence, Verdict } from './verdict.js';
import { walkOf } from './walk.js';

/** Every check, in the order in which reasons are given: the first that refuses names the verdict. */
export const checks: readonly CheckFunction[] = [
  checkMxAllowed,
  checkStartTls,
  checkProtocol,
  checkCipher,
  checkChain,
  checkValidity,
  checkName,
  checkKey,
  checkRevocation,
];

/** What is judged. */
export interface JudgeInput {
  readonly plan: Plan;
  readonly target: Target;
  /** null: clear text. */
  readonly facts: PeerFacts | null;
  /** Why there is no TLS, where it was tried. */
  readonly tlsFailure: Reason | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Judges one session. */
export function judge(input: JudgeInput): Verdict {
  const { plan, target, facts, now } = input;
  const evidence: Evidence = { ...input, sent: facts === null ? null : parseSent(facts) };
  const lines = checks.map((check) => waive(check(evidence), plan, now));
  const refusal = lines.find((check) => check.result === 'fail' || check.result === 'unknown');
  const held = (name: Check['name']): boolean =>
    lines.some((check) => check.name === name && check.result === 'pass');
  const refused = (name: Check['name']): boolean =>
    lines.some((check) => check.name === name && check.reason !== null);
  const { identity, match } = findIdentity(evidence);
  const walk = walkOf(evidence);
  const verdict: Verdict = Object.freeze({
    host: target.host,
    address: target.address,
    at: now,
    holdsUntil: endOf(evidence),
    passed: refusal === undefined && refusePlan(plan) === null,
    reason: refusal?.reason ?? refusePlan(plan)?.reason ?? null,
    checks: lines,
    encrypted: facts !== null,
    // ST-16: only what was checked and held is called authenticated; a waived check did not hold.
    authenticated:
      held('chain') && held('validity') && held('name') && held('starttls') && !refused('revocation'),
    path: walk?.ok === true ? walk.path : [],
    identity,
    cnEqualsHost: match?.cnEqualsReference ?? null,
    mxAuth: target.mxAuth,
    facts,
    fingerprint: plan.fingerprint,
  });
  registerVerdict(verdict);
  return verdict;
}

/** The first moment at which the same evidence may be judged otherwise; now, where that is not known. */
function endOf(evidence: Evidence): number {
  const { plan, facts, sent, now } = evidence;
  // The authority's word on a certificate has dates of its own, which are looked at each time.
  if (facts?.ocspStaple) return now;
  const walk = walkOf(evidence);
  const certificates = walk?.ok === true ? walk.path : (sent ?? []);
  const dates = certificates.flatMap(({ notBefore, notAfter }) => [notBefore, notAfter]);
  return Math.min(...[...dates, ...plan.waivers.map(({ until }) => until)].filter((date) => date > now));
}

/** Why a plan lets nothing out, whatever a server shows; null when it may be tried. */
export function refusePlan(plan: Plan): { readonly reason: Reason; readonly detail: string } | null {
  const [contradiction] = plan.contradictions;
  if (contradiction !== undefined) {
    return {
      reason: 'policy-contradiction',
      detail: `${contradiction.sources.join(' and ')} in ${contradiction.field}`,
    };
  }
  const [unknown] = plan.unknown;
  return unknown === undefined
    ? null
    : { reason: 'policy-source-unknown', detail: `${unknown.source}: ${unknown.cause}` };
}

/** A kept session is judged again for each message; its certificates are read once. */
const parsed = new WeakMap<PeerFacts, readonly Certificate[] | null>();

/** The certificates of a session as sent, parsed once; null where one of them cannot be read. */
export function parseSent(facts: PeerFacts): readonly Certificate[] | null {
  const known = parsed.get(facts);
  if (known !== undefined) return known;
  let sent: readonly Certificate[] | null = null;
  try {
    sent = facts.sent.map(readCertificate);
  } catch {
    // One that cannot be read: every check that needs them says so.
  }
  parsed.set(facts, sent);
  return sent;
}

function waive(check: Check, plan: Plan, now: number): Check {
  if (plan.locked || (check.result !== 'fail' && check.result !== 'unknown')) return check;
  const waiver = plan.waivers.find((each) => each.check === check.name && now < each.until);
  return waiver === undefined
    ? check
    : { ...check, result: 'warn', waivedBy: `${waiver.approvedBy}: ${waiver.reason}` };
}
