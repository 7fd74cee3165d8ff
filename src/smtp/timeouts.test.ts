import { expect, it } from 'vitest';
import { TIMEOUTS } from './timeouts.js';

it('SC-37: the defaults are the minima of RFC 5321 §4.5.3.2 or longer', () => {
  const minutes = (ms: number): number => ms / 60_000;
  expect(minutes(TIMEOUTS.greeting)).toBeGreaterThanOrEqual(5);
  expect(minutes(TIMEOUTS.mail)).toBeGreaterThanOrEqual(5);
  expect(minutes(TIMEOUTS.rcpt)).toBeGreaterThanOrEqual(5);
  expect(minutes(TIMEOUTS.data)).toBeGreaterThanOrEqual(2);
  expect(minutes(TIMEOUTS.block)).toBeGreaterThanOrEqual(3);
  expect(minutes(TIMEOUTS.final)).toBeGreaterThanOrEqual(10);
});

it('SC-37: connecting takes at most 30 s and a handshake 60 s; EHLO and STARTTLS have the time of MAIL', () => {
  expect(TIMEOUTS).toMatchObject({ connect: 30_000, handshake: 60_000, command: TIMEOUTS.mail });
});
