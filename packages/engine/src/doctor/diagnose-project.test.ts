import type { Env } from "@shale/env";
import { beforeEach, describe, expect, test } from "vitest";
import { openStore } from "../open-store.ts";
import type { Project } from "../store.ts";
import { changeBytes, eventsOf, keysUnder, worldOf } from "../verify/verify.test-support.ts";

let env: Env;
beforeEach(() => {
  env = worldOf();
});

async function withProject<T>(call: (project: Project) => Promise<T>): Promise<T> {
  const store = await openStore({ env, flushIntervalMs: 3_600_000, compaction: "off" });
  try {
    return await call(await store.project("shop", { shards: 2 }));
  } finally {
    await store.close();
  }
}
const append = (first: number) =>
  withProject(async (project) => {
    await project.append(eventsOf(first, 30));
  });
const codesFound = () =>
  withProject(async (project) => (await project.diagnose()).findings.map(({ code }) => code));

describe("diagnoseProject()", () => {
  test("finds nothing in a store that is looked after", async () => {
    await append(0);
    await withProject((project) => project.compact());
    await withProject((project) => project.collect({ graceMs: 0 }));
    expect(await codesFound()).toEqual([]);
  });

  test("finds what a merge left, and what waits for the end of its grace", async () => {
    for (const first of [0, 15]) {
      await append(first);
      await withProject((project) => project.compact());
    }
    expect(await codesFound()).toEqual(["GARBAGE"]);
    await withProject((project) => project.collect({ graceMs: 3_600_000 }));
    expect(await codesFound()).toEqual(["CONDEMNED_WAITS"]);
    await withProject((project) => project.collect({ graceMs: 0 }));
    expect(await codesFound()).toEqual([]);
  });

  test("follows a delete to its end", async () => {
    await append(0);
    await withProject((project) => project.compact());
    await withProject((project) => project.deleteUsers(["u3"]));
    expect(await codesFound()).toContain("DELETE_WAITS");
    await withProject((project) => project.compact());
    for (let turn = 0; turn < 2; turn++) {
      await withProject((project) => project.collect({ graceMs: 0 }));
    }
    expect(await codesFound()).toEqual([]);
  });

  test("finds days that are no longer to be kept", async () => {
    await append(0);
    await withProject((project) => project.compact());
    await withProject((project) => project.setRetention("3d"));
    expect(await codesFound()).toEqual(["RETENTION_DUE"]);
    await withProject((project) => project.collect({ graceMs: 0 }));
    await withProject((project) => project.compact());
    await withProject((project) => project.collect({ graceMs: 0 }));
    expect(await codesFound()).toEqual([]);
  });

  test("sends a damaged manifest to a person", async () => {
    await append(0);
    await withProject((project) => project.compact());
    const key = (await keysUnder(env, "spec=A/manifest/")).at(-1) ?? "";
    await changeBytes(env, key, (bytes) => bytes.subarray(1));
    const { ok, findings } = await withProject((project) => project.diagnose());
    expect([ok, findings[0]?.code]).toEqual([false, "DAMAGE"]);
  });

  test("follows a reshard, and a spec that was given up", async () => {
    await append(0);
    await withProject((project) => project.compact());
    await withProject((project) => project.collect({ graceMs: 0 }));
    const reshard = <T>(call: (verbs: Project["reshard"]) => Promise<T>) =>
      withProject((project) => call(project.reshard));
    await reshard((verbs) => verbs.begin({ shards: 3 }));
    expect(await codesFound()).toEqual(["RESHARD_WAITS"]);
    await reshard((verbs) => verbs.pause());
    expect(await codesFound()).toEqual(["RESHARD_PAUSED"]);
    await reshard((verbs) => verbs.resume());
    await reshard((verbs) => verbs.backfill());
    const { live, specs } = await withProject((project) => project.status());
    expect([live, specs.map(({ spec, shards, events }) => [spec, shards, events])]).toEqual([
      "A",
      [
        ["A", 2, 30],
        ["B", 3, 30],
      ],
    ]);
    await reshard((verbs) => verbs.abort({ graceMs: 3_600_000 }));
    expect(await codesFound()).toEqual(["CONDEMNED_WAITS"]);
    await reshard((verbs) => verbs.collect({ graceMs: 0 }));
    expect(await codesFound()).toEqual([]);
    expect((await withProject((project) => project.status())).specs).toHaveLength(1);
  });

  test("counts a spec that is copied ahead of its cut by its files", async () => {
    await append(0);
    await withProject((project) => project.compact());
    await withProject((project) => project.reshard.begin({ shards: 3, strategy: "chunked" }));
    const { specs } = await withProject((project) => project.status());
    expect(specs.map(({ spec, events, tailEvents }) => [spec, events, tailEvents])).toEqual([
      ["A", 30, 0],
      ["B", 0, 0],
    ]);
  });
});
