import { expect, test } from "vitest";
import { checkReshardSeeds, TIMEOUT_MS } from "./reshard-model.test-support.ts";

// A file of its own, so that another core may run it.
test(
  "changes of the number of shards never show, in the second half of the seeds",
  async () => {
    const { runs } = await checkReshardSeeds(1);
    expect(runs === 1 || runs >= 1_000).toBe(true);
  },
  TIMEOUT_MS,
);
