import { runCollection, writeHeartbeat } from "@shale/catalog";
import { loadUserHasher, type UserHasher } from "@shale/columns";
import { compactProject } from "@shale/compaction";
import type { Env } from "@shale/env";
import { decodeManifest, encodeManifest, eventHashesOf } from "@shale/format";
import { chainVersion, writerOrdinal } from "@shale/model";
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

async function appendRows(first: number): Promise<void> {
  const store = await openStore({ env, flushIntervalMs: 3_600_000 });
  const project = await store.project("shop", { shards: 2 });
  for (let flush = 0; flush < 3; flush++) {
    await project.append(eventsOf(first + 10 * flush, 10));
    await project.flush();
  }
  await store.close();
}
const compact = (mode: "full" | "due" = "full") =>
  compactProject(env, { project: shop, hasher, mode });

/** 30 rows in merged day files, and 30 in the tail. */
beforeEach(async () => {
  env = worldOf();
  await appendRows(0);
  await compact();
  await appendRows(30);
});

const verify = (full = true) => verifyProject(env, shop, { full, hasher });

async function codesFound(full = true): Promise<readonly (readonly [string, string])[]> {
  const { ok, findings } = await verify(full);
  expect(ok).toBe(findings.length === 0);
  return findings.map(({ code, object }) => [code, object] as const);
}

describe("verifyProject() over day files", () => {
  test.each([false, true])("finds nothing in a whole store, with full = %s", async (full) => {
    const { ok, events, findings, notes } = await verify(full);
    expect(findings).toEqual([]);
    expect({ ok, events }).toEqual({ ok: true, events: 60 });
    expect(notes.map(({ code }) => code)).toEqual([]);
    await compact();
    const after = await verify(full);
    expect(after.findings).toEqual([]);
    expect(after.events).toBe(60);
  });

  test("finds every flipped bit, cut and swap in a day file", async () => {
    const keys = await keysUnder(env, "spec=A/shard=");
    for (const key of keys.slice(0, 3)) {
      const whole = await bytesOf(env, key);
      const other = await bytesOf(env, keys.find((one) => one !== key) ?? "");
      for (const change of damagesOf(whole, other)) {
        await changeBytes(env, key, change);
        expect(await codesFound(false), key).toEqual([["ENTRY_DIFFERS", key]]);
      }
      await env.store.put(key, whole, { always: true });
    }
    // Their contents are what they were; only the store's tokens of them are not.
    const { ok, notes } = await verify();
    expect([ok, notes.map(({ code }) => code)]).toEqual([true, ["COPIED"]]);
  });

  test("does not call a damaged file a right copy", async () => {
    const [key = ""] = await keysUnder(env, "spec=A/shard=");
    const whole = await bytesOf(env, key);
    await env.store.put(key, whole.with(20, whole.at(20)! ^ 1), { always: true });
    const { findings, notes } = await verify();
    expect(findings.map(({ code }) => code)).toEqual(["ENTRY_DIFFERS"]);
    expect(notes.map(({ code }) => code)).not.toContain("COPIED");
  });

  test("finds an entry that keeps silent about an event of its file, or names another", async () => {
    const key = (await keysUnder(env, "spec=A/manifest/")).at(-1) ?? "";
    const manifest = decodeManifest(await bytesOf(env, key), { key });
    const hashes = [eventHashesOf(["view"]), eventHashesOf(["buy", "gift", "view"])];
    for (const eventHashes of hashes) {
      const [entry, ...others] = manifest.added;
      const added = [{ ...entry!, eventHashes }, ...others];
      await env.store.put(key, encodeManifest({ ...manifest, added }), { always: true });
      const { findings } = await verify(false);
      expect(findings.map(({ code }) => code)).toEqual(["ENTRY_DIFFERS"]);
      expect(findings[0]?.object).toContain(entry!.id);
    }
    // An entry of format version 1 tells nothing.
    const added = manifest.added.map(({ eventHashes: _hashes, ...entry }) => entry);
    await env.store.put(key, encodeManifest({ ...manifest, added }), { always: true });
    expect((await verify(false)).findings).toEqual([]);
  });

  test("finds every flipped bit, cut and swap in a manifest", async () => {
    const keys = await keysUnder(env, "spec=A/manifest/");
    const key = keys.at(-1) ?? "";
    const whole = await bytesOf(env, key);
    for (const change of damagesOf(whole, await bytesOf(env, keys[0] ?? ""))) {
      await changeBytes(env, key, change);
      expect(await codesFound(false), key).toContainEqual(["OBJECT_CORRUPT", key]);
    }
    await env.store.put(key, whole, { always: true });
    expect(await codesFound()).toEqual([]);
  });

  test("finds a day file that is not there", async () => {
    const [key = ""] = await keysUnder(env, "spec=A/shard=");
    await env.store.delete(key);
    expect(await codesFound()).toEqual([["OBJECT_MISSING", key]]);
  });

  test("notes manifests that are older than the retirement of a writer, as in a bad copy", async () => {
    const old = await keysUnder(env, "spec=A/");
    const saved = await Promise.all(
      old.map(async (key) => [key, await bytesOf(env, key)] as const),
    );
    await compact();
    await runCollection(env, shop, { graceMs: 0 });
    for (const key of await keysUnder(env, "spec=A/")) await env.store.delete(key);
    for (const [key, bytes] of saved) await env.store.put(key, bytes, { always: true });
    const { notes, events } = await verify();
    expect(events).toBe(30);
    expect(notes.map(({ code }) => code)).toContain("RETIRING");
  });

  test("finds that the catalog is older than what a writer has adopted", async () => {
    const [catalog = ""] = await keysUnder(env, "catalog/");
    expect(catalog).not.toBe("");
    await writeHeartbeat(env, shop, {
      ...{ ordinal: writerOrdinal(1), catalogVersion: chainVersion(99), lastSeq: 1 },
      ...{ oldestUnflushedSeq: null, process: env.processes.self, atMs: 0 },
    });
    expect(await codesFound()).toEqual([["CATALOG_OLD", expect.stringContaining("writers/")]]);
  });
});
