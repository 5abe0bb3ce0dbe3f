import { expect, test } from "vitest";
import { checkReshardSeeds, TIMEOUT_MS } from "./reshard-model.test-support.ts";

test(
  "changes of the number of shards never show, in the first half of the seeds",
  async () => {
    const { runs, counts } = await checkReshardSeeds(0);
    if (runs === 1) return;
    // The runs reach what they are for.
    const steps = ["begin", "backfill", "validate", "finalize", "rollback", "abort", "collect"];
    const reached = [
      ...steps.map((step) => `reshard ${step}`),
      ...["is overtaken", "falls behind"],
      ...["file of a second spec", "file of a first spec deleted"],
      ...["failed before", "reply lost, written", "landed late, written"],
      ...["a drain met a full disk", "a backfill met a full disk"],
      ...["a spec has caught up", "over rows that it missed"],
      ...["events read across a step", "snapshot read across a step"],
      "the neighbour is as it was",
      "run that compacts in the background",
      ...["abort", "collect", "roll back"].map((end) => `a change was led to its end: ${end}`),
    ];
    for (const name of reached) expect(counts.get(name) ?? 0, name).toBeGreaterThan(4);
    expect(runs).toBeGreaterThanOrEqual(1_000);
  },
  TIMEOUT_MS,
);
