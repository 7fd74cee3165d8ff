/**
 * Evidence for the checks: a plan out of a rule of the host's table, facts out of a certificate.
 */
import { createContext } from '../core/context.js';
import type { Reason } from '../core/reasons.js';
import { createBase } from '../policy/base.js';
import { decide } from '../policy/decide.js';
import { parseTable, type TableRule } from '../policy/from-table.js';
import type { Level, Plan } from '../policy/plan.js';
import type { Target } from '../route/route.js';
import { type Authority, createAuthority } from '../testing/authority.js';
import type { CertificateFault } from '../testing/certificate-faults.js';
import type { CertificateRequest } from '../testing/certificate-request.js';
import type { PeerFacts } from '../tls/facts.js';
import { parseCertificate, parseCertificates } from '../x509/parse.js';
import { createTrustStore, type TrustStore } from '../x509/trust-store.js';
import type { JudgeInput } from './judge.js';
import type { Evidence } from './verdict.js';

export const HOST = 'mx1.partner.test';
export const NOW = Date.now();
export const DAY = 86_400_000;

/** What a test says of its case; the rest is right. */
export interface Case {
  readonly level?: Level;
  readonly rule?: Partial<TableRule>;
  /** Certificate shown by the server; default: a good one. */
  readonly shows?: CertificateFault | CertificateRequest;
  /** null: clear text. */
  readonly facts?: Partial<PeerFacts> | null;
  readonly target?: Partial<Target>;
  readonly tlsFailure?: Reason;
  readonly now?: number;
}

export interface Bench {
  readonly authority: Authority;
  readonly store: TrustStore;
  plan(rule?: Partial<TableRule>, level?: Level, now?: number): Promise<Plan>;
  input(given?: Case): Promise<JudgeInput>;
  evidence(given?: Case): Promise<Evidence>;
}

export async function createBench(): Promise<Bench> {
  const authority = await createAuthority();
  const distrusted = parseCertificates(authority.distrusted.certificate);
  const roots = [...parseCertificates(authority.trust), ...distrusted];
  const store = createTrustStore(
    'test',
    roots.map((certificate) => ({ certificate, distrustAfter: null })),
    { distrusted: distrusted.map((certificate) => certificate.sha256) },
  );
  const bench: Bench = {
    authority,
    store,
    plan(rule = {}, level = 'verified', now = NOW) {
      const ctx = { ...createContext(), clock: { now: () => now, after: () => () => undefined } };
      const table = parseTable([{ match: 'partner.test', ...rule }]);
      return decide(
        'partner.test',
        { table, sources: [], base: createBase({ default: level, trust: store }) },
        null,
        ctx,
      );
    },
    async input(given = {}) {
      const { shows = { dns: [HOST] }, now = NOW } = given;
      const identity = typeof shows === 'string' ? authority.fault(shows, HOST) : authority.issue(shows);
      return {
        plan: await bench.plan(given.rule, given.level, now),
        target: { ...TARGET, ...given.target },
        facts:
          given.facts === null
            ? null
            : { ...FACTS, sent: parseCertificates(identity.chain).map(({ der }) => der), ...given.facts },
        tlsFailure: given.tlsFailure ?? null,
        now,
      };
    },
    async evidence(given = {}) {
      const input = await bench.input(given);
      return { ...input, sent: input.facts === null ? null : input.facts.sent.map(parseCertificate) };
    },
  };
  return bench;
}

const TARGET: Target = {
  host: HOST,
  address: '192.0.2.1',
  port: 25,
  tls: 'starttls',
  preference: 10,
  mxAuth: 'pinned',
  auth: null,
};

const FACTS: PeerFacts = {
  protocol: 'TLSv1.3',
  cipher: { name: 'TLS_AES_256_GCM_SHA384', standardName: 'TLS_AES_256_GCM_SHA384', bits: 256 },
  keyExchange: { type: 'ECDH', name: 'X25519', bits: 253 },
  sent: [],
  pathError: null,
  ocspStaple: null,
  servername: HOST,
  resumed: false,
};
