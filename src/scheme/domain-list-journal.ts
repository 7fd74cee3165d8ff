/**
 * What is kept of a list over time, so that an auditor sees which list was in force on a day and that it was checked in
 * time (BITS-P3): one record for each time somebody looked, and each list that was ever in force, octet by octet, under
 * its SHA-256.
 */
import { createHash } from 'node:crypto';

/** One look at the published list. Times are milliseconds since the epoch. */
export interface ListRecord {
  readonly at: number;
  /** `loaded`: another list took force; `unchanged`: the one in force still stands; the others: it was kept. */
  readonly outcome: 'loaded' | 'unchanged' | 'refused' | 'failed';
  /** SHA-256 (hex) of the octets that were seen; null: none were. */
  readonly sha256: string | null;
  /** The time for which the publisher's list is known: of a page when it was fetched, of a file when it was written. */
  readonly asOf: number | null;
  readonly etag: string | null;
  /** Entries of the list that was seen, and how they differ from those in force before. */
  readonly entries: number;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** Rows with problems. */
  readonly reported: number;
  /** Why the list in force was kept. */
  readonly cause: string | null;
}

/** Keeps records and lists. What it cannot keep it rejects, and then nothing takes force. */
export interface ListStore {
  /** Adds a record, after the list that it speaks of when that is given. */
  append(record: ListRecord, octets: Uint8Array | null): Promise<void>;
  /** All records in the order in which they were added. */
  records(): Promise<readonly ListRecord[]>;
  /** The octets with this SHA-256; null: not kept, or no longer the same. */
  octets(sha256: string): Promise<Uint8Array | null>;
}

/** The SHA-256 of octets in hex. */
export function sha256Of(octets: Uint8Array): string {
  return createHash('sha256').update(octets).digest('hex');
}

/** The last look at or before `time` that says which list is in force; null: none was. */
export function lastInForce(records: readonly ListRecord[], time: number): ListRecord | null {
  return (
    records.findLast(({ at, outcome }) => at <= time && (outcome === 'loaded' || outcome === 'unchanged')) ??
    null
  );
}

/** A store that forgets when the process ends. */
export function memoryListStore(): ListStore {
  const records: ListRecord[] = [];
  const lists = new Map<string, Uint8Array>();
  return {
    append(record, octets) {
      if (octets !== null) lists.set(sha256Of(octets), octets);
      records.push(record);
      return Promise.resolve();
    },
    records: () => Promise.resolve([...records]),
    octets: (sha256) => Promise.resolve(lists.get(sha256) ?? null),
  };
}
