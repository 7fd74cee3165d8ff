/**
 * A list of roots that count: named, dated, and known by the hash of its content. Only what is in a store is an anchor
 * (CI-1, FI-18); narrowing a store gives a new one.
 */
import { createHash } from 'node:crypto';
import type { Certificate } from './certificate.js';

/** One root. */
export interface TrustAnchor {
  readonly certificate: Certificate;
  /** Leaf certificates that begin later are not trusted (CI-3); null: no such date. */
  readonly distrustAfter: number | null;
}

/** A set of roots. */
export interface TrustStore {
  readonly name: string;
  /** When the list was made, milliseconds; null: not known. */
  readonly date: number | null;
  readonly anchors: readonly TrustAnchor[];
  /** `sha256` or `issuer|serial` keys of certificates that are distrusted in any chain. */
  readonly distrusted: ReadonlySet<string>;
  /** Hash of the content: equal stores share contexts. */
  readonly id: string;
  /** Anchors with this subject. */
  findBySubject(subjectDer: Uint8Array): readonly TrustAnchor[];
  hasAnchor(sha256: string): boolean;
}

/** The key under which a distrusted certificate is listed when only issuer and serial are known. */
export function issuerSerialKey(issuerDer: Uint8Array, serial: string): string {
  return `${Buffer.from(issuerDer).toString('hex')}|${serial}`;
}

/** Makes a store of anchors. */
export function createTrustStore(
  name: string,
  anchors: readonly TrustAnchor[],
  options: { date?: number | null; distrusted?: Iterable<string> } = {},
): TrustStore {
  const bySubject = new Map<string, TrustAnchor[]>();
  const byHash = new Map<string, TrustAnchor>();
  for (const anchor of anchors) {
    if (byHash.has(anchor.certificate.sha256)) continue;
    byHash.set(anchor.certificate.sha256, anchor);
    const key = Buffer.from(anchor.certificate.subjectDer).toString('latin1');
    const list = bySubject.get(key);
    if (list === undefined) bySubject.set(key, [anchor]);
    else list.push(anchor);
  }
  const distrusted = new Set(options.distrusted);
  const content = [...byHash.values()].map((a) => `${a.certificate.sha256}:${a.distrustAfter ?? ''}`).sort();
  return {
    name,
    date: options.date ?? null,
    anchors: [...byHash.values()],
    distrusted,
    id: createHash('sha256')
      .update([...content, ...[...distrusted].sort()].join('\n'))
      .digest('hex'),
    findBySubject: (subject) => bySubject.get(Buffer.from(subject).toString('latin1')) ?? [],
    hasAnchor: (sha256) => byHash.has(sha256),
  };
}

/**
 * Only the roots that are in both; what either distrusts stays distrusted, the earlier distrust date counts, and the whole
 * is as old as its older half.
 */
export function intersectStores(a: TrustStore, b: TrustStore): TrustStore {
  if (a.id === b.id) return a;
  const others = new Map(b.anchors.map((anchor) => [anchor.certificate.sha256, anchor]));
  const anchors = a.anchors.flatMap((anchor) => {
    const other = others.get(anchor.certificate.sha256);
    if (other === undefined) return [];
    const distrustAfter = earlier(anchor.distrustAfter, other.distrustAfter);
    return [{ certificate: anchor.certificate, distrustAfter }];
  });
  return createTrustStore(`${a.name} and ${b.name}`, anchors, {
    date: earlier(a.date, b.date),
    distrusted: [...a.distrusted, ...b.distrusted],
  });
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
