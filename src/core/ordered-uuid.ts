/**
 * Ids that grow with time, so that an index over them grows at its end and not all over. Version 7 of RFC 9562 §5.7: 48 bits of
 * milliseconds, 74 random ones; nobody can guess one.
 */
import { randomUUID } from 'node:crypto';

/** A new id; `now` in milliseconds since the epoch, a time before it counts as the epoch. */
export function orderedUuid(now: number): string {
  const time = (Math.max(0, Math.trunc(now)) % 2 ** 48).toString(16).padStart(12, '0');
  // What version 4 has behind its version is random but for the variant, which both share.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
