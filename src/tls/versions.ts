/**
 * Versions of TLS and their order. Below 1.2 nothing is offered or accepted (RFC 8996, RFC 9325 §3.1.1), except where
 * clear text would be good enough and the host says so (RFC 9325 §5.2, CV-4).
 */
const ORDER = ['SSLv2', 'SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** True when a negotiated version is known and not below the floor (CV-5). */
export function isVersionAtLeast(negotiated: string, floor: 'TLSv1' | 'TLSv1.2' | 'TLSv1.3'): boolean {
  return ORDER.indexOf(negotiated as (typeof ORDER)[number]) >= ORDER.indexOf(floor);
}
