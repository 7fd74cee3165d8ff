/**
 * Durations as people write them: a number of milliseconds, or a count with a unit ("30m", "5d", "1h 30m").
 */
import { ConfigError } from './errors.js';

/** Milliseconds, or text such as `"90s"`, `"4h"`, `"5d"`, `"1h 30m"`; units ms, s, m, h, d, w. */
export type Duration = number | string;

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * A duration in milliseconds.
 * @throws ConfigError `duration-invalid`
 */
export function parseDuration(value: Duration, what = 'duration'): number {
  if (typeof value === 'number') {
    if (Number.isFinite(value) && value >= 0) return value;
  } else if (value.length <= 40 && /^(?:\d+(?:\.\d+)?(?:ms|[smhdw])\s*)+$/.test(value)) {
    let total = 0;
    for (const [, count, unit] of value.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)) {
      total += Number(count) * (UNITS[unit ?? ''] ?? Number.NaN);
    }
    return total;
  }
  throw new ConfigError(
    'duration-invalid',
    `${what}: expected milliseconds or text such as "30m", "4h" or "5d", got ${JSON.stringify(value)}`,
  );
}

/** A duration in the largest units that say it exactly, at most two: "5 d", "1 h 30 min", "4 s". */
export function formatDuration(ms: number): string {
  const names: readonly (readonly [string, number])[] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ];
  let rest = Math.max(0, Math.round(ms / 1000) * 1000);
  const parts: string[] = [];
  for (const [name, size] of names) {
    const count = Math.floor(rest / size);
    if (count > 0 && parts.length < 2) parts.push(`${count} ${name}`);
    rest -= count * size;
  }
  return parts.length === 0 ? '0 s' : parts.join(' ');
}
