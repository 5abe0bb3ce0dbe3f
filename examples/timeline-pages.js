// Read one user's events page by page.
import { openStore } from "shale";

const store = await openStore({ root: ":memory:" });
try {
  const project = await store.project("default");
  const startMs = Date.parse("2026-10-01T00:00:00Z");
  await project.append(
    Array.from({ length: 25 }, (_, n) => ({
      event: n % 5 === 0 ? "purchase" : "view",
      user_id: "ann",
      time: startMs + n * 60_000,
    })),
  );

  let cursor;
  do {
    const page = await project.query({ kind: "timeline", user_id: "ann", limit: 10, cursor });
    const first = page.events[0];
    console.log(`${page.events.length} events from ${first.time} (${first.event})`);
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined);
} finally {
  await store.close();
}
