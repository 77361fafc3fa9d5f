import { defineConfig } from 'vitest/config';

/** What takes long: all kills, all faults, simulations. One file at a time, since each loads the machine by itself. */
export default defineConfig({
  test: {
    include: ['test/soak/**/*.test.ts'],
    testTimeout: 60 * 60_000,
    hookTimeout: 10 * 60_000,
    fileParallelism: false,
  },
});
