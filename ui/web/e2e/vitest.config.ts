import { defineConfig } from 'vitest/config';

/** The real program and a real browser: one test after the other, with time to start. */
export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 60_000,
  },
});
