/**
 * Whose turn it is: the targets of a route in their order, where an address that says nothing does not keep those behind it
 * waiting (`smtp/stagger.ts`). One that was outrun by another address of its host comes after the others of that host, in
 * this attempt, and for some minutes in those that follow. Hosts never change places: their order is the recipient's (MX-15).
 */
import type { Context } from '../core/context.js';
import type { Target } from '../route/route.js';
import { isSameHost } from '../smtp/endpoint.js';
import { dialOf } from '../smtp/socket.js';
import { createStaggeredDial } from '../smtp/stagger.js';
import { TIMEOUTS } from '../smtp/timeouts.js';
import type { Opener } from './open.js';

/** The targets of one attempt. */
export interface TurnOrder {
  /** With what targets are opened in their turn. */
  readonly opener: Opener;
  /** The next target; null after the last one. */
  next(): Target | null;
  /** True for a target that was only outrun: it has its turn later, and what was found out about it is no word on it. */
  comesAgain(target: Target): boolean;
  /** Ends connections that nobody needed. */
  close(): void;
}

/** Orders the targets of a route. */
export function createTurnOrder(targets: readonly Target[], opener: Opener, ctx: Context): TurnOrder {
  if (!hasAlternatives(targets)) {
    let at = 0;
    return {
      opener,
      next: () => targets[at++] ?? null,
      comesAgain: () => false,
      close: () => undefined,
    };
  }
  const { slow, health } = opener;
  const startedAt = ctx.clock.now();
  const waiting = [...groupsOf(targets)].flatMap((group) => [
    ...group.filter((target) => !slow.isSlow(target, startedAt)),
    ...group.filter((target) => slow.isSlow(target, startedAt)),
  ]);
  const timeoutMs = opener.connect.timeouts?.connect ?? TIMEOUTS.connect;
  const staggered = createStaggeredDial([...waiting], { dial: dialOf(opener.connect), timeoutMs }, ctx);
  return {
    opener: {
      ...opener,
      connect: { ...opener.connect, dial: staggered.dial },
      health: {
        down: (...asked) => health.down(...asked),
        report(target, fingerprint, reason, now) {
          if (!staggered.isOutrun(target)) health.report(target, fingerprint, reason, now);
        },
      },
    },
    next: () => waiting.shift() ?? null,
    comesAgain(target) {
      if (!staggered.isOutrun(target)) return false;
      slow.note(target, ctx.clock.now());
      const behind = waiting.findLastIndex((each) => isSameHost(each, target));
      waiting.splice(behind + 1, 0, target);
      return true;
    },
    close: () => staggered.close(),
  };
}

function hasAlternatives(targets: readonly Target[]): boolean {
  return targets.some((target, at) => {
    const next = targets[at + 1];
    return next !== undefined && isSameHost(target, next);
  });
}

/** Neighbours that are addresses of the same host. */
function* groupsOf(targets: readonly Target[]): Generator<readonly Target[]> {
  let group: Target[] = [];
  for (const target of targets) {
    const [first] = group;
    if (first !== undefined && !isSameHost(first, target)) {
      yield group;
      group = [];
    }
    group.push(target);
  }
  yield group;
}
