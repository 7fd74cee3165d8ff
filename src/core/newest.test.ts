import { describe, expect, it } from 'vitest';
import { keepNewest } from './newest.js';

describe('keepNewest', () => {
  const entries = (map: ReadonlyMap<string, number>): string =>
    [...map].map(([key, value]) => `${key}${value}`).join(' ');

  it('AT-13: forgets the entry that was set longest ago, and none before there are too many', () => {
    const map = new Map<string, number>();
    const seen = ['a', 'b', 'c', 'd'].map((key, i) => {
      keepNewest(map, key, i, 3);
      return entries(map);
    });
    expect(seen).toEqual(['a0', 'a0 b1', 'a0 b1 c2', 'b1 c2 d3']);
  });

  it('AT-13: makes a known entry the newest, with its new value, and forgets none for it', () => {
    const map = new Map([
      ['a', 1],
      ['b', 2],
    ]);
    keepNewest(map, 'a', 3, 2);
    expect(entries(map)).toBe('b2 a3');
    keepNewest(map, 'c', 4, 2);
    expect(entries(map)).toBe('a3 c4');
  });

  it('AT-13: comes down to the bound from any size', () => {
    const map = new Map(['a', 'b', 'c', 'd', 'e', 'f'].map((key, i) => [key, i]));
    keepNewest(map, 'g', 6, 2);
    expect(entries(map)).toBe('f5 g6');
    keepNewest(map, 'h', 7, 0);
    expect(map.size).toBe(0);
  });
});
