import { referenceStore } from "shale/testing";
import { expect, test } from "vitest";

test("two users view, one of them twice", async () => {
  const store = referenceStore();
  const time = "2026-10-01T09:00:00Z";
  await store.append(["ann", "ann", "bob"].map((user_id) => ({ event: "view", user_id, time })));
  const answer = await store.query({
    kind: "segmentation",
    ...{ from: "2026-10-01", to: "2026-10-02", unit: "day" },
    series: [{ select: { event: "view" }, measure: "unique" }],
  });
  expect(answer.series[0]?.overall).toEqual({ values: [2], range: 2 });
});
