/**
 * Remembers how long DNS has been saying that a domain does not exist or takes no mail. Whoever can forge one answer
 * could otherwise make mail bounce at once; forging it for hours is harder (AT-31).
 *
 * State over time, in the created object alone and bounded; it is lost at a restart, and then the count begins anew.
 * A series ends when the domain answers otherwise, after a long silence, and when wall time jumps back.
 */
import { ConfigError } from '../core/errors.js';
import { type Duration, parseDuration } from '../core/duration.js';
import { keepNewest } from '../core/newest.js';
import { refuseUnknownOptions } from '../core/options.js';

/** Options of {@link createPermanentDnsConfirmation}. */
export interface ConfirmationOptions {
  /** How often it must have been said; default 3. */
  readonly times?: number;
  /** Over how long; default `2h`. */
  readonly over?: Duration;
  /** Most domains that are remembered; default 10 000. The longest unseen are forgotten first. */
  readonly max?: number;
}

/** Decides whether a permanent answer of insecure DNS is believed. */
export interface PermanentDnsConfirmation {
  /** Notes the answer; true when it has been given often enough and for long enough. */
  note(domain: string, now: number): boolean;
  /** The domain has answered otherwise. */
  clear(domain: string): void;
}

interface Series {
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

// A series is broken by a silence longer than any schedule of retries has.
const LONGEST_SILENCE_MS = 86_400_000;

/**
 * Makes the memory; hand it to `confirmPermanentDns` of the route options.
 * @throws ConfigError `confirmation-invalid`, `duration-invalid`, `option-unknown`
 */
export function createPermanentDnsConfirmation(options: ConfirmationOptions = {}): PermanentDnsConfirmation {
  refuseUnknownOptions(options, ['times', 'over', 'max'], 'createPermanentDnsConfirmation');
  const { times = 3, max = 10_000 } = options;
  const overMs = parseDuration(options.over ?? '2h', 'over');
  if (!Number.isInteger(times) || times < 1 || !Number.isInteger(max) || max < 1) {
    throw new ConfigError(
      'confirmation-invalid',
      `createPermanentDnsConfirmation: times and max must be whole numbers from 1, got ${String(times)} and ${String(max)}`,
    );
  }
  const silenceMs = Math.max(LONGEST_SILENCE_MS, 2 * overMs);
  const seen = new Map<string, Series>();

  return {
    note(domain, now) {
      const before = seen.get(domain);
      const goesOn = before !== undefined && now >= before.last && now - before.last <= silenceMs;
      const series = goesOn
        ? { first: before.first, last: now, count: before.count + 1 }
        : { first: now, last: now, count: 1 };
      keepNewest(seen, domain, series, max);
      return series.count >= times && now - series.first >= overMs;
    },
    clear(domain) {
      seen.delete(domain);
    },
  };
}
