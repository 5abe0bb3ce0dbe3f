import { openStore } from "@shale/engine";
import { expect, test } from "vitest";

const day = { from: "2026-10-01", to: "2026-10-02" } as const;
const query = {
  kind: "segmentation",
  unit: "day",
  ...day,
  series: [{ select: {}, measure: "total" }],
} as const;

// A reader that polled counts met OPTION_INVALID for a spec that it had never named.
test("a snapshot of a spec that was closed has expired; one is of its own spec only", async () => {
  const store = await openStore({ root: ":memory:", compaction: "off" });
  try {
    const project = await store.project("shop", { shards: 2 });
    const view = { event: "view", user_id: "u", time: Date.UTC(2026, 9, 1) };
    await project.append([view]);
    const { reshard } = project;
    await reshard.begin({ shards: 3 });
    await reshard.backfill();
    await reshard.validate();
    await reshard.finalize();
    const { snapshot } = (await project.query(query)).meta;
    await expect(project.query(query, { snapshot, spec: "A" })).rejects.toMatchObject({
      code: "OPTION_INVALID",
      path: "snapshot",
    });
    await reshard.rollback();
    expect((await project.query(query, { snapshot })).series[0]?.overall.range).toBe(1);
    await reshard.abort({ graceMs: 0 });
    await expect(project.query(query, { snapshot })).rejects.toMatchObject({
      code: "SNAPSHOT_EXPIRED",
    });
    expect((await project.query(query)).series[0]?.overall.range).toBe(1);
  } finally {
    await store.close();
  }
});
