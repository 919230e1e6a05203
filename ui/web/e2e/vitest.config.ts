import { defineConfig } from 'vitest/config';

/** Asked for pictures, the run takes them and nothing else: they show some minutes, which no test needs. */
const pictures = process.env['UPDATE_PICTURES'] !== undefined;

/** The real program and a real browser: one test after the other, with time to start. */
export default defineConfig({
  test: {
    include: [pictures ? 'e2e/pictures.ts' : 'e2e/**/*.test.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: pictures ? 600_000 : 120_000,
    hookTimeout: 60_000,
  },
});
