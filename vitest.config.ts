import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globalSetup: ['test/support/build-playground.ts'],
    include: ['test/**/*.test.ts'],
    // Servers and runners are real processes: give a busy machine time, and the cores to few files at once.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
})
