// Several stores in one process, and events that stay when the process ends.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "shale";

const root = mkdtempSync(join(tmpdir(), "shale-example-"));
try {
  const writing = await openStore({ root });
  const project = await writing.project("default");
  const event = { event: "view", user_id: "ann", time: "2026-10-01T09:00:00Z", insert_id: "v1" };
  await project.append([event], { durability: "committed" });
  await project.append([event], { durability: "committed" }); // The same insert_id: one event.

  const reading = await openStore({ root, readOnly: true });
  for await (const found of (await reading.project("default")).events()) console.log(found);
  await reading.close();
  await writing.close();
} finally {
  rmSync(root, { recursive: true });
}
