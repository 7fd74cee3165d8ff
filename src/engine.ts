/**
 * Everything that turns mail into attempts, composed from options once: policies, resolver, pool, contexts. The sender
 * runs it from its queue; a transport runs it once for each message; a host with a job engine of its own calls `attempt`
 * from a worker of that engine.
 */
import { createAnnouncer } from './announcer.js';
import { type Clock, systemClock } from './core/clock.js';
import { publish } from './core/channels.js';
import { type Context, createContext } from './core/context.js';
import { memoryOnce } from './core/once.js';
import { attempt, type AttemptRecord } from './deliver/attempt.js';
import type { DryRun } from './deliver/dry-run.js';
import type { HostRate } from './deliver/host-rate.js';
import type { Job } from './deliver/job.js';
import type { Opener } from './deliver/open.js';
import { createSlowAddresses } from './deliver/slow-addresses.js';
import { createKeptRoutes } from './deliver/way.js';
import { canonicalDomain, parseDomain } from './core/domain.js';
import { QueueError } from './core/errors.js';
import { cacheResolver } from './dns/cache.js';
import { createSystemResolver } from './dns/system.js';
import { type Mail, prepareSubmission } from './mail.js';
import { domainOf, parseAddress } from './message/address.js';
import type { MessageOptions } from './message/source.js';
import { decide, type Sources } from './policy/decide.js';
import { explainPlan } from './policy/explain.js';
import { findRule } from './policy/from-table.js';
import { sourcesOf } from './policy/host-sources.js';
import type { Plan } from './policy/plan.js';
import { type CertificateExpiry, expiryThresholds, parseThresholds } from './preflight/expiry.js';
import { createExpiryWatch } from './preflight/expiry-watch.js';
import type { Preflight } from './preflight/report.js';
import type { Submission } from './queue/driver.js';
import { startJob } from './queue/job-record.js';
import { parseRouteOptions, type RouteOptions } from './route/options.js';
import type { ConfiguredRoute } from './route/route.js';
import { createExaminer, type ExamineOptions, type OwnServer } from './examine.js';
import { checkEngineOptions, type EngineOptions } from './sender-options.js';
import type { ConnectOptions } from './smtp/connect.js';
import { createConnectionPool } from './smtp/pool.js';
import { parseWindow, WINDOW } from './smtp/window.js';
import { parseEhloName } from './smtp/ehlo-name.js';
import { parseConfiguredRoute } from './route/configured.js';
import { createSecureContexts } from './tls/context.js';
import { warnOfError } from './warning.js';
import { warnOfList } from './x509/list-age.js';
import { bundledRoots } from './x509/roots.js';

/** Policies, route and connections, ready to be used. */
export interface Engine {
  /**
   * One attempt for one job: steps 2 to 9 of the straight line. Never rejects for what a server or a policy says.
   * @throws QueueError `job-inconsistent`: a recipient is not in the domain of the job
   */
  attempt(job: Job, options?: { readonly signal?: AbortSignal }): Promise<AttemptRecord>;
  /** One attempt for each recipient domain of a mail, without a queue. */
  deliverOnce(mail: Mail, options?: { readonly signal?: AbortSignal }): Promise<readonly AttemptRecord[]>;
  /** Reads, checks and groups a mail without sending it. */
  prepare(mail: Mail, options?: { readonly signal?: AbortSignal }): Promise<Submission>;
  /** The plan of a domain, or of the domain of an address. */
  plan(addressOrDomain: string): Promise<Plan>;
  /** The same in words: which rule asked for what, and what holds in the end. */
  explain(addressOrDomain: string): Promise<string>;
  /** Goes through every check with every host of a domain, says QUIT, and sends nothing (FAQ-14): what was seen, as it is. */
  dryRun(addressOrDomain: string, options?: ExamineOptions): Promise<DryRun>;
  /**
   * The same as a report: every check of every host, and how long each certificate lasts (FAQ-1, FI-3). `minLevel:
   * 'verified'` asks what would be if the domain were enforced.
   * @throws ConfigError `address-invalid`, `domain-invalid`, `policy-lowered`, `option-unknown`
   */
  preflight(addressOrDomain: string, options?: ExamineOptions): Promise<Preflight>;
  /**
   * The same report on one of the host's own servers, by every check of class d (FAQ-15, FAQ-16).
   * @throws ConfigError `route-invalid`, `route-needs-verify-as`, `domain-invalid`, `option-unknown`
   */
  checkServer(server: OwnServer, options?: { readonly signal?: AbortSignal }): Promise<Preflight>;
  /**
   * How long the certificates of a PEM file last that the own server `host` sends; those that end soon are told.
   * @throws ConfigError `certificate-unreadable`, `domain-invalid`
   */
  checkCertificates(host: string, pem: string): Promise<readonly CertificateExpiry[]>;
  readonly clock: Clock;
  /** Ends kept connections with QUIT. */
  close(): Promise<void>;
}

/** How messages are prepared; the sender has more to say about it than a transport. */
export interface Preparing {
  /** How long mail is kept where no rule says; null: as the plan says. */
  readonly holdForMs: number | null;
  readonly message: Partial<MessageOptions>;
}

/**
 * Composes an engine.
 * @throws ConfigError for unknown, missing and contradictory options
 */
export function createEngine(options: EngineOptions, preparing: Partial<Preparing> = {}): Engine {
  checkEngineOptions(options, 'createEngine');
  return composeEngine(options, preparing);
}

/** The same for options that have been checked; `hostRate` is of a sender, whose queue keeps what is over it. */
export function composeEngine(
  options: EngineOptions,
  preparing: Partial<Preparing>,
  hostRate: HostRate | null = null,
): Engine {
  const clock = options.clock ?? systemClock;
  const ehloName = parseEhloName(options.ehloName);
  const store = options.trust ?? bundledRoots();
  for (const warning of warnOfList(store, clock.now()))
    publish('trust.warning', { store: store.name, warning });
  const from = sourcesOf(options, store, preparing.holdForMs ?? null);
  const route = parseRouteOptions(routeOptionsOf(options, ehloName));
  const opener: Opener = {
    decide: (domain, ask, ctx, alsoNamed) => decide(domain, from, ask, ctx, alsoNamed),
    mayLock: from.sources.length > 0 || from.table.some((rule) => rule.ask.locked === true),
    configuredRoute: routesOf(from),
    resolver: options.resolver ?? cacheResolver(createSystemResolver()),
    route,
    routes: createKeptRoutes(route.random),
    pool: createConnectionPool(options.perHost ?? 2),
    window: windowsOf(from, parseWindow(options.window ?? WINDOW, 'window')),
    contexts: createSecureContexts(),
    store,
    connect: connectOptionsOf(options, ehloName),
    slow: createSlowAddresses(),
    health: options.health ?? { down: () => null, report: () => undefined },
    hostRate,
  };
  const contextOf = (given: { readonly signal?: AbortSignal } = {}): Context =>
    createContext({ clock, ...given });
  const planOf = (text: string): Promise<Plan> => opener.decide(readDomain(text), null, contextOf());
  const message = {
    messageIdDomain: ehloName.startsWith('[') ? 'localhost.invalid' : ehloName,
    ...preparing.message,
  };
  const prepare: Engine['prepare'] = (mail, given) =>
    prepareSubmission(
      mail,
      { decide: opener.decide, holdForMs: preparing.holdForMs ?? null, message },
      contextOf(given),
    );
  const once = options.once ?? memoryOnce();
  const announce = createAnnouncer(once);
  const examiner = createExaminer({
    opener,
    watch: createExpiryWatch(once),
    thresholds: parseThresholds(options.expiryWarnings ?? expiryThresholds, 'expiryWarnings'),
    planOwn: (name, ctx) =>
      decide(name, { table: [], sources: [], base: { ...from.base, level: 'verified' } }, null, ctx),
    contextOf,
  });
  const run: Engine['attempt'] = async (job, given) => {
    refuseStrangers(job);
    const record = await attempt(job, opener, contextOf(given));
    if (record.roomAt !== undefined) return record;
    announce(record);
    examiner.note(record);
    tell(options.onAttempt, record);
    return record;
  };
  return {
    clock,
    prepare,
    attempt: run,
    async deliverOnce(mail, given) {
      const submission = await prepare(mail, given);
      const runs = submission.jobs.map((job) => run(startJob(job, submission), given));
      // Where one breaks the others go on, and have to read the message.
      await Promise.allSettled(runs);
      await submission.message.dispose?.();
      return Promise.all(runs);
    },
    plan: planOf,
    dryRun: (text, given) => examiner.dryRun(readDomain(text), given),
    preflight: (text, given) => examiner.preflight(readDomain(text), given),
    checkServer: (server, given) => examiner.checkServer(server, given),
    checkCertificates: (host, pem) => examiner.checkCertificates(host, pem),
    explain: async (text) => explainPlan(await planOf(text)),
    close: () => opener.pool.close(contextOf()),
  };
}

/** What the host makes of a record changes nothing: mail that was delivered would be sent again. */
function tell(hook: EngineOptions['onAttempt'], record: AttemptRecord): void {
  try {
    hook?.(record);
  } catch (error) {
    warnOfError(error);
  }
}

/** @throws ConfigError `address-invalid`, `domain-invalid` */
function readDomain(addressOrDomain: string): string {
  if (!addressOrDomain.includes('@')) return parseDomain(addressOrDomain);
  return domainOf(parseAddress(addressOrDomain));
}

/**
 * AT-55: the policy is that of `job.domain`, which policies know in one form alone, so an entry of the queue that leads
 * recipients of one domain to the servers of another is not tried.
 * @throws QueueError `job-inconsistent`
 */
function refuseStrangers(job: Job): void {
  const isWritten = job.domain.startsWith('[') || canonicalDomain(job.domain) === job.domain;
  const stranger = job.recipients.some(
    ({ address }) => address.path.slice(address.path.lastIndexOf('@') + 1) !== job.domain,
  );
  if (isWritten && !stranger) return;
  throw new QueueError(
    'job-inconsistent',
    `job ${job.id}: expected recipients in ${job.domain} only; somebody else has written to the queue`,
  );
}

/** Routes that the host wrote down; what cannot be meant is refused now and not at the first message. */
function routesOf(from: Sources): (domain: string) => ConfiguredRoute | null {
  const parsed = new Map(
    from.table.flatMap((rule, i) =>
      rule.route === null ? [] : [[rule, parseConfiguredRoute(rule.route, `policies[${i}].route`)] as const],
    ),
  );
  return (domain) => {
    const rule = findRule(from.table, domain);
    return rule === null ? null : (parsed.get(rule) ?? null);
  };
}

/** SC-54: the window of a domain, by its rule or by the option for all. */
function windowsOf(from: Sources, window: number): (domain: string) => number {
  return (domain) => findRule(from.table, domain)?.window ?? window;
}

function routeOptionsOf(options: EngineOptions, ehloName: string): RouteOptions {
  const own = ehloName.startsWith('[') ? [] : [ehloName];
  return {
    ownNames: [...own, ...(options.ownNames ?? [])],
    ...(options.families === undefined ? {} : { families: options.families }),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.ownAddresses === undefined ? {} : { ownAddresses: options.ownAddresses }),
    ...(options.allowPrivateAddresses === undefined
      ? {}
      : { allowPrivateAddresses: options.allowPrivateAddresses }),
    ...(options.random === undefined ? {} : { random: options.random }),
  };
}

function connectOptionsOf(options: EngineOptions, ehloName: string): ConnectOptions {
  return {
    ehloName,
    ...(options.dial === undefined ? {} : { dial: options.dial }),
    ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
    ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts }),
  };
}
