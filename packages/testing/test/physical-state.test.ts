import { expect, test } from "vitest";
import { checkSeeds, TIMEOUT_MS } from "./physical-state.test-support.ts";

test(
  "physical state never shows, in the first half of the seeds",
  async () => {
    const { runs, outcomes } = await checkSeeds(0);
    if (runs === 1) return;
    // The runs reach what they are for.
    const reached = ["day file", "day file deleted", "tail object deleted"];
    const failed = ["failed before", "reply lost, written", "landed late, written"];
    for (const name of [...reached, ...failed]) {
      expect(outcomes.get(name) ?? 0, name).toBeGreaterThan(10);
    }
    expect(runs).toBeGreaterThanOrEqual(1_000);
  },
  TIMEOUT_MS,
);
