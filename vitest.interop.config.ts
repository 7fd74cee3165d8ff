import { defineConfig } from 'vitest/config';

/** Real mail servers on loopback. One file after the other: memory and time are measured too. */
export default defineConfig({
  test: {
    include: ['test/interop/**/*.test.ts'],
    globalSetup: ['./test/interop/global-setup.ts'],
    reporters: ['default', './test/plain-reporter.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
