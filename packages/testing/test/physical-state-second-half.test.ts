import { expect, test } from "vitest";
import { checkSeeds, TIMEOUT_MS } from "./physical-state.test-support.ts";

// A file of its own, so that another core may run it.
test(
  "physical state never shows, in the second half of the seeds",
  async () => {
    const { runs } = await checkSeeds(1);
    expect(runs === 1 || runs >= 1_000).toBe(true);
  },
  TIMEOUT_MS,
);
