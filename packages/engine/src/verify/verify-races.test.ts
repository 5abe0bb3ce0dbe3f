import { runCollection } from "@shale/catalog";
import { loadUserHasher } from "@shale/columns";
import { compactProject } from "@shale/compaction";
import type { ObjectStore } from "@shale/env";
import { expect, test } from "vitest";
import { openStore } from "../open-store.ts";
import { eventsOf, shop, worldOf } from "./verify.test-support.ts";
import { verifyProject } from "./verify-project.ts";

const SESSIONS = process.env["SHALE_TEST_LONG"] === "1" ? 20 : 5;

/**
 * Writers come and go, one process compacts, and one collects with no grace at all: whatever is
 * verified may have gone by the time it is looked at.
 */
test("finds nothing in a whole store while others write, compact and collect", async () => {
  const env = worldOf();
  const hasher = await loadUserHasher();
  let appended = 0;
  async function write(): Promise<void> {
    for (let session = 0; session < SESSIONS; session++) {
      const store = await openStore({ env, flushIntervalMs: 3_600_000 });
      const project = await store.project("shop", { shards: 70 });
      for (let flush = 0; flush < 3; flush++) {
        await project.append(eventsOf(appended % 96, 8));
        appended += 8;
        await project.flush();
        await env.clock.sleep(20);
      }
      await store.close();
    }
  }
  /** As often as there are sessions: the history of an hour stays, and is verified each time. */
  async function again(work: () => Promise<unknown>): Promise<void> {
    for (let turn = 0; turn < 2 * SESSIONS; turn++) {
      await work();
      await env.clock.sleep(30);
    }
  }
  const first = await openStore({ env });
  await first.project("shop", { shards: 70 });
  await first.close();
  let isDone = false;
  const others = Promise.all([
    write(),
    again(() => compactProject(env, { project: shop, hasher, mode: "full" })),
    again(() => runCollection(env, shop, { graceMs: 0 })),
  ]).finally(() => {
    isDone = true;
  });
  let [highest, goneCount] = [0, 0];
  /** Gives the others a turn before every read, so that much happens while one is verified. */
  const store: ObjectStore = {
    ...env.store,
    async get(key, options) {
      await env.clock.sleep(1);
      const stored = await env.store.get(key, options);
      if (stored === undefined) goneCount++;
      return stored;
    },
  };
  for (let round = 0; !isDone; round++) {
    const { findings, events } = await verifyProject({ ...env, store }, shop, {
      full: round % 2 === 0,
      hasher,
    });
    expect(findings).toEqual([]);
    highest = Math.max(highest, events);
  }
  await others;
  expect(highest).toBeGreaterThan(0);
  expect(goneCount, "the race was one").toBeGreaterThan(0);
  const { ok, events } = await verifyProject(env, shop, { full: true, hasher });
  expect({ ok, events: events <= appended }).toEqual({ ok: true, events: true });
}, 600_000);
