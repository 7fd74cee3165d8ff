/**
 * Whether the policies of a host cover everybody on a list (BITS-5.2.6, BITS-A3.3): the plan of each listed domain is found as
 * for a mail, from what is known already, and looked at. Run it after each change of servers or configuration; the digest
 * tells whether anything changed that decides.
 * Failure: a report that did not pass; ConfigError for options that cannot be meant.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import { systemClock } from '../core/clock.js';
import { type Context, createContext } from '../core/context.js';
import { parseDomain } from '../core/domain.js';
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { levels, protocols } from '../policy/compare.js';
import { decide, type Sources } from '../policy/decide.js';
import { canonicalJson } from '../policy/fingerprint.js';
import { findRule, isRelayed } from '../policy/from-table.js';
import { type HostPolicies, peekingSources, sourcesOf } from '../policy/host-sources.js';
import { reaches } from '../policy/order.js';
import type { Level, Plan } from '../policy/plan.js';
import { bundledRoots } from '../x509/roots.js';
import { monthsAfter } from './domain-list-dates.js';

/** A domain that must be covered; an entry of a list fits. */
export interface ListedDomain {
  readonly domain: string;
  /** Day of enrolment, `YYYY-MM-DD`: three months from then it must be covered at the latest (BITS-P3). */
  readonly enrolled?: string | null;
}

/** What is verified. */
export interface PoliciesToVerify {
  /** Everybody who must be covered, from elsewhere than `host`: the published list, such as `(await listed.status()).list.entries`. */
  readonly listed: readonly (string | ListedDomain)[];
  /** The options of `createSender`; of a guard for incoming mail its `policies`, with `default: 'opportunistic'`. */
  readonly host: HostPolicies;
  /** The class that each must have. Default `verified`; `mandatory` is class c. */
  readonly atLeast?: 'mandatory' | 'verified';
  /** The digest of an earlier report: `changed` says whether it is another one now. */
  readonly digest?: string;
  readonly clock?: Clock;
}

/** How one domain is covered. */
export interface PolicyRow {
  readonly domain: string;
  /** `pending`: not yet, and it need not be before `due`. */
  readonly state: 'covered' | 'pending' | 'failed';
  readonly level: Level;
  /** What is missing; empty where it is covered. */
  readonly problems: readonly string[];
  /** When it must be covered, milliseconds; null: now. */
  readonly due: number | null;
}

/** What became of all. */
export interface PolicyReport {
  readonly at: number;
  /** Somebody is listed, and no row failed. */
  readonly passed: boolean;
  /** One for each listed domain, in order. */
  readonly rows: readonly PolicyRow[];
  /** SHA-256 (hex) over everything that decides about the listed domains and about everybody else. */
  readonly digest: string;
  /** Whether the digest differs from the one that was given; null: none was. */
  readonly changed: boolean | null;
}

const KEYS: readonly (keyof PoliciesToVerify)[] = ['listed', 'host', 'atLeast', 'digest', 'clock'];
/** BITS-P3. */
const GRACE_MONTHS = 3;

/**
 * Verifies the policies of a host. Nothing is looked up: a list that has not been read yet covers nobody.
 * @throws ConfigError `option-unknown`, `level-unknown`, `domain-invalid`, and as `createSender` for `host`
 */
export async function verifyPolicies(what: PoliciesToVerify): Promise<PolicyReport> {
  refuseUnknownOptions(what, KEYS, 'verifyPolicies');
  const { host, atLeast = 'verified', digest: before, clock = systemClock } = what;
  if (!['mandatory', 'verified'].includes(atLeast)) {
    throw new ConfigError(
      'level-unknown',
      `verifyPolicies: atLeast: expected "mandatory" or "verified", got ${JSON.stringify(atLeast)}`,
    );
  }
  const from = peekingSources(sourcesOf(host, host.trust ?? bundledRoots()));
  const ctx = createContext({ clock });
  const looked: Looked[] = [];
  for (const entry of what.listed) looked.push(await lookAt(readListed(entry), { from, atLeast }, ctx));
  const rows = looked.map(({ row }) => row);
  const digest = digestOf(from, looked);
  return {
    at: clock.now(),
    passed: rows.length > 0 && rows.every(({ state }) => state !== 'failed'),
    rows,
    digest,
    changed: before === undefined ? null : before !== digest,
  };
}

interface Looked {
  readonly row: PolicyRow;
  /** Goes into the digest. */
  readonly decides: readonly unknown[];
}

function readListed(entry: string | ListedDomain): ListedDomain {
  const listed = typeof entry === 'string' ? { domain: entry } : entry;
  return { ...listed, domain: parseDomain(listed.domain, 'verifyPolicies: listed') };
}

async function lookAt(
  { domain, enrolled = null }: ListedDomain,
  { from, atLeast }: { readonly from: Sources; readonly atLeast: Level },
  ctx: Context,
): Promise<Looked> {
  const plan = await decide(domain, from, null, ctx);
  const route = findRule(from.table, domain)?.route ?? null;
  const problems = findProblems(plan, route, atLeast);
  const deadline = enrolled === null ? null : monthsAfter(enrolled, GRACE_MONTHS);
  const due = deadline === null || deadline <= ctx.clock.now() ? null : deadline;
  const state = problems.length === 0 ? 'covered' : due === null ? 'failed' : 'pending';
  return {
    row: { domain, state, level: plan.level, problems, due },
    decides: [plan.fingerprint, route],
  };
}

function findProblems(plan: Plan, route: unknown, atLeast: Level): readonly string[] {
  const found: readonly (string | false)[] = [
    !reaches(levels, plan.level, atLeast) && `its class is "${plan.level}", expected "${atLeast}"`,
    !plan.locked && 'it is not locked',
    !reaches(protocols, plan.minProtocol, 'TLSv1.2') && `${plan.minProtocol} is allowed`,
    plan.waivers.length > 0 && `waived: ${plan.waivers.map(({ check }) => check).join(', ')}`,
    plan.reportOnly !== null && 'its rule is on trial (reportOnly)',
    isRelayed({ route }) && 'its mail goes through a relay, behind which nothing is seen',
    ...plan.contradictions.map(({ field }) => `its policies contradict each other in ${field}`),
    ...plan.unknown.map(({ source, cause }) => `${source} does not know: ${cause}`),
  ];
  return found.filter((problem) => problem !== false);
}

/** The same whatever the order of the list. */
function digestOf({ base }: Sources, looked: readonly Looked[]): string {
  const listed = looked
    .map(({ row, decides }) => [row.domain, ...decides] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const { store, ...rest } = base;
  const everybody = { ...rest, store: store?.id ?? null };
  return createHash('sha256').update(canonicalJson({ everybody, listed })).digest('hex');
}
