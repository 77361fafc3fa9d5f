import { defineConfig } from 'vitest/config';

// Longer than every wait of the tests, so that what they waited for is told, and not only that time is up.
export default defineConfig({
  test: { include: ['test/**/*.test.ts'], testTimeout: 240_000, hookTimeout: 300_000, fileParallelism: false },
});
