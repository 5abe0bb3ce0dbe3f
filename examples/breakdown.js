// Break a count down by a property, with a filter: the greatest segments, and the rest as one.
import { openStore } from "shale";
import { clickstream } from "./clickstream.js";

const store = await openStore({ root: ":memory:" });
try {
  const project = await store.project("shop");
  for (const batch of clickstream({ events: 20_000, users: 2_000 })) await project.append(batch);

  const answer = await project.query({
    kind: "segmentation",
    unit: "range",
    from: "2026-10-01",
    to: "2026-10-31",
    series: [{ select: { event: "purchase" }, measure: "total" }],
    where: { property: "price", op: "gte", value: 10 },
    by: ["country"],
    limit: 3,
  });
  for (const segment of answer.series[0].segments) {
    console.log(segment.other ? "all others" : segment.by[0], segment.range);
  }
} finally {
  await store.close();
}
