/**
 * The self-test: the configuration of a host, as it stands, against mail servers that go wrong, on loopback. It passes when
 * mail goes to the honest server over TLS and none of the others hears a word of an envelope.
 *
 *   1 verify   the plans of the listed domains, from what is known already (`verifyPolicies`): the digest of the result
 *   2 group    domains whose plans are equal fare alike, so one of each group is tried
 *   3 try      each trial in a world of its own: its DNS, its servers, its clock, a queue in memory
 *
 * The host's queue, resolver, network, callbacks and listeners to events see nothing of it. What the host trusts is replaced
 * by the authority of the test (`transplant.ts`).
 * Failure: a result that did not pass; ConfigError for options that cannot be meant, and `peer-missing` without pkijs and
 * asn1js.
 */
import { AssertionError } from 'node:assert';
import { quietly } from '../core/channels.js';
import { type Clock, systemClock } from '../core/clock.js';
import { createContext } from '../core/context.js';
import { refuseUnknownOptions } from '../core/options.js';
import { decide } from '../policy/decide.js';
import { peekingSources, sourcesOf } from '../policy/host-sources.js';
import type { Plan } from '../policy/plan.js';
import { type ListedDomain, verifyPolicies } from '../scheme/verify-policies.js';
import { checkEngineOptions, type EngineOptions, senderKeys, type SenderOptions } from '../sender-options.js';
import { createSender } from '../sender.js';
import type { Authority, World } from '../testing/index.js';
import { bundledRoots } from '../x509/roots.js';
import { anchorsOf, transplantRules } from './transplant.js';
import { type Trial, trialsFor } from './trials.js';

/** What is tested. */
export interface SelfTestOptions {
  /** Domains that must be enforced: the published list, as for `verifyPolicies`. */
  readonly listed: readonly (string | ListedDomain)[];
  /** The options of `createSender` or `createEngine`, as the host uses them. */
  readonly host: EngineOptions | SenderOptions;
  /** Default `verified`. With `mandatory` (class c) certificates do not matter. */
  readonly atLeast?: 'mandatory' | 'verified';
  /** Whose time it is. Default: this machine's. */
  readonly clock?: Clock;
}

/** One thing that went wrong. */
export interface SelfTestFinding {
  /** The domain that was tried; others of its group fare alike. */
  readonly domain: string;
  /** Name of the trial, which `enforced-tls/testing` knows as a scenario. */
  readonly trial: string;
  /** What the server did. */
  readonly says: string;
  /** `leak`: words of an envelope or a message reached a server that must not have them; `refused`: an honest one got none. */
  readonly kind: 'leak' | 'refused';
  /** What was seen. */
  readonly seen: string;
}

/** What became of it. */
export interface SelfTestResult {
  /** Milliseconds. */
  readonly at: number;
  readonly passed: boolean;
  /** That of `verifyPolicies` for the same list and host: it changes with the configuration. */
  readonly digest: string;
  /** Groups of domains with equal plans; `tried` stands for the others. */
  readonly groups: readonly { readonly tried: string; readonly domains: number; readonly trials: number }[];
  /** Domains that need not be enforced yet, and were not tried. */
  readonly pending: readonly string[];
  readonly findings: readonly SelfTestFinding[];
}

const KEYS: readonly (keyof SelfTestOptions)[] = ['listed', 'host', 'atLeast', 'clock'];

/**
 * Runs the self-test; about a second for each group.
 * @throws ConfigError `option-unknown`, `peer-missing`, and what `createSender` says of `host`
 */
export async function runSelfTest(options: SelfTestOptions): Promise<SelfTestResult> {
  refuseUnknownOptions(options, KEYS, 'runSelfTest');
  const { listed, host, atLeast = 'verified', clock = systemClock } = options;
  checkEngineOptions(host, 'runSelfTest: host', senderKeys);
  const report = await verifyPolicies({ listed, host, atLeast, clock });
  const due = report.rows.filter(({ state }) => state !== 'pending').map(({ domain }) => domain);
  const groups = await groupDomains(due, host, clock);
  // Loaded when it is needed, so that the package has the test world once, in a file of its own.
  const testing = await import('../testing/index.js');
  const authority = await testing.createAuthority({ clock });
  const findings: SelfTestFinding[] = [];
  const tried: SelfTestResult['groups'][0][] = [];
  for (const { plan, domains } of groups) {
    const trials = trialsFor(plan, atLeast, testing.scenarios);
    tried.push({ tried: plan.domain, domains, trials: trials.length });
    for (const trial of trials) {
      const found = await quietly(() => tryOne({ plan, trial, host, authority, clock, testing }));
      if (found !== null) findings.push(found);
    }
  }
  return {
    at: report.at,
    passed: groups.length > 0 && findings.length === 0,
    digest: report.digest,
    groups: tried,
    pending: report.rows.filter(({ state }) => state === 'pending').map(({ domain }) => domain),
    findings,
  };
}

/** A plan with the number of domains that have it. */
interface Group {
  readonly plan: Plan;
  readonly domains: number;
}

async function groupDomains(
  domains: readonly string[],
  host: EngineOptions,
  clock: Clock,
): Promise<readonly Group[]> {
  const from = peekingSources(sourcesOf(host, host.trust ?? bundledRoots()));
  const ctx = createContext({ clock });
  const groups = new Map<string, Group>();
  for (const domain of domains) {
    const plan = await decide(domain, from, null, ctx);
    const group = groups.get(plan.fingerprint);
    groups.set(plan.fingerprint, { plan: group?.plan ?? plan, domains: (group?.domains ?? 0) + 1 });
  }
  return [...groups.values()];
}

interface Attempt {
  readonly plan: Plan;
  readonly trial: Trial;
  readonly host: EngineOptions;
  readonly authority: Authority;
  readonly clock: Clock;
  readonly testing: typeof import('../testing/index.js');
}

async function tryOne(attempt: Attempt): Promise<SelfTestFinding | null> {
  const { plan, trial, authority, clock, testing } = attempt;
  const { domain } = plan;
  const mx = plan.mxAllowed?.[0] ?? `mx1.${domain}`;
  const names = [...new Set([mx, domain, ...(plan.name.accepted ?? [])])];
  const world = await testing.createWorld({
    zones: { [domain]: { mx: [mx] } },
    servers: { [mx]: trial.arrives ? { certificate: { dns: names, cn: mx } } : trial.server },
    clock: testing.createFakeClock(clock.now()),
    authority,
  });
  const finding = { domain, trial: trial.name, says: trial.says };
  try {
    const states = await send(attempt, world);
    testing.checkReach(world, trial.arrives && hasMail(world) ? 'message' : 'session');
    return trial.arrives && !hasMail(world) ? { ...finding, kind: 'refused', seen: states } : null;
  } catch (error) {
    if (!(error instanceof AssertionError)) throw error;
    return { ...finding, kind: 'leak', seen: error.message.split('\n', 1)[0] ?? '' };
  } finally {
    await world.close();
  }
}

function hasMail({ servers }: World): boolean {
  return servers.some(({ messages }) => messages.some(({ accepted }) => accepted));
}

/** Sends one mail with the host's configuration in this world; what became of it at the first try. */
async function send({ plan, host, authority, clock }: Attempt, world: World): Promise<string> {
  const anchors = anchorsOf(authority, world.trust);
  const rules = await transplantRules(host.policies ?? [], plan.domain, anchors, createContext({ clock }));
  const sender = createSender(
    world.senderOptions({
      ehloName: host.ehloName,
      default: host.default,
      policies: rules,
      ...(host.allowLegacyTls === undefined ? {} : { allowLegacyTls: host.allowLegacyTls }),
      ...(host.timeouts === undefined ? {} : { timeouts: host.timeouts }),
    }),
  );
  try {
    const { outcomes } = await world.deliver(sender, {
      from: `self-test@${plan.domain}`,
      to: [`self-test@${plan.domain}`],
      message: MESSAGE,
    });
    return outcomes.map(({ state, reason }) => `${state}${reason === null ? '' : `: ${reason}`}`).join(', ');
  } finally {
    await world.clock.until(sender.close());
  }
}

const MESSAGE = Buffer.from(
  [
    'Date: Thu, 15 Jan 2026 12:00:00 +0000',
    'From: self-test@self-test.invalid',
    'Message-ID: <self-test@self-test.invalid>',
    'Subject: self-test',
    '',
    'Nobody gets this message.',
    '',
  ].join('\r\n'),
);
