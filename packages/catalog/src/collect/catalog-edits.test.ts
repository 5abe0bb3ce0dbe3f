import type { Env } from "@shale/env";
import { memoryStore } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import { chainVersion, projectId, specNameOf, writerOrdinal } from "@shale/model";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { envOver } from "../../test/log-chain.ts";
import { pausedStore } from "../../test/paused-store.ts";
import { catalogInvariants } from "../catalog-invariants.ts";
import { addTombstones, retireTombstones, withTombstones } from "../delete/tombstones.ts";
import { loadCatalog } from "../open-catalog.ts";
import { areRangesNormal, holdsOrdinal } from "../ordinal-ranges.ts";
import { createProject } from "../projects.ts";
import { registerWriter } from "../writers.ts";
import { raiseFirstDay, setRetention, withFirstDay } from "./retention.ts";
import { retireInCatalog, withOrdinals, withRetired } from "./retired-writers.ts";
import { tailFloorsOf } from "./tail-floors.ts";

const shop = projectId("shop");
const [A, B] = [specNameOf(0), specNameOf(1)];
const DAY_MS = 86_400_000;
const by = "ann";
const userHash = "0123456789abcdef0123456789abcdef";

let env: Env;
beforeEach(async () => {
  env = envOver(memoryStore(), 1);
  await createProject(env, { project: shop, shards: 8 });
});

/** What every invariant says of the step to `edited`. */
function brokenBy(before: CatalogDocument, edited: CatalogDocument): readonly string[] {
  const nonces = [...before.nonces, "9".repeat(32)];
  const after = { ...edited, version: chainVersion(before.version + 1), nonces };
  return Object.entries(catalogInvariants)
    .filter(([, check]) => check(before, after) !== undefined)
    .map(([name]) => name);
}

describe("tombstones", () => {
  test("are numbered on, each with an audit entry, all in one commit", async () => {
    const { version } = (await loadCatalog(env, shop))!;
    const wanted = [7, 9].map((seq) => ({ userHash: userHash.replace("0", `${seq}`), seq }));
    const { tombstones, catalog } = await addTombstones(env, shop, wanted, { by });
    expect(catalog.version).toBe(version + 1);
    expect(tombstones.map(({ number }) => number)).toEqual([1, 2]);
    expect(catalog.audit.map((entry) => entry.by)).toEqual([by, by]);
  });

  test("are added once when the reply of the commit is lost", async () => {
    const store = pausedStore(env.store);
    const pause = store.pauseAfter("put", "/catalog/");
    const adding = addTombstones({ ...env, store }, shop, [{ userHash, seq: 5 }], { by });
    await pause.reached;
    pause.resume("after");
    expect((await adding).tombstones).toMatchObject([{ number: 1, seq: 5 }]);
    expect(await loadCatalog(env, shop)).toMatchObject({ tombstones: [{ number: 1 }] });
  });

  test("one that reaches as far is not added again, and one that reaches further is", async () => {
    for (const seq of [5, 4, 5, 6]) await addTombstones(env, shop, [{ userHash, seq }], { by });
    const catalog = (await loadCatalog(env, shop))!;
    expect(catalog.tombstones.map(({ seq }) => seq)).toEqual([5, 6]);
    const twice = [5, 7, 6].map((seq) => ({ userHash: "f".repeat(32), seq }));
    const edited = withTombstones(catalog, twice, { atMs: 1, by })!;
    expect(edited.tombstones.map(({ seq }) => seq)).toEqual([5, 6, 5, 7]);
    expect(brokenBy(catalog, edited)).toEqual([]);
  });

  test("go when they retire, and only those (CAT20)", async () => {
    for (const seq of [5, 6, 7]) await addTombstones(env, shop, [{ userHash, seq }], { by });
    const before = (await loadCatalog(env, shop))!;
    expect(await retireTombstones(env, shop, [1, 3, 99], { by })).toEqual([1, 3, 99]);
    const after = (await loadCatalog(env, shop))!;
    expect(after.tombstones.map(({ number }) => number)).toEqual([2]);
    expect(after.nextTombstone).toBe(4);
    expect(brokenBy(before, after)).toEqual([]);
    expect(brokenBy(after, { ...after, tombstones: before.tombstones })).toEqual([
      "CAT20_tombstonesAreNotReused",
    ]);
    expect(await retireTombstones(env, shop, [1], { by })).toEqual([1]);
    expect((await loadCatalog(env, shop))?.version).toBe(after.version);
  });
});

describe("retention (C6)", () => {
  test("the first day is that of now - keep, and only rises (CAT22)", async () => {
    expect(await raiseFirstDay(env, shop, 100 * DAY_MS)).toBeNull();
    await setRetention(env, shop, 10 * DAY_MS, { by });
    expect(await raiseFirstDay(env, shop, 100 * DAY_MS + 5)).toBe(90);
    expect(await raiseFirstDay(env, shop, 99 * DAY_MS)).toBe(90);
    const catalog = (await loadCatalog(env, shop))!;
    expect(brokenBy(catalog, withFirstDay(catalog, 101 * DAY_MS)!)).toEqual([]);
    await setRetention(env, shop, null, { by });
    expect(await raiseFirstDay(env, shop, 500 * DAY_MS)).toBe(90);
    expect((await loadCatalog(env, shop))?.audit).toHaveLength(2);
  });

  test("a keep that is no length of time is refused; the same one again is no commit", async () => {
    for (const keepMs of [0, -1, 1.5, Number.NaN]) {
      await expect(setRetention(env, shop, keepMs, { by })).rejects.toMatchObject({
        code: "OPTION_INVALID",
      });
    }
    const first = await setRetention(env, shop, 5, { by });
    expect(await setRetention(env, shop, 5, { by })).toEqual(first);
  });
});

describe("retired writers (W7)", () => {
  async function twoWriters(): Promise<CatalogDocument> {
    await registerWriter(env, shop);
    return (await registerWriter(env, shop)).catalog;
  }
  const edit = { specs: [A], atMs: 1, by };

  test("leave the list for the ranges, once (CAT15)", async () => {
    const before = await twoWriters();
    const wanted = [writerOrdinal(1)];
    const { retired, catalog } = await retireInCatalog(env, shop, wanted, { specs: [A], by });
    expect(retired).toEqual([1]);
    expect(catalog).toMatchObject({ writers: [{ ordinal: 2 }], retired: [{ from: 1, to: 1 }] });
    expect(brokenBy(before, catalog)).toEqual([]);
    expect(brokenBy(catalog, before)).toContain("CAT15_writersStayOrRetire");
    const again = await retireInCatalog(env, shop, wanted, { specs: [A], by });
    expect(again.retired).toEqual([1]);
    expect(again.catalog.version).toBe(catalog.version);
  });

  test("schedules 4 and 5: not while a cut is taken, nor for a spec that was not looked at", async () => {
    const catalog = await twoWriters();
    const wanted = [writerOrdinal(1)];
    const pending = { ...catalog, cutPending: { operation: "grow" } };
    expect(withRetired(pending, wanted, edit)).toBeUndefined();
    expect(withRetired({ ...catalog, fed: [A, B] }, wanted, edit)).toBeUndefined();
    const behind = { spec: B, sinceMs: 1, catchUp: null };
    expect(withRetired({ ...catalog, fed: [A, B], behind: [behind] }, wanted, edit)).toBeDefined();
    const target = { ...behind, catchUp: { operation: "back", target: null } };
    const catchingUp = { ...catalog, fed: [A, B], behind: [target] };
    expect(withRetired(catchingUp, wanted, { ...edit, specs: [A, B] })).toBeUndefined();
  });

  test("ranges stay normal and hold exactly what was added", () => {
    const ordinals = fc.uniqueArray(fc.integer({ min: 1, max: 30 }));
    fc.assert(
      fc.property(ordinals, ordinals, (first, second) => {
        const once = withOrdinals([], first.map(writerOrdinal));
        const ranges = withOrdinals(once, second.map(writerOrdinal));
        expect(areRangesNormal(ranges)).toBe(true);
        for (let n = 1; n <= 30; n++) {
          expect(holdsOrdinal(ranges, n)).toBe(first.includes(n) || second.includes(n));
        }
      }),
    );
  });

  test("a group of a fed spec without a manifest stands at its cut (C5)", async () => {
    const catalog = await twoWriters();
    const fed = {
      ...catalog,
      specs: [
        { ...catalog.specs[0]!, spec: A },
        { ...catalog.specs[0]!, spec: B },
      ],
      fed: [B],
      cuts: [
        {
          ...{ generation: 1, operation: "grow", spec: B },
          ...{ positions: { "1": { n: 7, lastSeq: 70 } }, infinite: [] },
        },
      ],
    };
    expect([...tailFloorsOf(fed, new Map())]).toEqual([
      [1, 7],
      [2, 0],
    ]);
  });
});
