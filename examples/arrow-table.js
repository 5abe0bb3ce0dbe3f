// Take an answer as an Apache Arrow table, and all events as a Parquet file.
import { openStore, toArrow } from "shale";
import { clickstream } from "./clickstream.js";

const store = await openStore({ root: ":memory:" });
try {
  const project = await store.project("shop");
  for (const batch of clickstream({ events: 5_000, users: 500 })) await project.append(batch);

  const answer = await project.query({
    kind: "segmentation",
    unit: "range",
    from: "2026-10-01",
    to: "2026-10-31",
    series: [{ select: { event: "purchase" }, measure: { sum: "price" } }],
    by: ["country"],
    limit: 2,
  });
  const table = toArrow(answer);
  console.log(table.schema.fields.map(String).join(", "));
  for (const row of table) console.log(String(row));

  const pieces = [];
  for await (const piece of project.export({ format: "parquet" })) pieces.push(piece);
  console.log(Buffer.concat(pieces).subarray(0, 4).toString());
} finally {
  await store.close();
}
