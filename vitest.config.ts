import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// One project per kind of test, so that a person can run just the kind that answers the question at hand.
// `lab` and `console` need root, Docker and Chromium: test/run.ts decides whether a machine can run them.
export default defineConfig({
  test: {
    // On two cores Vitest would keep one of them for itself, which does almost nothing while tests run.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      // A limit says that a test hangs, not that the machine is busy.
      // Files share a worker's modules: importing the server anew for each of them would take as long as all the tests. So none may leave anything in a module.
      { test: { name: 'unit', environment: 'node', isolate: false, setupFiles: ['test/fixed-seed.ts'], testTimeout: 30_000, include: ['{scheduler,server,agents}/**/*.test.ts', 'test/*.test.ts', 'test/{scenarios,contract,lab,load,sim}/**/*.test.ts'] } },
      { test: { name: 'web', environment: 'node', include: ['web/**/*.test.ts'] } },
      { test: { name: 'lab', environment: 'node', include: ['test/lab/**/*.lab.ts'], testTimeout: 180_000, hookTimeout: 180_000, fileParallelism: false } },
      { test: { name: 'console', environment: 'node', setupFiles: ['test/e2e/failing-pictures.ts'], include: ['test/e2e/**/*.e2e.ts'], testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false } },
    ],
  },
});
