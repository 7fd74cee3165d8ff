import { expect, it } from 'vitest';
import { isVersionAtLeast } from './versions.js';

it.each([
  ['TLSv1.3', 'TLSv1.2', true],
  ['TLSv1.2', 'TLSv1.2', true],
  ['TLSv1.2', 'TLSv1.3', false],
  ['TLSv1.1', 'TLSv1.2', false],
  ['TLSv1', 'TLSv1.2', false],
  ['SSLv3', 'TLSv1', false],
  ['TLSv1', 'TLSv1', true],
  ['unknown', 'TLSv1', false],
  ['', 'TLSv1', false],
] as const)('CV-1, CV-5: %s against the floor %s', (negotiated, floor, expected) => {
  expect(isVersionAtLeast(negotiated, floor)).toBe(expected);
});
