/**
 * A policy source that follows a published list. It looks at the list when mail needs it and the last look is old
 * enough, never while mail waits, except for the very first list. Hosts through which mail flows seldom call `refresh` from
 * a scheduler of their own; old lists are told then as well.
 *
 *   no list yet    `unknown`: nothing goes out until a list has been read
 *   a list         the list decides, however old it is; its age is told by events (BITS-P3)
 *   a bad refresh  the last good list stays, and an event says why
 */
import { publish } from '../core/channels.js';
import { type Context, createContext, within } from '../core/context.js';
import { ConfigError } from '../core/errors.js';
import { parseAddress } from '../message/address.js';
import type { Ask } from '../policy/plan.js';
import type { PolicySource, SourceAnswer } from '../policy/source.js';
import { ageOfList, type ListStaleness } from './domain-list-age.js';
import { formatDay, monthsAfter, readDay } from './domain-list-dates.js';
import { checkFormat, type ListFormat } from './domain-list-format.js';
import { type ListOptions, type ListSettings, readListOptions } from './domain-list-options.js';
import { type ListInForce, type ListRefresh, refreshList, restoreList } from './domain-list-refresh.js';
import type { ListEntry } from './domain-list-rows.js';
import { findListed, type ListReach, LITERAL } from './domain-source.js';

/** How a list stands. Times are milliseconds. */
export interface ListStatus extends Omit<ListInForce, 'byDomain'> {
  readonly ageDays: number;
  readonly staleness: ListStaleness;
}

/** A source over a published list. */
export interface DomainListSource extends PolicySource {
  /**
   * Looks at the published list now. `acceptRemovals`: take it although more entries are gone than may go at once.
   * Never rejects for what the list or its place does.
   */
  refresh(options?: { readonly acceptRemovals?: boolean; readonly ctx?: Context }): Promise<ListRefresh>;
  /** The list in force and its age; null: none has been read yet. */
  status(ctx?: Context): Promise<ListStatus | null>;
  /** The list that was in force at a time (milliseconds, or a day `YYYY-MM-DD`: at its end), as the store proves it. @throws ConfigError `list-invalid` */
  inForceOn(time: number | string): Promise<Omit<ListInForce, 'byDomain'> | null>;
  /** What the list in force says of a domain (canonical). */
  entry(domain: string): ListEntry | null;
}

/** What a source is made of, beside where its list is. */
export interface ListSourceOptions extends ListOptions, ListReach {
  readonly name: string;
  readonly format: ListFormat;
  /** What is asked of every domain on the list. */
  readonly ask: Ask;
  /** Mailbox of whoever runs the scheme, to be told when mail to a listed domain fails. Default: none. */
  readonly schemeContact?: string;
}

const DAY = 86_400_000;
/** After a failure the next look comes sooner. */
const RETRY_MS = 15 * 60_000;
/** Longest wait of mail for the first list; the fetch has a limit of its own. */
const FIRST_WAIT_MS = 120_000;

/**
 * Makes a source over the list of any scheme.
 * @throws ConfigError `list-invalid`, `list-format-invalid`, `list-url-invalid`, `option-unknown`, `address-invalid`
 */
export function domainListSource(options: ListSourceOptions): DomainListSource {
  const { name, format, ask, below = false, literals = false, schemeContact, ...rest } = options;
  checkFormat(format);
  const settings = readListOptions(rest, name);
  const keeper = createKeeper(name, format, settings);
  const contact =
    schemeContact === undefined
      ? {}
      : { contact: parseAddress(schemeContact, `${name}: schemeContact`).text };
  const answer = (inForce: ListInForce | null, domain: string, ctx: Context): SourceAnswer => {
    if (inForce === null) return { kind: 'unknown', cause: keeper.cause() };
    const now = ctx.clock.now();
    // One whose time has not come is passed over: it must not hide one above it that is enforced already.
    const entry = findListed(domain, { below, literals }, (name) => {
      const listed = inForce.byDomain.get(name);
      return listed !== undefined && now >= enforcedFrom(listed, settings) ? listed : undefined;
    });
    if (entry === null) return { kind: 'none' };
    const what = entry === LITERAL ? 'an address literal under' : `line ${entry.line} of`;
    const ref = `${what} list ${inForce.sha256.slice(0, 12)}, in force since ${formatDay(inForce.since)}`;
    return { kind: 'asks', ask, ref, ...contact };
  };
  return {
    name,
    find: async (domain, ctx) => answer(await keeper.current(ctx), domain, ctx),
    peek: async (domain, ctx) => answer(await keeper.restored(), domain, ctx),
    refresh: ({ acceptRemovals = false, ctx = createContext() } = {}) => keeper.refresh(acceptRemovals, ctx),
    async status(ctx = createContext()) {
      const inForce = await keeper.restored();
      if (inForce === null) return null;
      const { byDomain: _, ...shown } = inForce;
      const { days, staleness } = ageOfList(inForce.asOf, ctx.clock.now());
      return { ...shown, ageDays: days, staleness };
    },
    async inForceOn(time) {
      const end = typeof time === 'number' ? time : endOfDay(time, name);
      const found = await restoreList(settings.store, format, end);
      if (found === null) return null;
      const { byDomain: _, ...shown } = found;
      return shown;
    },
    entry: (domain) => keeper.known()?.byDomain.get(domain) ?? null,
  };
}

/** @throws ConfigError `list-invalid`: an auditor who asks for no day must not hear that no list was in force. */
function endOfDay(day: string, where: string): number {
  const start = readDay(day, 'YYYY-MM-DD');
  if (start !== null) return Date.parse(start) + DAY - 1;
  throw new ConfigError(
    'list-invalid',
    `${where}: inForceOn: expected a day such as "2026-03-31", got ${JSON.stringify(day)}`,
  );
}

/** From when on an entry is enforced; one without a readable date at once. */
function enforcedFrom({ enrolled }: ListEntry, { enforceAfterMonths }: ListSettings): number {
  return enrolled === null ? 0 : monthsAfter(enrolled, enforceAfterMonths);
}

interface Keeper {
  /** The list in force, looked at again when that is due. */
  current(ctx: Context): Promise<ListInForce | null>;
  /** The list in force, as it is. */
  restored(): Promise<ListInForce | null>;
  known(): ListInForce | null;
  /** Why there is none. */
  cause(): string;
  refresh(acceptRemovals: boolean, ctx: Context): Promise<ListRefresh>;
}

/** Holds the list in force; looks at the place one at a time. */
function createKeeper(name: string, format: ListFormat, settings: ListSettings): Keeper {
  let inForce: ListInForce | null = null;
  let cause = 'no list has been read yet';
  let lastLook = Number.NEGATIVE_INFINITY;
  let failed = false;
  let restoring: Promise<void> | null = null;
  const looks = createTurns<ListRefresh>();
  const told = createStalenessTeller(name);

  const restore = (): Promise<void> =>
    // Whatever the clock says now, the last list is the one that holds.
    (restoring ??= restoreList(settings.store, format, Number.POSITIVE_INFINITY).then(
      (found) => {
        inForce ??= found;
      },
      () => {
        cause = 'the kept lists cannot be read';
      },
    ));
  const look = async (acceptRemovals: boolean, ctx: Context): Promise<ListRefresh> => {
    await restore();
    lastLook = ctx.clock.now();
    const seen = await refreshList(inForce, { ...settings, format }, { acceptRemovals }, ctx);
    inForce = seen.inForce;
    const { refresh } = seen;
    failed = refresh.kind === 'refused' || refresh.kind === 'failed';
    if (refresh.kind === 'refused' || refresh.kind === 'failed') cause = refresh.cause;
    tellRefresh(name, refresh);
    told(inForce, ctx);
    return refresh;
  };
  const refresh = (acceptRemovals: boolean, ctx: Context): Promise<ListRefresh> =>
    looks.run(() => look(acceptRemovals, ctx));
  return {
    async current(ctx) {
      await restore();
      const wait = failed ? Math.min(RETRY_MS, settings.refreshEveryMs) : settings.refreshEveryMs;
      const isDue = ctx.clock.now() - lastLook >= wait;
      // The look outlives the mail that began it, so it is not called off with it.
      const running = looks.running();
      const work = isDue ? (running ?? refresh(false, createContext({ clock: ctx.clock }))) : running;
      work?.catch(() => undefined);
      if (inForce === null && work !== null) {
        await within(work, FIRST_WAIT_MS, ctx, () => new Error('the first list took too long'));
      }
      told(inForce, ctx);
      return inForce;
    },
    async restored() {
      await restore();
      return inForce;
    },
    known: () => inForce,
    cause: () => cause,
    refresh,
  };
}

/** Lets pieces of work run one after the other; one that fails does not keep the next from running. */
function createTurns<T>(): { running(): Promise<T> | null; run(work: () => Promise<T>): Promise<T> } {
  let last: Promise<T> | null = null;
  return {
    running: () => last,
    run(work) {
      const before: Promise<unknown> = last?.catch(() => undefined) ?? Promise.resolve();
      const mine = before.then(work).finally(() => {
        if (last === mine) last = null;
      });
      last = mine;
      return mine;
    },
  };
}

function tellRefresh(list: string, refresh: ListRefresh): void {
  if (refresh.kind === 'unchanged') return;
  if (refresh.kind !== 'loaded') {
    publish('list.kept', { list, why: refresh.kind, cause: refresh.cause });
    return;
  }
  const { diff, sha256 } = refresh;
  const [added, removed, changed] = [diff.added.length, diff.removed.length, diff.changed.length];
  const { reported } = refresh.list;
  publish('list.loaded', {
    list,
    sha256,
    entries: refresh.list.entries.length,
    added,
    removed,
    changed,
    reported,
  });
}

/** Tells once that a list is old, and once that it is too old; a list that was checked meanwhile starts anew. */
function createStalenessTeller(list: string): (inForce: ListInForce | null, ctx: Context) => void {
  let said: ListStaleness = 'fresh';
  return (inForce, ctx) => {
    if (inForce === null) return;
    const { days, staleness } = ageOfList(inForce.asOf, ctx.clock.now());
    if (staleness !== said && staleness !== 'fresh')
      publish('list.stale', { list, staleness, ageDays: days });
    said = staleness;
  };
}
