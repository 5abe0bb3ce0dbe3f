// Keep a few events and count them by day.
import { openStore } from "shale";

const store = await openStore({ root: ":memory:" });
try {
  const project = await store.project("default", { shards: 8 });
  const ack = await project.append([
    { event: "view", user_id: "ann", time: "2026-10-01T09:00:00Z", properties: { country: "IN" } },
    { event: "view", user_id: "bob", time: "2026-10-01T10:00:00Z", properties: { country: "US" } },
    { event: "view", user_id: "ann", time: "2026-10-02T09:00:00Z", properties: { country: "IN" } },
  ]);
  console.log(`${ack.accepted} events kept`);

  const answer = await project.query({
    kind: "segmentation",
    unit: "day",
    from: "2026-10-01",
    to: "2026-10-03",
    series: [{ select: { event: "view" }, measure: "unique" }],
  });
  answer.intervals.forEach((day, index) => {
    console.log(day, answer.series[0].overall.values[index], "users");
  });
} finally {
  await store.close();
}
