import type { StoredBatch } from "@shale/columns";
import { selectRows } from "@shale/columns";
import type { DayFileContent } from "../src/day-file/day-file.ts";
import { exampleBatch } from "./examples.ts";
import { contentOf, storedBatchOf } from "./stored-batch-of.ts";

/** The second row of docs/formats/batch.md, a buy by u2, as a day file holds it. */
const { writer, ...row } = selectRows(exampleBatch, Uint32Array.of(1));
const batch: StoredBatch = {
  ...row,
  writers: Float64Array.of(writer),
  seqs: exampleBatch.seqs.slice(1),
  generations: new Uint32Array(1),
};

/** What docs/formats/day-file.md shows in hex. */
export const exampleDayFile: DayFileContent = { ...contentOf(batch, 4), shard: 3, project: "web" };

/** Rows of every kind, of which fixtures/v1/day-file.parquet was made. */
export const fixtureRows = Array.from({ length: 600 }, (_one, i) => ({
  user_id: i % 50 === 0 ? "" : `u${i % 37}`,
  event: ["view", "buy", "Ωμέγα"][i % 3]!,
  timeMs: Date.UTC(2026, 0, 1) + ((i * 7_919_123) % 86_400_000),
  insert_id: i % 5 === 0 ? undefined : `insert-${i}`,
  seq: 775_736_524_800_000 + ((i * 7919) % 600) * 4096,
  writer: 1 + (i % 2),
  generation: i % 97 === 0 ? 1 : 0,
  properties: {
    page: `/page/${i % 300}`,
    Price: i % 3 === 0 ? i / 4 : i % 3 === 1 ? `${i}` : [i, null, "x"],
    price: i / 7,
    ...(i % 10 === 0 ? { isNew: i % 20 === 0, "": "" } : {}),
  },
}));
export const fixtureBatch = storedBatchOf(fixtureRows, {
  shards: 8,
  isSparse: (key) => key.includes("isNew"),
});
