import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // The engine already uses two threads; more workers would only make each other slower.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
  },
})
