import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineEndCheck } from './line-ends.js';

function isGood(pieces: readonly string[]): boolean {
  const check = createLineEndCheck();
  for (const piece of pieces) check.push(Buffer.from(piece, 'latin1'));
  return check.end();
}

describe('line ends of content', () => {
  it.each([
    ['a\r\nb\r\n', true],
    ['', true],
    ['a\nb\r\n', false],
    ['a\rb\r\n', false],
    ['a\r\r\n', false],
    ['a\n\r\n', false],
    ['\n', false],
    ['a\r', false],
    ['x\n.\nMAIL FROM:<a@b.test>\r\n', false],
  ])('ING-12: %j is %s', (text, expected) => {
    expect(isGood([text])).toBe(expected);
  });

  it('ING-12: wherever it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('\r\n', '\r', '\n', 'a', '.')), (pieces) => {
        const text = pieces.join('');
        const expected = !/\r(?!\n)|(?<!\r)\n/.test(text);
        expect(isGood(text.split(''))).toBe(expected);
        expect(isGood([text])).toBe(expected);
      }),
    );
  });
});
