import { describe, expect, it } from 'vitest';
import { BLOCK, giveBlock, giveReplaced, insertOctets, takeBlock } from './blocks.js';

describe('blocks', () => {
  it('are empty once they were given back, whoever still looks at them', () => {
    const block = takeBlock(65_536);
    const view = block.subarray(10, 20);
    giveBlock(view);
    expect([block.length, view.length]).toEqual([0, 0]);
    giveBlock(block);
  });

  it('are given back at once: a thousand of a megabyte need the memory of a few', () => {
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 1000; i += 1) {
      giveBlock(takeBlock(1_000_000).fill(i));
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000);
    }
  });

  it('lie ready for the next ones, which nobody sees through views of the ones before', () => {
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 1000; i += 1) {
      const block = takeBlock(BLOCK - (i % 100)).fill(1);
      const late = block.subarray(5);
      giveBlock(block);
      const next = takeBlock(BLOCK).fill(2);
      expect([next.length, next.at(-1), late.length]).toEqual([BLOCK, 2, 0]);
      giveBlock(next);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * BLOCK);
  });

  it('lie ready up to 64 MiB', () => {
    const before = process.memoryUsage().arrayBuffers;
    const many = Array.from({ length: 2000 }, () => takeBlock(BLOCK));
    for (const block of many) giveBlock(block);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThanOrEqual(2 ** 26 + BLOCK);
  });

  it('of others are left alone', () => {
    const mine = Buffer.from('of the host');
    giveBlock(mine);
    giveReplaced(mine, Buffer.from('another'));
    expect(mine.toString()).toBe('of the host');
  });

  it('stay while what was made from them lies in them', () => {
    const block = takeBlock(4).fill('a');
    giveReplaced(block, block.subarray(1));
    expect(block.toString()).toBe('aaaa');
    giveReplaced(block, Buffer.from('copy'));
    expect(block.length).toBe(0);
  });

  it('with octets put in: in front, in the middle, several', () => {
    const insert = (text: string, places: readonly number[]): string =>
      insertOctets(Buffer.from(text), places, 0x2e).toString();
    expect(insert('abc', [])).toBe('abc');
    expect(insert('abc', [0])).toBe('.abc');
    expect(insert('abc', [1, 2])).toBe('a.b.c');
    expect(insert('abc', [0, 1, 2, 3])).toBe('.a.b.c.');
  });
});
