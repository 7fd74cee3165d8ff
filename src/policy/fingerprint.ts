/**
 * A hash of every field of a plan that decides whether a session is good enough. Equal fingerprints mean equal
 * decisions, so connections are shared only under an equal one (SC-51) and a stored one shows that a policy changed.
 * Who asked, warnings, and what becomes of held mail are not in it.
 */
import { createHash } from 'node:crypto';
import type { ClientCertificate, Plan } from './plan.js';

/** A plan before it has its fingerprint. */
export type Unsigned = Omit<Plan, 'fingerprint'>;

/** SHA-256 (hex) over a canonical form of the deciding fields. */
export function fingerprintPlan(plan: Unsigned): string {
  const { trust, name } = plan;
  return hash(
    canonicalJson({
      level: plan.level,
      // The recipient's domain decides only where it is the name that is verified.
      domain: name.reference === 'nexthop' ? plan.domain : null,
      mxAllowed: sorted(plan.mxAllowed),
      name: { mode: name.mode, reference: name.reference, accepted: sorted(name.accepted) },
      trust: {
        store: trust.store?.id ?? null,
        include: sorted(trust.include),
        exclude: sorted(trust.exclude),
        issuer: sorted(trust.issuer),
        pins: sorted(trust.pins),
        mustStaple: trust.mustStaple,
      },
      minProtocol: plan.minProtocol,
      ciphers: plan.ciphers,
      keys: plan.keys,
      requireMxAuth: plan.requireMxAuth,
      clientCertificate: clientCertificateId(plan.clientCertificate),
      locked: plan.locked,
      contradictions: plan.contradictions.map((contradiction) => contradiction.field),
      unknown: plan.unknown.map((entry) => entry.source),
      waivers: plan.waivers.map((waiver) => [waiver.check, waiver.until]),
      reportOnly: plan.reportOnly?.fingerprint ?? null,
    }),
  );
}

/** SHA-256 (hex) that tells client certificates apart without keeping a key; null for none. */
export function clientCertificateId(certificate: ClientCertificate | null): string | null {
  if (certificate === null) return null;
  return hash(canonicalJson([certificate.key, certificate.cert, certificate.passphrase ?? null]));
}

/** JSON with sorted keys, sets as sorted lists, octets as their hash, and no two values that look alike. */
export function canonicalJson(value: unknown): string {
  if (value instanceof Uint8Array) return JSON.stringify(`octets:${hash(value)}`);
  if (value instanceof Set) return canonicalJson([...value].map(String).toSorted());
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`;
  }
  if (typeof value === 'number' && !Number.isFinite(value)) return `"${value}"`;
  return JSON.stringify(value) ?? 'null';
}

function hash(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function sorted(list: readonly string[] | null): readonly string[] | null {
  return list === null ? null : list.toSorted();
}
