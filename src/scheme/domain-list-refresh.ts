/**
 * One look at the published list, and whether what is seen takes force. A list that cannot be fetched or read, that is
 * empty, or that has lost too many of the domains in force does not: the last good list stays, because whoever drops
 * out of a list by accident would get mail without protection.
 * Failure: a value; nothing here rejects but for a call-off.
 */
import type { Context } from '../core/context.js';
import { printable } from '../core/printable.js';
import { diffLists, type ListDiff } from './domain-list-diff.js';
import type { ListFormat } from './domain-list-format.js';
import { lastInForce, type ListRecord, type ListStore, sha256Of } from './domain-list-journal.js';
import type { Fetched, ListOrigin } from './domain-list-origin.js';
import type { ListEntry } from './domain-list-rows.js';
import { type DomainList, parseDomainList } from './domain-list.js';

/** A list that holds. Times are milliseconds. */
export interface ListInForce {
  readonly list: DomainList;
  readonly byDomain: ReadonlyMap<string, ListEntry>;
  readonly sha256: string;
  /** When it took force. */
  readonly since: number;
  /** The last time at which it was known to be the publisher's. */
  readonly asOf: number;
  readonly etag: string | null;
}

/** What came of a look. */
export type ListRefresh =
  | { readonly kind: 'loaded'; readonly diff: ListDiff; readonly list: DomainList; readonly sha256: string }
  | { readonly kind: 'unchanged' }
  /** The list that was seen is not to be trusted; the one in force stays. `diff`: what it would have changed. */
  | { readonly kind: 'refused'; readonly cause: string; readonly diff: ListDiff | null }
  /** No list was seen, or it could not be kept; the one in force stays. */
  | { readonly kind: 'failed'; readonly cause: string };

/** What a look needs. */
export interface Refreshing {
  readonly origin: ListOrigin;
  readonly store: ListStore;
  readonly format: ListFormat;
  /** Share of the entries in force that may be gone, from 0 to 1. */
  readonly maxRemoved: number;
}

interface Seen {
  readonly refresh: ListRefresh;
  readonly inForce: ListInForce | null;
  readonly record: ListRecord;
  /** To be kept: octets that take force. */
  readonly octets: Uint8Array | null;
}

/** Looks once. `acceptRemovals`: somebody has seen how much is gone and wants it so. */
export async function refreshList(
  current: ListInForce | null,
  from: Refreshing,
  options: { readonly acceptRemovals: boolean },
  ctx: Context,
): Promise<{ readonly refresh: ListRefresh; readonly inForce: ListInForce | null }> {
  const fetched = await from.origin.fetch(current?.etag ?? null, ctx);
  const now = ctx.clock.now();
  const seen = judge(fetched, current, { ...from, ...options, now });
  try {
    await from.store.append(seen.record, seen.octets);
  } catch (error) {
    ctx.signal.throwIfAborted();
    // What nobody could prove later does not take force.
    const cause = `the list cannot be kept: ${printable(String(error), 200)}`;
    return { refresh: { kind: 'failed', cause }, inForce: current };
  }
  return seen;
}

/** The list that was in force when a store was last written; null: none, or its octets are not what they were. */
export async function restoreList(
  store: ListStore,
  format: ListFormat,
  time: number,
): Promise<ListInForce | null> {
  const records = await store.records();
  const last = lastInForce(records, time);
  if (last === null || last.sha256 === null) return null;
  const octets = await store.octets(last.sha256);
  const loaded = records.findLast(
    (record) => record.at <= last.at && record.outcome === 'loaded' && record.sha256 === last.sha256,
  );
  const since = loaded?.at ?? last.at;
  // Read as of the day on which it took force: the same octets give the same entries.
  const reading = octets === null ? null : parseDomainList(octets, { format, now: since });
  if (reading === null || reading.kind === 'unreadable') return null;
  return holding(reading.list, { sha256: last.sha256, since, asOf: last.asOf ?? last.at, etag: last.etag });
}

type Judging = Refreshing & { readonly acceptRemovals: boolean; readonly now: number };

function judge(fetched: Fetched, current: ListInForce | null, by: Judging): Seen {
  if (fetched.kind === 'failed')
    return keep({ kind: 'failed', cause: fetched.cause }, current, { at: by.now, sha256: null });
  if (fetched.kind === 'unchanged') {
    return current === null
      ? keep({ kind: 'failed', cause: 'unchanged, but there is no list' }, current, {
          at: by.now,
          sha256: null,
        })
      : stand({ ...current, asOf: fetched.asOf }, by.now);
  }
  const sha256 = sha256Of(fetched.octets);
  if (sha256 === current?.sha256)
    return stand({ ...current, asOf: fetched.asOf, etag: fetched.etag }, by.now);
  const reading = parseDomainList(fetched.octets, by);
  const at = { at: by.now, sha256 };
  if (reading.kind === 'unreadable') {
    return keep(
      { kind: 'refused', cause: `line ${reading.line}: ${reading.cause}`, diff: null },
      current,
      at,
    );
  }
  const { list } = reading;
  const diff = diffLists(current?.list.entries ?? [], list.entries);
  const cause = whyNot(list, diff, current, by);
  if (cause !== null) return keep({ kind: 'refused', cause, diff }, current, { ...at, list });
  const inForce = holding(list, { sha256, since: by.now, asOf: fetched.asOf, etag: fetched.etag });
  const record = recordOf({ ...at, outcome: 'loaded', asOf: fetched.asOf, etag: fetched.etag, list, diff });
  return { refresh: { kind: 'loaded', diff, list, sha256 }, inForce, record, octets: fetched.octets };
}

function whyNot(list: DomainList, diff: ListDiff, current: ListInForce | null, by: Judging): string | null {
  if (list.entries.length === 0) return 'the list has no entry';
  const before = current?.list.entries.length ?? 0;
  const gone = diff.removed.length;
  return gone <= before * by.maxRemoved || by.acceptRemovals
    ? null
    : `${gone} of ${before} entries are gone, more than may go at once (${by.maxRemoved})`;
}

function stand(inForce: ListInForce, at: number): Seen {
  const { list, sha256, asOf, etag } = inForce;
  const record = recordOf({ at, outcome: 'unchanged', sha256, asOf, etag, list });
  return { refresh: { kind: 'unchanged' }, inForce, record, octets: null };
}

function keep(
  refresh: ListRefresh & { readonly kind: 'refused' | 'failed' },
  inForce: ListInForce | null,
  seen: { readonly at: number; readonly sha256: string | null; readonly list?: DomainList },
): Seen {
  const diff = refresh.kind === 'refused' ? refresh.diff : null;
  const record = recordOf({
    ...seen,
    outcome: refresh.kind,
    asOf: null,
    etag: null,
    diff,
    cause: refresh.cause,
  });
  return { refresh, inForce, record, octets: null };
}

function recordOf({
  list,
  diff,
  cause,
  ...rest
}: Pick<ListRecord, 'at' | 'outcome' | 'sha256' | 'asOf' | 'etag'> & {
  readonly list?: DomainList;
  readonly diff?: ListDiff | null;
  readonly cause?: string;
}): ListRecord {
  return {
    ...rest,
    entries: list?.entries.length ?? 0,
    added: diff?.added.length ?? 0,
    removed: diff?.removed.length ?? 0,
    changed: diff?.changed.length ?? 0,
    reported: list?.reported ?? 0,
    cause: cause ?? null,
  };
}

function holding(list: DomainList, rest: Omit<ListInForce, 'list' | 'byDomain'>): ListInForce {
  return { list, byDomain: new Map(list.entries.map((entry) => [entry.domain, entry])), ...rest };
}
