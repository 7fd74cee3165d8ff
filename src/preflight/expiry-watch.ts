/**
 * Tells each certificate that ends soon once for each threshold (FAQ-16): of partners, as deliveries and preflights meet
 * them, and of the host's own servers. It looks at nothing by itself; whoever has a chain shows it.
 */
import { type Events, publish } from '../core/channels.js';
import { isFirst, memoryOnce, type OnceStore } from '../core/once.js';
import type { CertificateExpiry } from './expiry.js';

/** One warning. */
export type ExpiryNotice = Events['certificate.expiring'];

/** Where a chain was seen. */
export type ExpirySight = Pick<ExpiryNotice, 'domain' | 'host' | 'whose'>;

/** A watch. */
export interface ExpiryWatch {
  /** Publishes `certificate.expiring` for what was not told before, and gives it. */
  note(sight: ExpirySight, chain: readonly CertificateExpiry[]): Promise<readonly ExpiryNotice[]>;
}

/** Makes a watch; `once` remembers what has been told. Default: in this process. */
export function createExpiryWatch(once: OnceStore = memoryOnce()): ExpiryWatch {
  return {
    async note(sight, chain) {
      const notices: ExpiryNotice[] = [];
      for (const { subject, sha256, notAfter, days, threshold, used } of chain) {
        if (!used || threshold === null || notAfter === null || days === null) continue;
        if (!(await isFirst(once, `certificate-expiring ${sha256} ${threshold}`))) continue;
        const notice = { ...sight, subject, sha256, notAfter, days, threshold };
        publish('certificate.expiring', notice);
        notices.push(notice);
      }
      return notices;
    },
  };
}
