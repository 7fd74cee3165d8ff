/**
 * What every interop test file begins with: the servers of this run, and groups that are skipped where there are none.
 */
import { describe, inject, type SuiteAPI } from 'vitest';
import type { Interop } from './global-setup.js';

const given = inject('interop');

/** A group of tests that need the real servers. */
export const describeInterop: ReturnType<SuiteAPI['skipIf']> = describe.skipIf(given === null);

/** The servers of this run. Call it within tests and hooks only. */
export function interop(): Interop {
  if (given === null) throw new Error('there are no servers here, and this test is not to run');
  return given;
}
