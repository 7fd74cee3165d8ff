/**
 * How long certificates still last (FAQ-15, FAQ-16): every certificate of a chain is told with its last day; one that the
 * trust rests on and that ends within a threshold is told as ending. Pure: certificates and a moment in, judgements out.
 */
import { ConfigError } from '../core/errors.js';
import { parseSent } from '../verdict/judge.js';
import type { Verdict } from '../verdict/verdict.js';
import type { Certificate } from '../x509/certificate.js';
import { parseCertificates } from '../x509/parse.js';
import { judgeValidity } from '../x509/validity.js';

/** One certificate and how long it lasts. */
export interface CertificateExpiry {
  /** Escaped, for people. */
  readonly subject: string;
  readonly issuer: string;
  /** SHA-256 of the certificate, hex. */
  readonly sha256: string;
  /** Milliseconds since the epoch; null: it has no end. */
  readonly notAfter: number | null;
  /** Whole days that are left, negative when it has ended; null: it has no end. */
  readonly days: number | null;
  /** False for one that a server sends and nothing rests on: when it ends, nothing happens. */
  readonly used: boolean;
  readonly state: 'good' | 'ends-soon' | 'ended';
  /** The shortest threshold, in days, that it has come within; null: none. */
  readonly threshold: number | null;
}

/** Days before the end at which is warned, where nothing else is said. */
export const expiryThresholds: readonly number[] = [30, 14, 7];

const DAY = 86_400_000;
const LONGEST_THRESHOLD = 3650;

/**
 * Thresholds, longest first; an empty list warns of nothing.
 * @throws ConfigError `thresholds-invalid`
 */
export function parseThresholds(days: readonly number[], where: string): readonly number[] {
  const isDays = (each: unknown): boolean =>
    Number.isInteger(each) && (each as number) >= 0 && (each as number) <= LONGEST_THRESHOLD;
  if (!Array.isArray(days) || !days.every(isDays)) {
    throw new ConfigError(
      'thresholds-invalid',
      `${where}: expected days before the end, whole numbers from 0 to ${LONGEST_THRESHOLD} such as [30, 14, 7], got ${JSON.stringify(days)}`,
    );
  }
  return [...new Set(days)].toSorted((a, b) => b - a);
}

/** A certificate, and whether trust rests on it. */
export interface ChainEntry {
  readonly certificate: Certificate;
  readonly used: boolean;
}

/**
 * The chain of a session: the path from the leaf to the root that counts, then what else was sent. Where no path leads to a
 * root of the store, all that was sent. Null: no certificate was seen, or one cannot be read.
 */
export function chainOf(verdict: Verdict): readonly ChainEntry[] | null {
  const sent = verdict.facts === null ? null : parseSent(verdict.facts);
  if (sent === null || sent.length === 0) return null;
  const path = verdict.path.length > 0 ? verdict.path : sent;
  const rest = sent.filter(({ sha256 }) => path.every((each) => each.sha256 !== sha256));
  return [
    ...path.map((certificate) => ({ certificate, used: true })),
    ...rest.map((certificate) => ({ certificate, used: false })),
  ];
}

/** Judges a chain at a moment; `thresholds` as `parseThresholds` gives them. */
export function judgeExpiry(
  chain: readonly ChainEntry[],
  now: number,
  thresholds: readonly number[] = expiryThresholds,
): readonly CertificateExpiry[] {
  return chain.map(({ certificate, used }) => {
    const { subject, issuer, sha256, notAfter } = certificate;
    const left = notAfter - now;
    const threshold = thresholds.findLast((days) => left <= days * DAY) ?? null;
    const hasEnded = judgeValidity([certificate], now)?.reason === 'certificate-expired';
    return {
      subject,
      issuer,
      sha256,
      notAfter: Number.isFinite(notAfter) ? notAfter : null,
      days: Number.isFinite(left) ? Math.floor(left / DAY) : null,
      used,
      state: hasEnded ? 'ended' : threshold === null ? 'good' : 'ends-soon',
      threshold,
    };
  });
}

/**
 * Judges a file of certificates, such as the chain that an own server sends.
 * @throws ConfigError `certificate-unreadable`
 */
export function judgePem(
  pem: string,
  now: number,
  thresholds: readonly number[] = expiryThresholds,
): readonly CertificateExpiry[] {
  const chain = parseCertificates(pem).map((certificate) => ({ certificate, used: true }));
  return judgeExpiry(chain, now, thresholds);
}
