import { dayFileKey, loadCatalog, loadEntries, openManifest } from "@shale/catalog";
import { hashUsers, loadUserHasher, type StoredBatch, textAt, tombstoneHash } from "@shale/columns";
import { compactProject } from "@shale/compaction";
import type { CatalogDocument, DayFileFooter, RowGroupFacts } from "@shale/format";
import { decodeDayFileRows, openDayFile, planDayFileRead } from "@shale/format";
import { specNameOf } from "@shale/model";
import { beforeAll, describe, expect, test } from "vitest";
import { openStore } from "../../open-store.ts";
import { bytesOf, eventsOf, shop, worldOf } from "../verify.test-support.ts";
import { createRowCheck, repeatedRowOf } from "./check-rows.ts";

let footer: DayFileFooter;
let batch: StoredBatch;
let catalog: CatalogDocument;

/** One day file of 24 rows of 13 users, with seqs of one writer. */
beforeAll(async () => {
  const env = worldOf();
  const hasher = await loadUserHasher();
  const store = await openStore({ env });
  const project = await store.project("shop", { shards: 1 });
  await project.append(eventsOf(0, 24));
  await project.append(eventsOf(0, 3).map((event) => ({ ...event, time: event.time + 1 })));
  await project.flush();
  await store.close();
  await compactProject(env, { project: shop, hasher, mode: "full" });
  const manifest = await openManifest(env, {
    project: shop,
    spec: specNameOf(0),
    group: 0,
  }).loadNewest();
  const [entry] = await loadEntries(env, manifest!, "all");
  const key = dayFileKey(shop, manifest!.spec, entry!);
  const bytes = await bytesOf(env, key);
  const end = bytes.subarray(bytes.length - entry!.footerBytes);
  const index = openDayFile(end, { key, size: bytes.length });
  const selection = { places: true, properties: "all" } as const;
  const parts = planDayFileRead(index, selection).map(({ offset, length }) =>
    bytes.subarray(offset, offset + length),
  );
  const { userIds, places, ...rows } = decodeDayFileRows(index, selection, parts, { key });
  if (places === undefined) throw new Error("places were asked for");
  footer = index.footer;
  batch = { ...rows, ...places, users: hashUsers(hasher, userIds) };
  catalog = (await loadCatalog(env, shop))!;
});

interface Change {
  readonly batch?: Partial<StoredBatch>;
  readonly footer?: Partial<DayFileFooter>;
  readonly catalog?: Partial<CatalogDocument>;
  /** What the footer tells of the row group. */
  readonly told?: Partial<RowGroupFacts>;
}

/** Codes that are found in the file with these changes. */
function codesOf(change: Change): readonly string[] {
  const [group] = footer.rowGroups;
  const { users, minTimeMs, maxTimeMs, generations, seqs, events } = footer;
  const facts = { users, minTimeMs, maxTimeMs, generations, seqs, events };
  const check = createRowCheck({ ...footer, ...change.footer }, { ...catalog, ...change.catalog });
  check.add({ ...batch, ...change.batch }, group!, { ...facts, ...change.told });
  return check.finish().map(({ code }) => code);
}

/** The two values in the array, changed over. */
function swapped<T extends Float64Array | Uint32Array>(values: T, left: number, right: number): T {
  const copy = values.slice() as T;
  copy[left] = values[right]!;
  copy[right] = values[left]!;
  return copy;
}
function with0<T extends Float64Array | Uint32Array>(values: T, value: number): T {
  const copy = values.slice() as T;
  copy[0] = value;
  return copy;
}

describe("createRowCheck()", () => {
  test("finds nothing in rows that are right", () => {
    expect(footer).toMatchObject({ rows: 26, users: 13, distinct: true });
    expect(footer.rowGroups).toHaveLength(1);
    expect(codesOf({})).toEqual([]);
  });

  test("finds what the footer tells wrongly of a row group alone", () => {
    const [generation] = footer.generations;
    const digest = "0123456789abcdef0123456789abcdef";
    const wrong = { ...generation!, digest };
    expect(codesOf({ told: { generations: [wrong] } })).toEqual(["ROW_DIGEST"]);
    expect(codesOf({ told: { users: footer.users + 1 } })).toEqual(["ROW_COUNT"]);
    expect(codesOf({ told: { events: [] } })).toEqual(["ROW_COUNT"]);
    expect(codesOf({ told: { seqs: [] } })).toEqual(["ROW_COUNT"]);
  });

  test("finds rows out of order: by time, by event", () => {
    const { timesMs, eventCodes, userCodes } = batch;
    const row = [...timesMs.keys()].find(
      (at) => userCodes[at] === userCodes[at + 1] && eventCodes[at] !== eventCodes[at + 1],
    )!;
    expect(codesOf({ batch: { timesMs: swapped(timesMs, row, row + 1) } })).toContain("ROW_ORDER");
    const sameTime = timesMs.slice();
    sameTime[row + 1] = timesMs[row]!;
    const isRising = nameAt(eventCodes[row]!) < nameAt(eventCodes[row + 1]!);
    const falling = isRising ? swapped(eventCodes, row, row + 1) : eventCodes;
    const rising = isRising ? eventCodes : swapped(eventCodes, row, row + 1);
    const codesWith = (codes: Uint32Array) =>
      codesOf({ batch: { timesMs: sameTime, eventCodes: codes } });
    expect(codesWith(falling)).toContain("ROW_ORDER");
    expect(codesWith(rising)).not.toContain("ROW_ORDER");
  });

  test("finds users out of order, on another shard, at another place", () => {
    const { users, userCodes } = batch;
    const hashes = {
      ...users,
      hashHigh: swapped(users.hashHigh, 0, 1),
      hashLow: swapped(users.hashLow, 0, 1),
    };
    expect(codesOf({ batch: { users: hashes } })).toContain("ROW_ORDER");
    expect(codesOf({ batch: { userCodes: swapped(userCodes, 0, 25) } })).toContain("ROW_ORDER");
    expect(codesOf({ footer: { shards: 7, shard: 6 } })).toContain("ROW_MISPLACED");
  });

  test("finds rows of another day or generation", () => {
    expect(codesOf({ footer: { day: footer.day + 1 } })).toContain("ROW_MISPLACED");
    const generations = with0(batch.generations, 1);
    expect(codesOf({ batch: { generations } })).toEqual(["ROW_MISPLACED", "ROW_DIGEST"]);
    const cut = { generation: 1, operation: "o", spec: catalog.live, positions: {}, infinite: [] };
    expect(codesOf({ catalog: { cuts: [cut] } })).toEqual(["ROW_MISPLACED"]);
  });

  test("finds values that are not those that were committed", () => {
    const properties = batch.properties.map((column) =>
      column.kind === "number" ? { ...column, values: with0(column.values, 12_345) } : column,
    );
    expect(codesOf({ batch: { properties } })).toEqual(["ROW_DIGEST"]);
    const fewer = batch.properties.filter(({ kind }) => kind !== "number");
    expect(codesOf({ batch: { properties: fewer } })).toEqual(["ROW_COUNT", "ROW_DIGEST"]);
  });

  test.each<Partial<DayFileFooter>>([
    { users: 12 },
    { clientRows: 0 },
    { rows: 25 },
    { minTimeMs: 0 },
    { events: [] },
    { seqs: [] },
    { columns: [] },
  ])("finds that the footer counts otherwise: %o", (change) => {
    expect(codesOf({ footer: change })).toEqual(["ROW_COUNT"]);
  });

  test("finds repeats where the file says that it has none", () => {
    const withId = [...batch.insertIdCodes.keys()].filter((row) => batch.insertIdCodes[row] !== 0);
    expect(withId.length).toBeGreaterThan(1);
    // The next row of the same user gets the same key.
    const row = withId.find((at) => batch.userCodes[at] === batch.userCodes[at + 1])!;
    const insertIdCodes = batch.insertIdCodes.slice();
    insertIdCodes[row + 1] = insertIdCodes[row]!;
    const eventCodes = batch.eventCodes.slice();
    eventCodes[row + 1] = eventCodes[row]!;
    const change = { batch: { insertIdCodes, eventCodes } };
    expect(codesOf(change)).toContain("ROW_REPEATED");
    expect(codesOf({ ...change, footer: { distinct: false } })).not.toContain("ROW_REPEATED");
  });

  test("finds rows of deleted users only in files that say they have none", () => {
    const userHash = tombstoneHash(catalog.tombstoneKey, Buffer.from("u3"));
    const tombstones = [{ number: 5, userHash, seq: Number.MAX_SAFE_INTEGER, atMs: 0 }];
    expect(codesOf({ footer: { tombstone: 5 }, catalog: { tombstones } })).toEqual(["ROW_DELETED"]);
    expect(codesOf({ footer: { tombstone: 4 }, catalog: { tombstones } })).toEqual([]);
  });
});

function nameAt(code: number): string {
  return textAt(batch.events, code);
}

describe("repeatedRowOf()", () => {
  const fileOf = (writer: number, ...seqs: number[]) =>
    new Map([[writer, [Float64Array.of(...seqs)]]]);

  test("finds a row of one writer in two files, and not equal seqs of two writers", () => {
    expect(repeatedRowOf([fileOf(1, 5, 3), fileOf(1, 4, 2), fileOf(2, 5)])).toBeUndefined();
    expect(repeatedRowOf([fileOf(1, 5, 3), fileOf(1, 4, 3)])?.code).toBe("ROW_REPEATED");
    expect(repeatedRowOf([])).toBeUndefined();
  });
});
