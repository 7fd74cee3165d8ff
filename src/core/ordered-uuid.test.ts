import { expect, it } from 'vitest';
import { orderedUuid } from './ordered-uuid.js';

// The example of RFC 9562, appendix A.6.
const THEN = 0x017f22e279b0;

it('RFC 9562 §5.7: time first, then version, variant and random bits', () => {
  expect(orderedUuid(THEN)).toMatch(/^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(Array.from({ length: 1000 }, () => orderedUuid(THEN))).size).toBe(1000);
});

it('RFC 9562 §6.11: later ids sort behind earlier ones', () => {
  const ids = [0, 1, THEN, THEN + 1, 2 ** 48 - 1].map(orderedUuid);
  expect(ids.toSorted()).toEqual(ids);
  expect(orderedUuid(-5)).toMatch(/^00000000-0000-7/);
});
