import { expect, it } from 'vitest';
import { printable } from './printable.js';

it.each([
  ['\u001b[31mred\u001b[0m', '\\x{1B}[31mred\\x{1B}[0m'],
  ['a\r\nb\0', 'a\\x{0D}\\x{0A}b\\x{00}'],
  ['\u009b2J', '\\x{9B}2J'],
  ['abc\u202egpj', 'abc\\x{202E}gpj'],
  ['a\ud800b', 'a\\x{D800}b'],
  ['plain åäö <b>', 'plain åäö <b>'],
])('AT-50: %j is shown as %j', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

it('AT-50: long text is cut, and says so', () => {
  expect(printable('x'.repeat(500), 20)).toBe(`${'x'.repeat(17)}...`);
  expect(printable('x'.repeat(20), 20)).toBe('x'.repeat(20));
  expect(printable('\n'.repeat(20), 20).length).toBe(20);
});
