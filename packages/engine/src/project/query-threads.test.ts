import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPin } from "@shale/catalog";
import { systemClock, threadWorkers } from "@shale/env";
import { projectId } from "@shale/model";
import { parseQuery, runQuery, threadExecutor } from "@shale/query";
import { createTailCache } from "@shale/scan";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { threadEnvironmentOf } from "../environment.ts";
import { openStore } from "../open-store.ts";

const folder = mkdtempSync(join(tmpdir(), "shale-query-threads-"));
const root = join(folder, "store");
const START_MS = Date.UTC(2026, 9, 1);
const events = Array.from({ length: 4_000 }, (_, i) => ({
  event: ["view", "add", "buy"][i % 3] ?? "",
  user_id: `u${(i * 7) % 411}`,
  time: START_MS + i * 300_000,
  insert_id: `e${i}`,
  properties: { city: ["Rome", "Oslo"][i % 2] ?? "" },
}));
const range = { from: "2026-10-01", to: "2026-10-15", asOf: "2026-11-20" } as const;
const select = { event: "view" };
const steps = [{ event: "view" }, { event: "add" }, { event: "buy" }];
const queries = [
  { kind: "funnel", ...range, steps, window: "2d", by: ["city"] },
  { kind: "retention", ...range, birth: select, return: {}, unit: "day", by: ["city"] },
  { kind: "lifecycle", ...range, select, unit: "day" },
  { kind: "stickiness", ...range, select, unit: "day" },
  { kind: "segmentation", ...range, unit: "day", series: [{ select, measure: "unique" }] },
] as const;

beforeAll(async () => {
  const store = await openStore({ root, workerCount: 0, compaction: "off" });
  try {
    const project = await store.project("shop", { shards: 7 });
    await project.append(events.slice(0, 2_000));
    await project.flush();
    await project.compact();
    await project.append(events.slice(2_000, 3_500));
    await project.flush();
  } finally {
    await store.close();
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function answersOf(workerCount: number): Promise<unknown[]> {
  const store = await openStore({ root, workerCount, fanOutRowsMin: 0, compaction: "off" });
  try {
    const project = await store.project("shop");
    await project.append(events.slice(3_500)); // In the memory of this process alone.
    return await Promise.all(
      queries.map(async (query) => {
        const { meta: _meta, ...answer } = await project.query(query);
        return answer;
      }),
    );
  } finally {
    await store.close();
  }
}

test("threads answer as this one does, rows that are not flushed included", async () => {
  expect(await answersOf(2)).toEqual(await answersOf(0));
});

test("a folder that was named from here stays the same when the process goes elsewhere", async () => {
  const before = process.cwd();
  process.chdir(folder);
  try {
    const store = await openStore({ root: "store", workerCount: 2, fanOutRowsMin: 0 });
    try {
      process.chdir(tmpdir());
      const project = await store.project("shop");
      const { steps } = await project.query(queries[0]);
      expect(steps[0]?.count).toBeGreaterThan(0);
      const { columns } = await project.querySql("select count(*) > 0 found from events");
      expect(columns[0]?.cells).toEqual([true]);
    } finally {
      await store.close();
    }
  } finally {
    process.chdir(before);
  }
});

describe("a thread that", () => {
  const env = threadEnvironmentOf(root);
  const entry = new URL("../../test/fixtures/faulty-query-worker.js", import.meta.url);

  async function askWith(fault: string, signal?: AbortSignal, silenceMsMax = 1_500) {
    const threads = [1, 2].map(() => threadWorkers(entry, { size: 1 }));
    const place = { root, cacheBytesMax: 2 ** 24 };
    const executors = threads.map((thread) =>
      threadExecutor({ clock: systemClock(), thread, place, silenceMsMax }),
    );
    writeFileSync(`${root}.fault`, fault);
    try {
      return await runQuery(env, {
        pin: await openPin(env, projectId("shop"), {}),
        parsed: parseQuery(queries[0]),
        nowMs: START_MS,
        cache: createTailCache({ bytesMax: 2 ** 24 }),
        executors,
        fanOutRowsMin: 0,
        signal,
      });
    } finally {
      rmSync(`${root}.fault`, { force: true });
      await Promise.all(threads.map((thread) => thread.close()));
    }
  }

  test.each(["exit", "spin"])("is lost (%s) is replaced and asked again", async (fault) => {
    const { meta, ...answer } = await askWith(fault);
    expect(meta.stats.retries).toBe(1);
    const { meta: alone, ...expected } = await askWith("none");
    expect(answer).toEqual(expected);
    expect(alone.stats.retries).toBe(0);
  });

  test("does not hear that it shall stop is ended", async () => {
    const stop = new AbortController();
    const waiting = setInterval(() => {
      if (existsSync(`${root}.fault`)) return; // No thread has begun.
      clearInterval(waiting);
      setTimeout(() => stop.abort(), 200);
    }, 20);
    await expect(askWith("spin", stop.signal, 60_000)).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
