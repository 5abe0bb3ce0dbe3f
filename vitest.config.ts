import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const packages = fileURLToPath(new URL("./packages/", import.meta.url));

// Tests run on the sources: an alias, not an export condition, because conditions leak into worker
// threads through `execArgv` and make them resolve `.ts` files that Node 20 cannot load.
export default defineConfig({
  resolve: {
    alias: [
      { find: /^@shale\/env\/testing$/, replacement: `${packages}env/src/testing/index.ts` },
      { find: /^@shale\/([a-z-]+)$/, replacement: `${packages}$1/src/index.ts` },
      { find: /^shale\/testing$/, replacement: `${packages}shale/src/testing.ts` },
      { find: /^shale$/, replacement: `${packages}shale/src/index.ts` },
    ],
  },
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "packages/*/test/**/*.test.ts",
      "scripts/**/*.test.ts",
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
