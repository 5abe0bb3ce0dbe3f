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
});
