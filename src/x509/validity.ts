/**
 * Dates of a path, by our own clock: OpenSSL judges by the system's, names one error only, and lets a date error hide
 * all others. Standards: RFC 5280 §4.1.2.5 (notAfter is inclusive).
 */
import type { Certificate } from './certificate.js';

/** What is wrong with the dates of a path, at which depth; null when nothing is. */
export interface DateFault {
  readonly reason: 'certificate-expired' | 'certificate-not-yet-valid';
  readonly depth: number;
  readonly certificate: Certificate;
}

/** Judges every certificate of the path, leaf first. */
export function judgeValidity(path: readonly Certificate[], now: number): DateFault | null {
  for (const [depth, certificate] of path.entries()) {
    // Certificates count in seconds: the whole second of notAfter is still inside.
    if (now >= certificate.notAfter + 1000) return { reason: 'certificate-expired', depth, certificate };
    if (now < certificate.notBefore) return { reason: 'certificate-not-yet-valid', depth, certificate };
  }
  return null;
}
