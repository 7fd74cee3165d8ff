/**
 * The receipt of one recipient: what became of the mail and what proves it, as plain data that can be logged and kept.
 */
import type { AttemptRecord } from './deliver/attempt.js';
import type { State } from './deliver/outcome.js';
import type { Reason } from './core/reasons.js';
import type { Level } from './policy/plan.js';
import type { PeerFacts } from './tls/facts.js';
import { parseSent } from './verdict/judge.js';
import type { Check, Verdict } from './verdict/verdict.js';
import type { Certificate } from './x509/certificate.js';

/** One certificate of a chain, for the record. */
export interface CertificateSummary {
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  readonly notBefore: number;
  readonly notAfter: number;
  readonly sha256: string;
  readonly spkiSha256: string;
}

/** Proof of one delivery, or of why there was none. */
export interface DeliveryReceipt {
  readonly recipient: string;
  readonly state: State;
  readonly reason: Reason | null;
  readonly detail: string;
  readonly at: number;
  readonly mx: { readonly host: string; readonly address: string } | null;
  /** Reply that decided, or null. */
  readonly reply: {
    readonly code: number;
    readonly enhanced: string | null;
    readonly lines: readonly string[];
  } | null;
  /** null: no TLS session. */
  readonly tls: {
    readonly protocol: string;
    readonly cipher: { readonly name: string; readonly standardName: string; readonly bits: number };
    readonly keyExchange: {
      readonly type: string;
      readonly name: string | null;
      readonly bits: number | null;
    } | null;
    readonly servername: string | null;
    readonly resumed: boolean;
    /** `pkix`: chain, dates and name were verified; `none`: encrypted, but nobody checked to whom (ST-16). */
    readonly verifiedBy: 'pkix' | 'none';
    readonly identity: string | null;
    readonly chain: readonly CertificateSummary[];
  } | null;
  readonly mxAuth: string | null;
  readonly checks: readonly Check[];
  readonly policy: {
    readonly level: Level;
    readonly fingerprint: string;
    readonly because: readonly string[];
  };
}

/** Receipts of all recipients of one attempt. */
export function summarise(record: AttemptRecord): DeliveryReceipt[] {
  return record.outcomes.map((outcome) => {
    const { verdict } = outcome;
    const facts = verdict?.facts ?? null;
    return {
      recipient: outcome.recipient,
      state: outcome.state,
      reason: outcome.reason,
      detail: outcome.detail,
      at: outcome.at,
      mx: outcome.host === null ? null : { host: outcome.host, address: outcome.address ?? '' },
      reply: outcome.reply,
      tls:
        facts === null || verdict === null
          ? null
          : {
              protocol: facts.protocol,
              cipher: facts.cipher,
              keyExchange: facts.keyExchange,
              servername: facts.servername,
              resumed: facts.resumed,
              verifiedBy: verdict.authenticated ? ('pkix' as const) : ('none' as const),
              identity: verdict.identity,
              chain: chainOf(verdict, facts).map(summariseCertificate),
            },
      mxAuth: verdict?.mxAuth ?? null,
      checks: verdict?.checks ?? [],
      policy: {
        level: record.plan.level,
        fingerprint: record.plan.fingerprint,
        because: record.plan.because.map((because) => `${because.source}: ${because.ref}`),
      },
    };
  });
}

/** What was proven, else what was sent; nothing where that cannot be read. */
function chainOf({ path }: Verdict, facts: PeerFacts): readonly Certificate[] {
  return path.length > 0 ? path : (parseSent(facts) ?? []);
}

function summariseCertificate(certificate: Certificate): CertificateSummary {
  return {
    subject: certificate.subject,
    issuer: certificate.issuer,
    names: certificate.names.map((name) => name.value),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    sha256: certificate.sha256,
    spkiSha256: certificate.spkiSha256,
  };
}
