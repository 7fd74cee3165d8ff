/**
 * Replies that stand where they do not belong, by their enhanced codes.
 */
import { expect, it } from 'vitest';
import type { Reply } from './reply.js';
import { isMisplaced, isWhollyTaken } from './say-envelope.js';

const said = (enhanced: string | null, code = 250): Reply => ({ code, enhanced, lines: [] });

it.each([
  ['RSET', '2.0.0', false],
  ['RSET', '2.1.5', false],
  ['MAIL', '2.1.0', false],
  ['MAIL', '2.0.0', false],
  ['MAIL', '2.1.5', true],
  ['RCPT', '2.1.5', false],
  ['RCPT', '2.1.0', false],
  ['BDAT', '2.0.0', false],
  ['BDAT', '2.6.0', false],
  ['BDAT', null, false],
  ['BDAT', '2.1.5', true],
  ['BDAT', '2.1.0', true],
])('AT-7, SC-54: %s answered with 250 %s: misplaced %s', (command, enhanced, misplaced) => {
  expect(isMisplaced(command, said(enhanced))).toBe(misplaced);
});

it('AT-7: a refusal is never misplaced', () => {
  expect(isMisplaced('BDAT', said('5.1.1', 550))).toBe(false);
});

it('SC-54: a server that says so of its own accord is not written ahead of', () => {
  const taken = { mail: said('2.1.0'), rcpt: [said('2.1.5')], final: said('2.0.0') };
  const rest = { phase: 'final', data: null, end: 0, abandoned: false, mismatched: false } as const;
  expect(isWhollyTaken({ ...rest, ...taken })).toBe(true);
  expect(isWhollyTaken({ ...rest, ...taken, final: said('2.1.5') })).toBe(false);
  expect(isWhollyTaken({ ...rest, ...taken, mail: said('2.1.5') })).toBe(false);
});
