import { loadUserHasher, type UserHasher } from "@shale/columns";
import type { Env } from "@shale/env";
import {
  inlineWorkers,
  memoryDisk,
  memoryStore,
  silentLogger,
  systemClock,
  systemRandom,
} from "@shale/env";
import type { ProjectId } from "@shale/model";
import { projectId } from "@shale/model";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openStore } from "../open-store.ts";
import { verifyProject } from "./verify-project.ts";

const shop: ProjectId = projectId("shop");
let hasher: UserHasher;
let env: Env;
beforeAll(async () => {
  hasher = await loadUserHasher();
});

function worldOf(): Env {
  const clock = systemClock();
  const startMs = clock.monotonicMs();
  return {
    clock: {
      ...clock,
      nowMs: () => Date.UTC(2026, 9, 5) + Math.floor(clock.monotonicMs() - startMs),
    },
    random: systemRandom(),
    logger: silentLogger,
    processes: {
      self: { host: "here", pid: 1, started: "" },
      stateOf: ({ pid }) => (pid === 1 ? "alive" : "dead"),
    },
    store: memoryStore(),
    disk: memoryDisk(),
    workers: inlineWorkers({}),
  };
}

function eventsOf(first: number, count: number) {
  return Array.from({ length: count }, (_, i) => ({
    event: i % 3 === 0 ? "buy" : "view",
    user_id: `u${(first + i) % 13}`,
    time: Date.UTC(2026, 9, 1) + (first + i) * 3_600_000,
    properties: { n: first + i },
  }));
}

/** Two writers: one sealed, with three objects of rows; 60 rows in all. */
beforeEach(async () => {
  env = worldOf();
  for (const first of [0, 30]) {
    const store = await openStore({ env, flushIntervalMs: 3_600_000 });
    const project = await store.project("shop", { shards: 3 });
    for (let flush = 0; flush < 3; flush++) {
      await project.append(eventsOf(first + 10 * flush, 10));
      await project.flush();
    }
    await store.close();
  }
});

async function keysUnder(prefix: string): Promise<string[]> {
  return (await env.store.list(`shop/${prefix}`)).entries.map(({ key }) => key);
}

async function changeBytes(key: string, change: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  const stored = await env.store.get(key);
  const bytes = change(Uint8Array.from(stored?.bytes ?? []));
  await env.store.put(key, bytes, { always: true });
}

const verify = (full = true) => verifyProject(env, shop, { full, hasher });

async function codesFound(): Promise<readonly (readonly [string, string])[]> {
  const { ok, findings } = await verify();
  expect(ok).toBe(findings.length === 0);
  return findings.map(({ code, object }) => [code, object] as const);
}

describe("verifyProject() over a tail", () => {
  test("finds nothing in a whole store, and counts its rows", async () => {
    const { entries } = await env.store.list("shop/");
    expect(await verify()).toEqual({
      ok: true,
      objects: entries.length,
      events: 60,
      findings: [],
      notes: [],
    });
  });

  test("reports bytes up to their number", async () => {
    const seen: number[] = [];
    let total: number | null = null;
    await verifyProject(env, shop, {
      hasher,
      onProgress: (progress) => {
        seen.push(progress.done);
        total = progress.total;
      },
    });
    expect(seen.at(-1)).toBe(total);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  test.each(["catalog/", "tail/"])(
    "finds every flipped bit, cut and swap in %s",
    async (prefix) => {
      const keys = await keysUnder(prefix);
      for (const key of keys) {
        const whole = (await env.store.get(key))?.bytes ?? new Uint8Array(0);
        const other = (await env.store.get(keys.find((one) => one !== key) ?? ""))?.bytes;
        const flips = Array.from({ length: 12 }, (_, i) => Math.floor((whole.length * 8 * i) / 12));
        const changes: ((bytes: Uint8Array) => Uint8Array)[] = [
          ...flips.map((bit) => (bytes: Uint8Array) => {
            bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
            return bytes;
          }),
          (bytes) => bytes.subarray(0, bytes.length - 1),
          () => new Uint8Array(0),
          () => other ?? new Uint8Array(0),
        ];
        for (const change of changes) {
          await changeBytes(key, change);
          expect(await codesFound(), key).toContainEqual([
            expect.stringMatching(/^(OBJECT_CORRUPT|OBJECT_MISPLACED)$/),
            key,
          ]);
          await env.store.put(key, whole, { always: true });
        }
      }
      expect(await codesFound()).toEqual([]);
    },
  );

  test("finds a tail object that is not there", async () => {
    const [, , key = ""] = await keysUnder("tail/");
    await env.store.delete(key);
    expect(await codesFound()).toEqual([["OBJECT_MISSING", key]]);
  });

  test("finds rows of a writer that no catalog knows", async () => {
    const versions = await keysUnder("catalog/");
    await env.store.delete(versions.at(-1) ?? "");
    const found = await codesFound();
    const [key] = await keysUnder("tail/0000000000000002/");
    expect(found).toEqual([["TAIL_UNREAD", key]]);
  });

  test("finds objects whose seqs do not rise, or that stand behind a seal", async () => {
    const [first = "", second = ""] = await keysUnder("tail/");
    const bytes = (await env.store.get(first))?.bytes ?? new Uint8Array(0);
    // Object 1 again, with the number 2: whole, and not what follows object 1.
    const { decodeTailObject, encodeTailObject } = await import("@shale/format");
    const object = decodeTailObject(bytes, { key: first });
    await env.store.put(second, encodeTailObject({ ...object, n: 2 as never }), { always: true });
    expect(await codesFound()).toEqual([["TAIL_ORDER", second]]);
  });

  test("notes what Shale did not make, and looks at it no further", async () => {
    await env.store.put("shop/notes.txt", new Uint8Array(3), { always: true });
    const { ok, notes } = await verify();
    expect([ok, notes]).toEqual([
      true,
      [
        {
          code: "OBJECT_UNKNOWN",
          object: "shop/notes.txt",
          message: "1 object (3 bytes) that Shale did not make",
        },
      ],
    ]);
  });

  test("goes on with an older catalog where the newest is damaged", async () => {
    const key = (await keysUnder("catalog/")).at(-1) ?? "";
    await changeBytes(key, (bytes) => bytes.subarray(1));
    const found = await codesFound();
    expect(found[0]).toEqual(["OBJECT_CORRUPT", key]);
    for (const one of await keysUnder("catalog/")) await changeBytes(one, () => new Uint8Array(1));
    await expect(verify()).rejects.toMatchObject({ code: "OBJECT_CORRUPT" });
    for (const one of await keysUnder("catalog/")) await env.store.delete(one);
    await expect(verify()).rejects.toMatchObject({ code: "PROJECT_NOT_FOUND" });
  });
});
