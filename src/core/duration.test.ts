import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from './duration.js';

describe('durations', () => {
  it.each([
    [0, 0],
    [1500, 1500],
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['1.5h', 5_400_000],
    ['5d', 432_000_000],
    ['1w', 604_800_000],
    ['250ms', 250],
    ['1h 30m', 5_400_000],
    ['1h30m', 5_400_000],
  ])('FI-21: %j is %d milliseconds', (value, ms) => {
    expect(parseDuration(value)).toBe(ms);
  });

  it.each([
    '',
    '5',
    '5 d',
    'd',
    '-5d',
    '5days',
    '5d,',
    'soon',
    '1e3s',
    '1'.repeat(41),
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ])('FI-21: %j is refused, for a hold time that is misread may end too soon', (value) => {
    expect(() => parseDuration(value, 'holdFor')).toThrow(
      expect.objectContaining({
        code: 'duration-invalid',
        message: expect.stringContaining('holdFor: expected'),
      }),
    );
  });

  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [499, '0 s'],
    [4000, '4 s'],
    [90_000, '1 min 30 s'],
    [5_400_000, '1 h 30 min'],
    [432_000_000, '5 d'],
    [90_061_000, '1 d 1 h'],
  ])('DSN-33: %d milliseconds read "%s"', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
