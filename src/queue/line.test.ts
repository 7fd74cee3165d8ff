import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLine, type Waiting } from './line.js';

interface Item extends Waiting {
  dueAt: number;
  latestAt: number;
}

const DOMAINS = ['a.test', 'b.test', 'c.test'];

/** What is done to a line; `item` is the place of one among those that were ever in it. */
type Step =
  | { readonly kind: 'new'; readonly domain: string; readonly wait: number; readonly priority: number }
  | { readonly kind: 'add' | 'remove' | 'hurry'; readonly item: number }
  | { readonly kind: 'put off'; readonly domain: string; readonly wait: number | null }
  | { readonly kind: 'take'; readonly passes: number; readonly limit: number; readonly rooms: number[] };

const wait = fc.nat(20);
const domain = fc.constantFrom(...DOMAINS);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('new'), domain, wait, priority: fc.nat(2) } as const),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('add', 'remove', 'hurry'), item: fc.nat(60) } as const),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('put off'), domain, wait: fc.option(wait) } as const),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('take'),
      passes: fc.nat(6),
      limit: fc.nat(4),
      rooms: fc.array(fc.nat(3), { minLength: DOMAINS.length, maxLength: DOMAINS.length }),
    } as const),
  },
);

/** The same as a line, by looking at all that there is. */
function createModel() {
  const here = new Set<Item>();
  const putOffs = new Map<string, number>();
  const readyOf = ({ domain: of, dueAt, latestAt }: Item): number =>
    Math.max(dueAt, Math.min(putOffs.get(of) ?? dueAt, latestAt));
  return {
    here,
    putOffs,
    soonest: () => Math.min(...[...here].map(readyOf)),
    take(now: number, limit: number, rooms: ReadonlyMap<string, number>): Item[] {
      const left = new Map(rooms);
      const taken = [...here]
        .filter((item) => readyOf(item) <= now)
        .toSorted((a, b) => b.priority - a.priority || a.dueAt - b.dueAt || a.order - b.order)
        .filter(({ domain: of }) => {
          const room = left.get(of) ?? 0;
          left.set(of, room - 1);
          return room > 0;
        })
        .slice(0, limit);
      for (const item of taken) here.delete(item);
      return taken;
    },
  };
}

const byOrder = (items: Iterable<Item>): number[] =>
  [...items].map(({ order }) => order).toSorted((a, b) => a - b);

it('Q-5, Q-11, Q-22, Q-24: whatever is done to a line, each job stands in it once and goes in its turn', () => {
  let taken = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
      const line = createLine<Item>();
      const model = createModel();
      const all: Item[] = [];
      let now = 0;
      const add = (item: Item): void => {
        line.add(item);
        model.here.add(item);
      };
      for (const each of steps) {
        if (each.kind === 'new') {
          const dueAt = now + each.wait;
          const { domain: of, priority } = each;
          all.push({ domain: of, dueAt, latestAt: dueAt + 10, priority, order: all.length, place: -1 });
          add(all.at(-1) as Item);
        } else if (each.kind === 'put off') {
          const until = each.wait === null ? null : now + each.wait;
          line.putOff(each.domain, until);
          if (until === null) model.putOffs.delete(each.domain);
          else model.putOffs.set(each.domain, until);
          expect(line.isPutOff(each.domain)).toBe(until !== null);
        } else if (each.kind === 'take') {
          now += each.passes;
          const rooms = new Map(DOMAINS.map((of, i) => [of, each.rooms[i] as number]));
          const found = line.take(now, each.limit, (of) => rooms.get(of) as number);
          expect(byOrder(found)).toEqual(byOrder(model.take(now, each.limit, rooms)));
          taken += found.length;
        } else {
          const item = all[each.item % Math.max(all.length, 1)];
          if (item === undefined) continue;
          if (each.kind !== 'add') {
            line.remove(item);
            model.here.delete(item);
          }
          if (each.kind === 'hurry') item.dueAt = Math.min(item.dueAt, now);
          if (each.kind !== 'remove') add(item);
        }
        for (const of of DOMAINS) {
          expect(byOrder(line.of(of))).toEqual(byOrder([...model.here].filter((i) => i.domain === of)));
        }
        const next = line.nextDue();
        const soonest = model.soonest();
        if (soonest > now) expect(next).toBe(Number.isFinite(soonest) ? soonest : null);
        else expect(next).toBeLessThanOrEqual(now);
      }
    }),
    { numRuns: 150 },
  );
  expect(taken).toBeGreaterThan(300);
});
