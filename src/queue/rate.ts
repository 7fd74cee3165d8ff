/**
 * At most so many messages to a domain, or to a host, in a time, for partners who ask for it: a token bucket for each.
 * What finds it empty is told when to come back; those who wait come back one after the other, not all for the same token.
 *
 * Only this process's memory, and only its own messages: each of several processes has the whole rate. Pure but for that.
 */
import { type Duration, parseDuration } from '../core/duration.js';
import { ConfigError } from '../core/errors.js';
import { keepNewest } from '../core/newest.js';
import { refuseUnknownOptions } from '../core/options.js';

/** A rate as a host writes it: `messages` (1 or more) tried in each `per` (a second or more); so many also at once. */
export interface RateWords {
  readonly messages: number;
  readonly per: Duration;
}

/** Rate limits as a host writes them; one of the two or both. */
export interface RateOptions {
  /** For each recipient domain. */
  readonly perDomain?: RateWords;
  /** For each mail server by name, whatever domains it takes mail for. */
  readonly perHost?: RateWords;
}

/** One limit. */
export interface RateLimit {
  readonly messages: number;
  readonly perMs: number;
}

/** The limits that there are. */
export interface RateLimits {
  readonly perDomain?: RateLimit;
  readonly perHost?: RateLimit;
}

/** The buckets, each under the name of a domain or of a host. */
export interface Rate {
  /** null: one message may go now, and is counted. Otherwise when to ask again, milliseconds since the epoch, after `now`. */
  take(name: string, now: number): number | null;
  /** What `take` would say; nothing is counted and no turn is given out. */
  look(name: string, now: number): number | null;
  /** Takes back one message that was counted and not tried. */
  giveBack(name: string): void;
}

/** Names whose buckets are kept at the same time; the one not touched for longest goes first. */
const MAX_BUCKETS = 10_000;
/** Turns are given out no further ahead: an operator may make everything due before that. */
const MAX_TURNS_AHEAD_MS = 3_600_000;

/**
 * Reads a rate.
 * @throws ConfigError `rate-invalid`, `duration-invalid`, `option-unknown`
 */
export function parseRate(options: RateOptions): RateLimits {
  refuseUnknownOptions(options, ['perDomain', 'perHost'], 'rate');
  const { perDomain, perHost } = options;
  if (perDomain === undefined && perHost === undefined) {
    throw new ConfigError(
      'rate-invalid',
      'rate: expected "perDomain" or "perHost" or both, such as { perDomain: { messages: 100, per: "1m" } }',
    );
  }
  return {
    ...(perDomain === undefined ? {} : { perDomain: parseLimit(perDomain, 'rate: perDomain') }),
    ...(perHost === undefined ? {} : { perHost: parseLimit(perHost, 'rate: perHost') }),
  };
}

function parseLimit(words: RateWords, where: string): RateLimit {
  if (typeof words !== 'object' || words === null) {
    throw new ConfigError(
      'rate-invalid',
      `${where}: expected the likes of { messages: 100, per: "1m" }, got ${JSON.stringify(words)}`,
    );
  }
  refuseUnknownOptions(words, ['messages', 'per'], where);
  const { messages, per } = words;
  if (!Number.isSafeInteger(messages) || messages < 1) {
    throw new ConfigError(
      'rate-invalid',
      `${where}: messages: expected a whole number from 1, got ${String(messages)}`,
    );
  }
  const perMs = typeof per === 'string' || typeof per === 'number' ? parseDuration(per, `${where}: per`) : 0;
  if (perMs < 1000) {
    throw new ConfigError(
      'rate-invalid',
      `${where}: per: expected "1s" or more, such as "1m", got ${JSON.stringify(per)}`,
    );
  }
  return { messages, perMs };
}

interface Bucket {
  /** When it will be full if nothing more is taken; each message moves this by one gap. */
  readonly fullAt: number;
  /** The next turn of those who came in vain. */
  readonly nextTurn: number;
}

/** Makes full buckets. */
export function createRate({ messages, perMs }: RateLimit): Rate {
  const buckets = new Map<string, Bucket>();
  const gapMs = perMs / messages;
  /** How a bucket stands; the turn of who comes now, null: at once. */
  const stand = (name: string, now: number): Bucket & { readonly turn: number | null } => {
    const before = buckets.get(name);
    // Nobody who waits for a turn lets the bucket become full.
    const known = before !== undefined && before.fullAt > now ? before : { fullAt: now, nextTurn: now };
    // after a backwards jump of the clock it is empty, not more than that.
    const fullAt = Math.min(known.fullAt, now + perMs);
    const roomAt = fullAt + gapMs - perMs;
    // A thousandth: sums of gaps that are no whole milliseconds.
    if (roomAt <= now + 0.001) return { fullAt, nextTurn: known.nextTurn, turn: null };
    const isTooFar = known.nextTurn > roomAt + MAX_TURNS_AHEAD_MS;
    const turn = isTooFar ? roomAt : Math.max(known.nextTurn, roomAt);
    return { fullAt, nextTurn: turn + gapMs, turn: Math.ceil(turn) };
  };
  return {
    take(name, now) {
      const { fullAt, nextTurn, turn } = stand(name, now);
      const bucket = { fullAt: turn === null ? fullAt + gapMs : fullAt, nextTurn };
      keepNewest(buckets, name, bucket, MAX_BUCKETS);
      return turn;
    },
    look: (name, now) => stand(name, now).turn,
    giveBack(name) {
      const bucket = buckets.get(name);
      if (bucket !== undefined) buckets.set(name, { ...bucket, fullAt: bucket.fullAt - gapMs });
    },
  };
}
