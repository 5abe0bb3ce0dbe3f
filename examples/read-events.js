// Walk over events in order of time, and stop when enough was seen.
import { openStore } from "shale";

const store = await openStore({ root: ":memory:" });
try {
  const project = await store.project("default");
  await project.append([
    { event: "purchase", user_id: "ann", time: "2026-10-02T08:00:00Z", properties: { price: 30 } },
    { event: "purchase", user_id: "bob", time: "2026-10-01T08:00:00Z", properties: { price: 20 } },
    { event: "purchase", user_id: "cid", time: "2026-10-03T08:00:00Z", properties: { price: 50 } },
  ]);

  let spent = 0;
  for await (const event of project.events({ from: "2026-10-01", to: "2026-11-01" })) {
    spent += event.properties.price;
    console.log(event.time, event.user_id, `together ${spent}`);
    if (spent >= 50) break; // Releases the snapshot that the events come from.
  }
} finally {
  await store.close();
}
