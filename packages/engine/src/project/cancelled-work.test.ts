import { memoryDisk, memoryStore } from "@shale/env";
import { expect, test } from "vitest";
import { openStore } from "../open-store.ts";
import type { Project } from "../store.ts";

type Work = (project: Project, signal: AbortSignal) => Promise<unknown>;
const works: Readonly<Record<string, Work>> = {
  compact: (project, signal) => project.compact({ signal }),
  collect: (project, signal) => project.collect({ signal }),
  events: (project, signal) => drained(project.events({ signal })),
  "an export": (project, signal) => drained(project.export({ signal })),
  "an export to Parquet": (project, signal) =>
    drained(project.export({ format: "parquet", signal })),
  verify: (project, signal) => project.verify({ full: true, signal }),
};

async function drained(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _item of items);
}

// A DOMException is what AbortController gives by itself: it must not come out as it is.
test.each(Object.keys(works))(
  "%s that is stopped says CANCELLED, and a rerun does all",
  async (name) => {
    const store = await openStore({ store: memoryStore(), disk: memoryDisk(), compaction: "off" });
    try {
      const project = await store.project("shop", { shards: 3 });
      await project.append([{ event: "view", user_id: "a", time: Date.UTC(2026, 9, 1) }]);
      await project.flush();
      const stop = new AbortController();
      const working = works[name]!(project, stop.signal);
      stop.abort();
      await expect(working).rejects.toMatchObject({ name: "ShaleError", code: "CANCELLED" });
      await project.compact();
      await project.collect();
      expect(await project.verify({ full: true })).toMatchObject({ ok: true, events: 1 });
    } finally {
      await store.close();
    }
  },
);
