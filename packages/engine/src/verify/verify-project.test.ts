import { loadUserHasher, type UserHasher } from "@shale/columns";
import type { Env } from "@shale/env";
import { decodeTailObject, encodeTailObject } from "@shale/format";
import { tailNumber } from "@shale/model";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openStore } from "../open-store.ts";
import {
  bytesOf,
  changeBytes,
  damagesOf,
  eventsOf,
  keysUnder,
  shop,
  worldOf,
} from "./verify.test-support.ts";
import { verifyProject } from "./verify-project.ts";

let hasher: UserHasher;
let env: Env;
beforeAll(async () => {
  hasher = await loadUserHasher();
});

/** Two writers with three objects of rows and a seal each: 60 rows in all. */
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
      const keys = await keysUnder(env, prefix);
      for (const key of keys) {
        const whole = await bytesOf(env, key);
        const other = await bytesOf(env, keys.find((one) => one !== key) ?? "");
        for (const change of damagesOf(whole, other)) {
          await changeBytes(env, key, change);
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

  test.each([1, -1])("lists findings by object, whichever read ends first (%i)", async (by) => {
    const keys = await keysUnder(env, "tail/");
    const damaged = keys.filter((_, index) => index % 4 !== 3); // The seals stay whole.
    for (const key of damaged) await changeBytes(env, key, (bytes) => bytes.subarray(1));
    const late = [...keys].sort((a, b) => (a < b ? -by : by));
    const { store } = env;
    const get: typeof store.get = async (key, options) => {
      await new Promise((resolve) => setTimeout(resolve, 20 * (late.indexOf(key) + 1)));
      return store.get(key, options);
    };
    env = { ...env, store: { ...store, get } };
    const { findings } = await verify();
    expect(findings.map(({ object }) => object)).toEqual(damaged);
  });

  test("finds a tail object that is not there", async () => {
    const [, , key = ""] = await keysUnder(env, "tail/");
    await env.store.delete(key);
    expect(await codesFound()).toEqual([["OBJECT_MISSING", key]]);
  });

  test("finds rows of a writer that no catalog knows", async () => {
    const versions = await keysUnder(env, "catalog/");
    await env.store.delete(versions.at(-1) ?? "");
    const [key] = await keysUnder(env, "tail/0000000000000002/");
    expect(await codesFound()).toEqual([["TAIL_UNREAD", key]]);
  });

  test("finds an object whose seqs do not follow the one before", async () => {
    const [first = "", second = ""] = await keysUnder(env, "tail/");
    // Object 1 again, with the number 2: whole, and not what follows object 1.
    const object = decodeTailObject(await bytesOf(env, first), { key: first });
    const bytes = encodeTailObject({ ...object, n: tailNumber(2) });
    await env.store.put(second, bytes, { always: true });
    expect(await codesFound()).toEqual([["TAIL_ORDER", second]]);
  });

  test("notes what Shale did not make, and looks at it no further", async () => {
    await env.store.put("shop/notes.txt", new Uint8Array(3), { always: true });
    const { ok, notes } = await verify();
    const message = "1 object (3 bytes) that Shale did not make";
    expect([ok, notes]).toEqual([
      true,
      [{ code: "OBJECT_UNKNOWN", object: "shop/notes.txt", message }],
    ]);
  });

  test("goes on with an older catalog where the newest is damaged", async () => {
    const versions = await keysUnder(env, "catalog/");
    const key = versions.at(-1) ?? "";
    await changeBytes(env, key, (bytes) => bytes.subarray(1));
    expect((await codesFound())[0]).toEqual(["OBJECT_CORRUPT", key]);
    for (const one of versions) await changeBytes(env, one, () => new Uint8Array(1));
    await expect(verify()).rejects.toMatchObject({ code: "OBJECT_CORRUPT" });
    for (const one of versions) await env.store.delete(one);
    await expect(verify()).rejects.toMatchObject({ code: "PROJECT_NOT_FOUND" });
  });
});
