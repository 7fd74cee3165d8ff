/**
 * Everything that looks and sends nothing: dry runs, preflights of partners, a look at the host's own servers and
 * certificates. What is seen of certificates goes to the watch, which tells those that end soon.
 */
import type { Context } from './core/context.js';
import { parseDomain } from './core/domain.js';
import { refuseUnknownOptions } from './core/options.js';
import { type DryRun, dryRun } from './deliver/dry-run.js';
import type { AttemptRecord } from './deliver/attempt.js';
import type { Opener } from './deliver/open.js';
import { asksOfMessage, type MessageAsk, refuseLowering } from './policy/from-message.js';
import type { Plan } from './policy/plan.js';
import { composePreflight } from './preflight/compose.js';
import { type CertificateExpiry, chainOf, judgeExpiry, judgePem } from './preflight/expiry.js';
import type { ExpirySight, ExpiryWatch } from './preflight/expiry-watch.js';
import type { Preflight } from './preflight/report.js';
import { parseConfiguredRoute } from './route/configured.js';
import type { Verdict } from './verdict/verdict.js';

/** How a domain is looked at: as its policies say, or as if a message asked for more. */
export interface ExamineOptions extends MessageAsk {
  readonly signal?: AbortSignal;
}

/** One of the host's own servers. */
export interface OwnServer {
  /** Its name, which its certificate must carry; or an address, with `verifyAs`. */
  readonly host: string;
  /** Default 25, or 465 where `tls` is `implicit`. */
  readonly port?: number;
  readonly tls?: 'starttls' | 'implicit';
  readonly verifyAs?: string;
}

/** What looks. */
export interface Examiner {
  dryRun(domain: string, options?: ExamineOptions): Promise<DryRun>;
  preflight(domain: string, options?: ExamineOptions): Promise<Preflight>;
  checkServer(server: OwnServer, options?: Pick<ExamineOptions, 'signal'>): Promise<Preflight>;
  checkCertificates(host: string, pem: string): Promise<readonly CertificateExpiry[]>;
  /** Looks at the certificates that an attempt has seen. Costs nothing while none of them ends soon. */
  note(record: AttemptRecord): void;
}

/** What it looks with. */
export interface ExamineMeans {
  readonly opener: Opener;
  readonly watch: ExpiryWatch;
  /** Days, longest first. */
  readonly thresholds: readonly number[];
  /** The plan of an own server: class d with the host's own roots. */
  readonly planOwn: (name: string, ctx: Context) => Promise<Plan>;
  readonly contextOf: (given?: { readonly signal?: AbortSignal }) => Context;
}

const DAY = 86_400_000;
const SERVER_KEYS: readonly (keyof OwnServer)[] = ['host', 'port', 'tls', 'verifyAs'];
const EXAMINE_KEYS: readonly (keyof ExamineOptions)[] = [
  'signal',
  'minLevel',
  'minProtocol',
  'requireMxAuth',
];

/** Makes an examiner. */
export function createExaminer(means: ExamineMeans): Examiner {
  const { opener, watch, thresholds, contextOf } = means;
  /** A kept session has one verdict for all its mail, which is looked at once. */
  const noted = new WeakSet<Verdict>();
  const run = async (
    domain: string,
    options: ExamineOptions,
    ctx: Context,
    where: 'dryRun' | 'preflight',
  ): Promise<DryRun> => {
    refuseUnknownOptions(options, EXAMINE_KEYS, where);
    const ask = asksOfMessage(options);
    if (ask !== null) refuseLowering(ask, [await opener.decide(domain, ask, ctx)]);
    return dryRun(domain, ask, opener, ctx);
  };
  const report = async (done: DryRun, whose: ExpirySight['whose'], ctx: Context): Promise<Preflight> => {
    const made = composePreflight(done, { at: ctx.clock.now(), thresholds });
    const domain = whose === 'own' ? null : made.domain;
    for (const { host, certificates } of made.hosts) await watch.note({ domain, host, whose }, certificates);
    return made;
  };
  return {
    dryRun: (domain, options = {}) => run(domain, options, contextOf(options), 'dryRun'),
    async preflight(domain, options = {}) {
      const ctx = contextOf(options);
      return report(await run(domain, options, ctx, 'preflight'), 'partner', ctx);
    },
    async checkServer(server, options = {}) {
      refuseUnknownOptions(server, SERVER_KEYS, 'checkServer');
      const ctx = contextOf(options);
      const port = server.port ?? (server.tls === 'implicit' ? 465 : 25);
      const route = parseConfiguredRoute({ type: 'relay', ...server, port }, 'checkServer');
      const name = parseDomain(server.verifyAs ?? server.host, 'checkServer: host');
      const alone: Opener = {
        ...opener,
        decide: (_domain, _ask, given) => means.planOwn(name, given),
        mayLock: false,
        configuredRoute: () => route,
      };
      return report(await dryRun(name, null, alone, ctx), 'own', ctx);
    },
    async checkCertificates(host, pem) {
      const name = parseDomain(host, 'checkCertificates: host');
      const certificates = judgePem(pem, contextOf().clock.now(), thresholds);
      await watch.note({ domain: null, host: name, whose: 'own' }, certificates);
      return certificates;
    },
    note({ domain, plan, tried }) {
      // Under the other classes mail goes out whatever becomes of the certificate.
      const [longest] = thresholds;
      if (plan.level !== 'verified' || longest === undefined) return;
      for (const opened of tried) {
        const verdict = opened.kind === 'session' ? opened.session.proof : opened.verdict;
        if (verdict === null || noted.has(verdict) || !mayEndWithin(verdict, longest * DAY)) continue;
        noted.add(verdict);
        const chain = chainOf(verdict);
        if (chain === null) continue;
        const sight = { domain, host: verdict.host, whose: 'partner' } as const;
        void watch.note(sight, judgeExpiry(chain, verdict.at, thresholds));
      }
    },
  };
}

/** A verdict that passed knows the first date on which it rests, so that most chains need not be walked once more. */
function mayEndWithin({ passed, at, holdsUntil }: Verdict, ms: number): boolean {
  return !passed || holdsUntil - at <= ms;
}
