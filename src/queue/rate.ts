/**
 * At most so many messages to a domain in a time, for partners who ask for it: a token bucket for each domain. What finds
 * it empty is told when to come back; those who wait come back one after the other, not all for the same token.
 *
 * Only this process's memory, and only its own messages: each of several processes has the whole rate. Pure but for that.
 */
import { type Duration, parseDuration } from '../core/duration.js';
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';

/** Rate limits as a host writes them. */
export interface RateOptions {
  /** `messages` (1 or more) tried in each `per` (a second or more); so many may also go at once after a pause. */
  readonly perDomain: { readonly messages: number; readonly per: Duration };
}

/** The limit of each domain. */
export interface RateLimit {
  readonly messages: number;
  readonly perMs: number;
}

/** The buckets. */
export interface Rate {
  /** null: one message may go now, and is counted. Otherwise when to ask again, milliseconds since the epoch, after `now`. */
  take(domain: string, now: number): number | null;
}

/** Domains whose buckets are kept at the same time; the one not touched for longest goes first. */
const MAX_DOMAINS = 10_000;
/** Turns are given out no further ahead: an operator may make everything due before that. */
const MAX_TURNS_AHEAD_MS = 3_600_000;

/**
 * Reads a rate.
 * @throws ConfigError `rate-invalid`, `duration-invalid`, `option-unknown`
 */
export function parseRate(options: RateOptions): RateLimit {
  refuseUnknownOptions(options, ['perDomain'], 'rate');
  const { perDomain } = options;
  if (typeof perDomain !== 'object' || perDomain === null) {
    throw new ConfigError(
      'rate-invalid',
      `rate: "perDomain" is required, such as { messages: 100, per: "1m" }, got ${JSON.stringify(perDomain)}`,
    );
  }
  refuseUnknownOptions(perDomain, ['messages', 'per'], 'rate: perDomain');
  const { messages, per } = perDomain;
  if (!Number.isSafeInteger(messages) || messages < 1) {
    throw new ConfigError(
      'rate-invalid',
      `rate: perDomain: messages: expected a whole number from 1, got ${String(messages)}`,
    );
  }
  const perMs =
    typeof per === 'string' || typeof per === 'number' ? parseDuration(per, 'rate: perDomain: per') : 0;
  if (perMs < 1000) {
    throw new ConfigError(
      'rate-invalid',
      `rate: perDomain: per: expected "1s" or more, such as "1m", got ${JSON.stringify(per)}`,
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
  const keep = (domain: string, bucket: Bucket): void => {
    buckets.delete(domain);
    buckets.set(domain, bucket);
    const oldest = buckets.keys().next();
    if (buckets.size > MAX_DOMAINS && oldest.done !== true) buckets.delete(oldest.value);
  };
  return {
    take(domain, now) {
      const before = buckets.get(domain);
      // Nobody who waits for a turn lets the bucket become full.
      const known = before !== undefined && before.fullAt > now ? before : { fullAt: now, nextTurn: now };
      // after a backwards jump of the clock it is empty, not more than that.
      const fullAt = Math.min(known.fullAt, now + perMs);
      const roomAt = fullAt + gapMs - perMs;
      // A thousandth: sums of gaps that are no whole milliseconds.
      if (roomAt <= now + 0.001) {
        keep(domain, { fullAt: fullAt + gapMs, nextTurn: known.nextTurn });
        return null;
      }
      const isTooFar = known.nextTurn > roomAt + MAX_TURNS_AHEAD_MS;
      const turn = isTooFar ? roomAt : Math.max(known.nextTurn, roomAt);
      keep(domain, { fullAt, nextTurn: turn + gapMs });
      return Math.ceil(turn);
    },
  };
}
