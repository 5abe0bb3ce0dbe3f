import type { ObjectStore } from "@shale/env";
import { memoryStore } from "@shale/env";
import type { DayFileEntry, ManifestDocument } from "@shale/format";
import { compareEntries } from "@shale/format";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { balanceOf, dayAt, fileOf, first, group } from "../../test/groups.ts";
import { envOver } from "../../test/log-chain.ts";
import { pausedStore } from "../../test/paused-store.ts";
import { pageKey } from "../object-keys.ts";
import { beginClaim } from "./begin-claim.ts";
import { commitClaim } from "./commit-claim.ts";
import { dropClaim } from "./end-claims.ts";
import { fileCountOf } from "./file-count.ts";
import { foldManifest } from "./fold-manifest.ts";
import { loadEntries } from "./load-entries.ts";
import { openManifest } from "./open-manifest.ts";
import { isFoldDue, PAGE_ENTRIES_MAX, planFold } from "./plan-fold.ts";

function newGroup(store: ObjectStore = memoryStore(), seed = 1) {
  const env = envOver(store, seed);
  return { env, chain: openManifest(env, group), store };
}
type Group = ReturnType<typeof newGroup>;
const drain = { ...group, kind: "drain", inputs: [], first } as const;
const keyOfPage = (id: string) => pageKey(group.project, group.spec, group.group, id);

async function drainInto({ env, chain }: Group, days: readonly number[]) {
  const { claim } = await beginClaim(env, chain, drain);
  const files = days.map((day, n) => fileOf(claim.id, n, { day, shard: n % 64 }));
  await commitClaim(env, chain, claim.id, { added: files, removed: [], balance: balanceOf(files) });
  return files;
}

/** Drops the files, and puts one in their place unless `rows` is 0. */
async function merge({ env, chain }: Group, inputs: readonly DayFileEntry[], rows = 1) {
  const { claim } = await beginClaim(env, chain, { ...drain, kind: "purge", inputs });
  const facts = { day: inputs[0]!.day, shard: inputs[0]!.shard, rows };
  const added = rows === 0 ? [] : [fileOf(claim.id, 0, facts)];
  const kept = balanceOf(added).in;
  const deleted = inputs.flatMap(({ generations }) => generations);
  await commitClaim(env, chain, claim.id, {
    added,
    removed: inputs.map(({ id }) => id),
    balance: { in: [...kept, ...deleted], deleted },
  });
  return added;
}

async function filesOf({ env, chain }: Group) {
  const manifest = (await chain.loadNewest())!;
  const files = await loadEntries(env, manifest, "all");
  expect(fileCountOf(manifest)).toBe(files.length);
  return files;
}
const sorted = (files: readonly DayFileEntry[]) => [...files].sort(compareEntries);

describe("planFold()", () => {
  test("keeps every file once, in pages of one month and of bounded size", () => {
    const file = fc.record({ day: fc.integer({ min: 0, max: 90 }), shard: fc.nat({ max: 3 }) });
    fc.assert(
      fc.property(
        fc.array(file, { minLength: 1, maxLength: 60 }),
        fc.infiniteStream(fc.boolean()),
        (facts, choices) => {
          const next = () => choices.next().value as boolean;
          const files = facts.map((one, n) => fileOf("a".repeat(32), n, one));
          const inPages = files.filter(next);
          const before = foldOf({ pages: [], added: inPages, removed: [] }, new Map());
          const gone = inPages.filter(next);
          const manifest = {
            pages: before.refs,
            added: files.filter((one) => !inPages.includes(one)),
            removed: gone.map(({ id }) => id),
          };
          const after = foldOf(manifest, before.paged);
          const wanted = files.filter((one) => !gone.includes(one));
          expect(after.all).toEqual(sorted(wanted));
          for (const page of after.paged.values()) {
            const months = page.map(({ day }) => new Date(day * 86_400_000).getUTCMonth());
            expect(new Set(months).size).toBe(1);
          }
        },
      ),
    );
  });

  test("cuts a month that is too large, and leaves other months alone", () => {
    const files = Array.from({ length: PAGE_ENTRIES_MAX + 1 }, (_, n) =>
      fileOf("a".repeat(32), n, { day: 5 }),
    );
    const before = foldOf({ pages: [], added: files, removed: [] }, new Map());
    expect([...before.paged.values()].map(({ length }) => length)).toEqual([5_001, 5_000]);
    const other = fileOf("b".repeat(32), 0, { day: 40 });
    const manifest = { pages: before.refs, added: [other], removed: [] };
    const plan = planFold(manifest as unknown as ManifestDocument, before.paged);
    expect(plan).toEqual({ replaced: [], pages: [[other]], folded: [other.id], cleared: [] });
  });
});

type Foldable = Pick<ManifestDocument, "pages" | "added" | "removed">;

function foldOf(manifest: Foldable, paged: ReadonlyMap<string, readonly DayFileEntry[]>) {
  const plan = planFold(manifest as ManifestDocument, paged);
  const next = new Map(paged);
  for (const id of plan.replaced) next.delete(id);
  for (const [n, entries] of plan.pages.entries()) {
    next.set(`${"f".repeat(32)}-${paged.size}${n}`, entries);
  }
  const refs = [...next].map(([id, entries]) => ({
    id,
    firstDay: entries[0]!.day,
    lastDay: entries.at(-1)!.day,
    entryCount: entries.length,
    bytes: 1,
    crc: "00000000",
  }));
  const removed = manifest.removed.filter((id) => !plan.cleared.includes(id));
  expect([removed, plan.folded]).toEqual([[], manifest.added.map(({ id }) => id)]);
  return { refs, paged: next, all: sorted([...next.values()].flat()) };
}

describe("foldManifest()", () => {
  test("empties added and removed into pages; no file changes", async () => {
    const shop = newGroup();
    expect(await foldManifest(shop.env, shop.chain)).toBeUndefined();
    const files = await drainInto(shop, [5, 6, 40]);
    const folded = await foldManifest(shop.env, shop.chain);
    expect(folded).toMatchObject({ added: [], removed: [], claims: [] });
    expect(folded?.pages.map(({ firstDay, lastDay }) => [firstDay, lastDay])).toEqual([
      [5, 6],
      [40, 40],
    ]);
    expect(await filesOf(shop)).toEqual(sorted(files));
    expect(await foldManifest(shop.env, shop.chain)).toEqual(folded);
    const [merged] = await merge(shop, [files[0]!]);
    expect((await shop.chain.loadNewest())?.removed).toEqual([files[0]!.id]);
    const again = await foldManifest(shop.env, shop.chain);
    expect(again).toMatchObject({ added: [], removed: [] });
    expect(again?.pages[1]).toEqual(folded?.pages[1]); // Another month: not written again.
    expect(await filesOf(shop)).toEqual(sorted([merged!, files[1]!, files[2]!]));
    await merge(shop, [files[2]!], 0); // Nothing is added in its month.
    expect((await foldManifest(shop.env, shop.chain))?.pages.length).toBe(1);
    expect(await filesOf(shop)).toEqual(sorted([merged!, files[1]!]));
  });

  test("is due when more than 512 changes stand beside the pages", async () => {
    const shop = newGroup();
    await drainInto(
      shop,
      Array.from({ length: 512 }, () => 5),
    );
    expect(isFoldDue((await shop.chain.loadNewest())!)).toBe(false);
    await drainInto(shop, [6]);
    expect(isFoldDue((await shop.chain.loadNewest())!)).toBe(true);
  });

  test("keeps what others add and drop while it runs", async () => {
    const store = memoryStore();
    const shop = newGroup(store, 2);
    const old = await drainInto(shop, [5, 6]);
    await foldManifest(shop.env, shop.chain);
    const files = await drainInto(shop, [7, 8, 9]);
    const view = pausedStore(store);
    const folding = newGroup(view, 3);
    const put = view.pauseBefore("put", "/page/");
    const fold = foldManifest(folding.env, folding.chain);
    await put.reached;
    const [merged] = await merge(shop, [files[0]!, old[0]!]);
    const added = await drainInto(shop, [5]);
    put.resume();
    const after = await fold;
    expect(after?.added).toEqual([merged, ...added]);
    expect([...after!.removed].sort()).toEqual([files[0]!.id, old[0]!.id].sort());
    const left = sorted([old[1]!, files[1]!, files[2]!, merged!, ...added]);
    expect(await filesOf(shop)).toEqual(left);
    await foldManifest(shop.env, shop.chain);
    expect(await filesOf(shop)).toEqual(left);
  });

  test("does not run beside another, and commits nothing once it was taken over", async () => {
    const store = memoryStore();
    const shop = newGroup(store, 2);
    await drainInto(shop, [5, 6]);
    const view = pausedStore(store);
    const slow = newGroup(view, 3);
    const put = view.pauseAfter("put", "/page/");
    const fold = foldManifest(slow.env, slow.chain);
    await put.reached;
    await expect(foldManifest(shop.env, shop.chain)).rejects.toMatchObject({
      code: "CLAIM_REFUSED",
    });
    const [claim] = (await shop.chain.loadNewest())!.claims;
    await dropClaim(shop.env, shop.chain, claim!.id);
    const folded = await foldManifest(shop.env, shop.chain);
    put.resume();
    await expect(fold).rejects.toMatchObject({ code: "CLAIM_LOST" });
    expect(await shop.chain.loadNewest()).toEqual(folded);
  });

  test("that fails gives its claim back", async () => {
    const shop = newGroup();
    await drainInto(shop, [5]);
    const env = {
      ...shop.env,
      store: {
        ...shop.store,
        async put(...args: Parameters<ObjectStore["put"]>) {
          if (args[0].includes("/page/")) throw new Error("the disk is on fire");
          return await shop.store.put(...args);
        },
      },
    };
    await expect(foldManifest(env, openManifest(env, group))).rejects.toThrow("on fire");
    expect((await shop.chain.loadNewest())?.claims).toEqual([]);
  });

  test("does not let a claim take a file that went away with its page", async () => {
    const store = memoryStore();
    const shop = newGroup(store, 2);
    const files = await drainInto(shop, [5, 6]);
    await foldManifest(shop.env, shop.chain);
    const view = pausedStore(store);
    const slow = newGroup(view, 3);
    const put = view.pauseBefore("put", "/manifest/");
    const claiming = beginClaim(slow.env, slow.chain, { ...drain, kind: "merge", inputs: files });
    await put.reached;
    await merge(shop, [files[0]!]);
    await foldManifest(shop.env, shop.chain); // Neither page nor `removed` names the file now.
    put.resume();
    await expect(claiming).rejects.toMatchObject({ code: "CLAIM_REFUSED" });
    const inputs = [files[1]!];
    await beginClaim(slow.env, slow.chain, { ...drain, kind: "merge", inputs });
  });
});

describe("loadEntries()", () => {
  test("reads only pages that overlap the days, and each once with a cache", async () => {
    const view = pausedStore(memoryStore());
    const shop = newGroup(view);
    const files = await drainInto(
      shop,
      Array.from({ length: 1_000 }, (_, day) => day),
    );
    const manifest = (await foldManifest(shop.env, shop.chain))!;
    expect(manifest.pages.length).toBe(33);
    const gets = () => view.calls.filter((call) => call.startsWith("get")).length;
    const before = gets();
    const range = { fromDay: dayAt(480), toDay: dayAt(509) };
    const found = await loadEntries(shop.env, manifest, range);
    expect(found).toEqual(sorted(files.slice(480, 510)));
    expect(gets() - before).toBeLessThanOrEqual(2);
    const pages = new Map();
    for (let i = 0; i < 3; i++) {
      expect(await loadEntries(shop.env, manifest, range, { pages })).toEqual(found);
      expect(await loadEntries(shop.env, manifest, "all", { pages })).toEqual(sorted(files));
    }
    expect(gets() - before).toBeLessThanOrEqual(2 + 33);
  });

  test("refuses a page that is gone, damaged or another", async () => {
    const shop = newGroup();
    await drainInto(shop, [5]);
    const manifest = (await foldManifest(shop.env, shop.chain))!;
    const key = keyOfPage(manifest.pages[0]!.id);
    const bytes = (await shop.store.get(key))!.bytes;
    await drainInto(shop, [5, 6]);
    const other = (await foldManifest(shop.env, shop.chain))!;
    const otherBytes = (await shop.store.get(keyOfPage(other.pages[0]!.id)))!.bytes;
    const flipped = bytes.slice();
    flipped[70]! ^= 1;
    for (const wrong of [bytes.slice(1), flipped, otherBytes]) {
      await shop.store.put(key, wrong, { always: true });
      await expect(loadEntries(shop.env, manifest, "all")).rejects.toMatchObject({
        code: "OBJECT_CORRUPT",
        details: { key },
      });
    }
    await shop.store.delete(key);
    await expect(loadEntries(shop.env, manifest, "all")).rejects.toMatchObject({
      code: "PIN_UNSTABLE",
      details: { missingKey: key },
    });
  });
});
