import { describe, expect, it } from 'vitest';
import { type Events, onEvent } from '../../src/core/channels.js';
import { createContext } from '../../src/core/context.js';
import { createBase } from '../../src/policy/base.js';
import { decide } from '../../src/policy/decide.js';
import { parseTable } from '../../src/policy/from-table.js';
import { bits, type BitsListOptions } from '../../src/scheme/bits.js';
import { type ListStore, memoryListStore } from '../../src/scheme/domain-list-journal.js';
import type { Fetched, ListOrigin } from '../../src/scheme/domain-list-origin.js';
import type { DomainListSource } from '../../src/scheme/domain-list-source.js';
import { createFakeClock, type FakeClock } from '../../src/testing/clock.js';
import { csv } from './lists.js';

const row = (domain: string, enrolled = '2024-02-01', answer = 'Ja'): string =>
  `${domain} AS;1;${domain};${enrolled};${answer}`;

/** A place whose list the test changes, and a source that follows it. */
interface Followed {
  readonly clock: FakeClock;
  readonly source: DomainListSource;
  readonly place: { next: Fetched | string; readonly asked: (string | null)[] };
  /** What the source says of a domain now. */
  ask(domain: string): Promise<string>;
}

function follow(
  rows: readonly string[],
  options: Partial<BitsListOptions> = {},
  clock = createFakeClock(),
): Followed {
  const place: Followed['place'] = { next: csv(rows), asked: [] };
  const list: ListOrigin = {
    place: 'test',
    fetch(etag, ctx) {
      place.asked.push(etag);
      const { next } = place;
      return Promise.resolve(
        typeof next === 'string'
          ? { kind: 'content', octets: Buffer.from(next), etag: null, asOf: ctx.clock.now() }
          : next,
      );
    },
  };
  const source = bits({ list, ...options });
  const ask = async (domain: string): Promise<string> => {
    const answer = await source.find(domain, createContext({ clock }));
    await clock.settle();
    return answer.kind;
  };
  return { clock, source, place, ask };
}

const refresh = ({ source, clock }: Followed, acceptRemovals = false) =>
  source.refresh({ acceptRemovals, ctx: createContext({ clock }) });
const status = async ({ source, clock }: Followed) => source.status(createContext({ clock }));

/** Events of one kind while `work` runs. */
async function eventsOf<N extends keyof Events>(name: N, work: () => Promise<unknown>): Promise<Events[N][]> {
  const heard: Events[N][] = [];
  const stop = onEvent(name, (event) => heard.push(event));
  await work();
  stop();
  return heard;
}

describe('a list that is followed', () => {
  it('BITS-P1, BITS-P2, BITS-5.1.2: each listed domain is asked for, verified and locked; others are not', async () => {
    const { source, clock } = follow([row('a.test'), row('b.test')]);
    const ctx = createContext({ clock });
    expect(await source.find('a.test', ctx)).toMatchObject({
      kind: 'asks',
      ask: { level: 'verified', minProtocol: 'TLSv1.2', locked: true },
      ref: expect.stringMatching(/^line 2 of list [0-9a-f]{12}, in force since 2026-01-15$/),
    });
    expect(await source.find('b.test', ctx)).toMatchObject({ kind: 'asks' });
    expect(await source.find('c.test', ctx)).toEqual({ kind: 'none' });
    expect(source.entry('a.test')).toMatchObject({ company: 'a.test AS', rejectsPlaintext: true });
  });

  it('BITS-5.2.2: a domain that joins is enforced for mail that waits already', async () => {
    const followed = follow([row('a.test')]);
    const { clock, source, place } = followed;
    const plan = () =>
      decide(
        'new.test',
        { table: parseTable([]), sources: [source], base: createBase({ default: 'opportunistic' }) },
        null,
        createContext({ clock }),
      );
    expect((await plan()).level).toBe('opportunistic');
    // On the very day of its enrolment, where the host has not asked for the months of grace.
    place.next = csv([row('a.test'), row('new.test', '2026-01-15')]);
    await refresh(followed);
    expect(await plan()).toMatchObject({ level: 'verified', locked: true });
  });

  it('BITS-5.2.2: nothing goes out before the first list has been read', async () => {
    const { place, ask, clock } = follow([row('a.test')]);
    const list = place.next;
    place.next = { kind: 'failed', cause: 'answer 503' };
    expect(await ask('other.test')).toBe('unknown');
    place.next = list;
    expect(await ask('other.test')).toBe('unknown');
    await clock.advance('15m');
    expect(await ask('other.test')).toBe('none');
  });

  it('BITS-P3: the list is looked at once a day, and mail does not wait for it', async () => {
    const { place, ask, clock } = follow([row('a.test')]);
    await ask('a.test');
    await clock.advance('23h');
    await ask('a.test');
    expect(place.asked).toHaveLength(1);
    place.next = csv([row('a.test'), row('b.test')]);
    await clock.advance('1h');
    expect([await ask('b.test'), await ask('b.test')]).toEqual(['none', 'asks']);
    expect(place.asked).toHaveLength(2);
  });

  it.each([
    [0, '2026-01-15', '2026-01-14T23:59:59.999Z', '2026-01-15T00:00:00Z'],
    [1, '2026-01-31', '2026-02-27T23:59:59.999Z', '2026-02-28T00:00:00Z'],
    [3, '2025-11-30', '2026-02-27T23:59:59.999Z', '2026-02-28T00:00:00Z'],
  ])(
    'BITS-P3: %i months after its enrolment a domain is enforced',
    async (months, enrolled, before, after) => {
      const { clock, ask } = follow([row('a.test', enrolled)], { enforceAfterMonths: months });
      clock.set(before);
      expect(await ask('a.test')).toBe('none');
      clock.set(after);
      expect(await ask('a.test')).toBe('asks');
    },
  );

  it('BITS-P3, BITS-5.2.3: a domain that waits is held to what is enforced for the one above it', async () => {
    const rows = [row('a.test', '2024-02-01'), row('mail.a.test', '2026-01-15')];
    const { ask } = follow(rows, { enforceAfterMonths: 3 });
    expect([await ask('mail.a.test'), await ask('x.mail.a.test')]).toEqual(['asks', 'asks']);
    const alone = follow(rows, { enforceAfterMonths: 3, below: false });
    expect(await alone.ask('mail.a.test')).toBe('none');
  });

  it('BITS-P3: nobody can wait for more than three months, or for a date that cannot be read', async () => {
    expect(() => follow([], { enforceAfterMonths: 4 })).toThrowError(
      expect.objectContaining({ code: 'list-invalid' }),
    );
    const { ask } = follow([row('a.test', 'soon'), row('b.test', '2062-01-01')], { enforceAfterMonths: 3 });
    expect([await ask('a.test'), await ask('b.test')]).toEqual(['asks', 'asks']);
  });
});

describe('the age of a list', () => {
  it('BITS-P3, BITS-5.3.1, BITS-A3.10: a warning at 75 days and an error at 92, each once', async () => {
    const followed = follow([row('a.test')]);
    const { clock, ask, place } = followed;
    await ask('a.test');
    place.next = { kind: 'failed', cause: 'answer 503' };
    const heard = await eventsOf('list.stale', async () => {
      for (const wait of ['74d', '23h', '1h', '5d', '11d', '1d', '1d'] as const) {
        await clock.advance(wait);
        expect(await ask('a.test')).toBe('asks');
      }
    });
    expect(heard).toEqual([
      { list: 'bits', staleness: 'warning', ageDays: 75 },
      { list: 'bits', staleness: 'error', ageDays: 92 },
    ]);
    expect(await status(followed)).toMatchObject({ ageDays: 93, staleness: 'error' });
  });

  it('BITS-P3: a list that was found unchanged is as young as that look', async () => {
    const followed = follow([row('a.test')]);
    await refresh(followed);
    await followed.clock.advance('80d');
    const heard = await eventsOf('list.stale', async () => {
      expect(await refresh(followed)).toEqual({ kind: 'unchanged' });
      followed.place.next = { kind: 'unchanged', asOf: followed.clock.now() + 1 };
      expect(await refresh(followed)).toEqual({ kind: 'unchanged' });
    });
    expect(heard).toEqual([]);
    expect(await status(followed)).toMatchObject({ ageDays: 0, staleness: 'fresh' });
  });
});

describe('a look that must not count', () => {
  const ten = Array.from({ length: 10 }, (_, index) => row(`d${index}.test`));

  it.each([
    ['fails', { kind: 'failed', cause: 'answer 503' } as const, 'failed', 'answer 503'],
    ['is no list', '<html>Maintenance</html>', 'refused', 'no row has the title'],
    ['is empty', csv([]), 'refused', 'no entry'],
    ['ends in the middle of a quote', `${csv(ten)}\r\n"`, 'refused', 'never closed'],
    ['has lost three of ten', csv(ten.slice(3)), 'refused', '3 of 10 entries are gone'],
    ['says unchanged to nothing', { kind: 'unchanged', asOf: 0 } as const, 'unchanged', ''],
  ])('BITS-P2: a refresh that %s keeps the last good list', async (_title, next, kind, cause) => {
    const followed = follow(ten);
    await refresh(followed);
    followed.place.next = next;
    const heard = await eventsOf('list.kept', async () => {
      const seen = await refresh(followed);
      expect(seen).toMatchObject(
        kind === 'unchanged' ? { kind } : { kind, cause: expect.stringContaining(cause) },
      );
    });
    expect(heard).toHaveLength(kind === 'unchanged' ? 0 : 1);
    expect(await followed.ask('d0.test')).toBe('asks');
    expect((await status(followed))?.list.entries).toHaveLength(10);
  });

  it('BITS-P2: two of ten may go, and more when somebody says so', async () => {
    const followed = follow(ten);
    await refresh(followed);
    followed.place.next = csv(ten.slice(2));
    expect(await refresh(followed)).toMatchObject({ kind: 'loaded', diff: { removed: { length: 2 } } });
    followed.place.next = csv(ten.slice(9));
    expect(await refresh(followed)).toMatchObject({ kind: 'refused', diff: { removed: { length: 7 } } });
    expect(await refresh(followed, true)).toMatchObject({ kind: 'loaded' });
    followed.place.next = csv([]);
    expect(await refresh(followed, true)).toMatchObject({ kind: 'refused' });
  });

  it('BITS-P2: what cannot be kept does not take force', async () => {
    const store: ListStore = { ...memoryListStore(), append: () => Promise.reject(new Error('ENOSPC')) };
    const followed = follow(ten, { store });
    expect(await refresh(followed)).toMatchObject({
      kind: 'failed',
      cause: expect.stringContaining('ENOSPC'),
    });
    expect(await followed.ask('d0.test')).toBe('unknown');
  });
});

describe('what is told and kept of each look', () => {
  it('BITS-P2: what came, went and changed', async () => {
    const followed = follow([row('a.test'), row('b.test'), row('c.test')], { maxRemoved: 0.5 });
    await refresh(followed);
    followed.place.next = csv([row('d.test'), row('b.test', '2024-02-01', 'Nei'), row('c.test'), 'bad;;;;']);
    const heard = await eventsOf('list.loaded', async () => {
      const seen = await refresh(followed);
      if (seen.kind !== 'loaded') throw new Error(seen.kind);
      const { added, removed, changed } = seen.diff;
      expect(added.map(({ domain }) => domain)).toEqual(['d.test']);
      expect(removed.map(({ domain }) => domain)).toEqual(['a.test']);
      expect(changed.map(({ before, after }) => [before.rejectsPlaintext, after.rejectsPlaintext])).toEqual([
        [true, false],
      ]);
    });
    expect(heard).toMatchObject([
      { list: 'bits', entries: 3, added: 1, removed: 1, changed: 1, reported: 1 },
    ]);
  });

  it('BITS-P2: an auditor sees which list was in force on a day', async () => {
    const store = memoryListStore();
    const followed = follow([row('a.test')], { store });
    const { clock, place, source } = followed;
    await refresh(followed);
    await clock.advance('10d');
    place.next = csv([row('a.test'), row('b.test')]);
    await refresh(followed);
    await clock.advance('10d');
    place.next = 'nothing';
    await refresh(followed);
    const domainsOn = async (day: string) =>
      (await source.inForceOn(day))?.list.entries.map(({ domain }) => domain) ?? null;
    expect(await domainsOn('2026-01-14')).toBeNull();
    expect(await domainsOn('2026-01-15')).toEqual(['a.test']);
    expect(await domainsOn('2026-01-24')).toEqual(['a.test']);
    expect(await domainsOn('2026-01-25')).toEqual(['a.test', 'b.test']);
    expect(await domainsOn('2026-02-20')).toEqual(['a.test', 'b.test']);
    expect((await store.records()).map(({ outcome, entries }) => [outcome, entries])).toEqual([
      ['loaded', 1],
      ['loaded', 2],
      ['refused', 0],
    ]);
  });

  it('BITS-5.2.6: after a restart the kept list holds at once, and guards against a shrunken one', async () => {
    const store = memoryListStore();
    const first = follow([row('a.test'), row('b.test')], { store });
    await refresh(first);
    const second = follow([row('b.test')], { store });
    expect(await second.ask('a.test')).toBe('asks');
    expect(await second.ask('a.test')).toBe('asks');
    expect((await store.records()).map(({ outcome }) => outcome)).toEqual(['loaded', 'refused']);
  });

  it('BITS-P2: one look at a time', async () => {
    const followed = follow([row('a.test')]);
    await Promise.all([refresh(followed), followed.ask('a.test'), followed.ask('a.test'), refresh(followed)]);
    expect(followed.place.asked.length).toBeLessThanOrEqual(2);
  });
});
