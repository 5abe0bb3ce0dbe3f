import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files that put something else in the place of a module, or look at their process. All others share
 * their modules with the files that ran before them: loading them anew for each took a tenth of the
 * whole run.
 */
const alone = [
  "packages/arrow/src/load-arrow.test.ts",
  "packages/cli/test/documents.test.ts",
  "packages/engine/src/project/query-threads.test.ts",
  "packages/env/src/system/system.test.ts",
  "packages/format/test/without-libraries.test.ts",
  "packages/intake/src/ndjson-reader.test.ts",
  "packages/reshard/src/validate/faulty-parts.test.ts",
  "packages/testing/src/arbitraries/fast-check-package.test.ts",
];

/** What takes a minute and more begins first, so that no processor waits for it at the end. */
const longest = [
  "testing/test/options/query-options.test.ts",
  "testing/test/physical-state.test.ts",
  "testing/test/physical-state-second-half.test.ts",
  "cli/test/real-day-files.test.ts",
  "testing/test/processes/reshard-kills.test.ts",
  "testing/test/reshard-model.test.ts",
  "testing/test/reshard-model-second-half.test.ts",
  "testing/test/processes/compaction-kills.test.ts",
  "testing/test/processes/kills.test.ts",
  "testing/test/fault-points-reshard.test.ts",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification): number => {
      const rank = longest.findIndex((name) => moduleId.endsWith(name));
      return rank < 0 ? longest.length : rank;
    };
    return (await super.sort(files)).sort((a, b) => rankOf(a) - rankOf(b));
  }
}

/** Finds what hangs, not what is slow: the long run does up to a hundred times as much in a test. */
const LIMIT_MS = process.env.SHALE_TEST_LONG === "1" ? 3_600_000 : 60_000;

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
    testTimeout: LIMIT_MS,
    hookTimeout: LIMIT_MS,
    pool: "forks",
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: "shared",
          isolate: false,
          include: [
            "packages/*/src/**/*.test.ts",
            "packages/*/test/**/*.test.ts",
            "scripts/**/*.test.ts",
          ],
          exclude: alone,
        },
      },
      { extends: true, test: { name: "alone", include: alone } },
    ],
  },
});
