import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { slowDigest } from "../../test/slow-digest.ts";
import {
  arbitraryRows,
  plainRow,
  rowsOf,
  type StoredRow,
  splitRows,
  storedOf,
} from "../../test/stored-rows.ts";
import { gatherSorted } from "../day/gather-sorted.ts";
import { digestsByGeneration } from "./digests-by-generation.ts";
import { sumGenerations } from "./generation-digests.ts";

function digestOf(...rows: readonly StoredRow[]): string {
  const same = rows.map((row) => ({ ...row, generation: 0 }));
  return digestsByGeneration(storedOf(same))[0]?.digest ?? "none";
}

/** As the slow definition has it. */
function slowGenerations(rows: readonly StoredRow[]) {
  return [0, 1, 2]
    .map((generation) => ({
      generation,
      rows: rows.filter((row) => row.generation === generation),
    }))
    .filter((one) => one.rows.length > 0)
    .map((one) => ({ ...one, rows: one.rows.length, digest: slowDigest(one.rows) }));
}

const wide: StoredRow = {
  ...plainRow,
  user_id: "user-1",
  insert_id: "3f1a0c52-6a0e-4a53-9a6a-0f4b8f2f7c11",
  properties: { plan: "pro", price: 9.5, member: true, tags: ["a", 1, null], Ω: "" },
  seq: 775_736_524_800_000,
  writer: 3,
};

describe("digestsByGeneration()", () => {
  test("keeps the digests of known rows for ever, those of docs/formats/digest.md", () => {
    expect(digestOf(plainRow)).toBe("f1deb8d36ae25031778fab699c42fc1e");
    expect(digestOf(wide)).toBe("23b1f76e265684f0ab48a00cbafc4e7e");
    expect(digestOf(plainRow, wide)).toBe("1590b0419138d52222d84b76573f4a9c");
  });

  test("agrees with a slow definition over whole numbers without an end", () => {
    fc.assert(
      fc.property(arbitraryRows(12), (rows) => {
        expect(digestsByGeneration(storedOf(rows))).toEqual(slowGenerations(rows));
      }),
      { numRuns: 150 },
    );
  });

  test("depends on the logical rows alone, in whatever form and order they are", () => {
    const twoForms = arbitraryRows().chain((rows) =>
      fc.tuple(fc.constant(rows), splitRows(rows), fc.boolean()),
    );
    fc.assert(
      fc.property(twoForms, ([rows, { sources }, sparse]) => {
        const expected = digestsByGeneration(storedOf(rows));
        const form = { isSparse: () => sparse, unused: ["u1", "b"] };
        expect(digestsByGeneration(storedOf([...rows].reverse(), form))).toEqual(expected);
        expect(digestsByGeneration(gatherSorted(sources, 8))).toEqual(expected);
        const parts = sources.map((source) =>
          digestsByGeneration(
            source.batch,
            Uint8Array.from({ length: source.batch.rowCount }, (_, row) =>
              source.rows.includes(row) ? 1 : 0,
            ),
          ),
        );
        expect(sumGenerations(...parts)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  test("is the same over many blocks of rows as over the blocks one by one", () => {
    const rows = Array.from({ length: 5000 }, (_, index) => ({
      ...wide,
      seq: index + 1,
      generation: index % 3,
      insert_id: index % 2 === 0 ? undefined : `i${index}`,
      properties: index % 50 === 0 ? { rare: index, flag: true } : { often: `v${index % 7}` },
    }));
    const sparse = { isSparse: (key: string) => key.includes("rare") };
    const whole = digestsByGeneration(storedOf(rows, sparse));
    const parts = [0, 1, 2, 3, 4].map((part) =>
      digestsByGeneration(storedOf(rows.slice(1000 * part, 1000 * part + 1000))),
    );
    expect(whole).toEqual(sumGenerations(...parts));
    expect(whole.map((one) => one.rows)).toEqual([1667, 1667, 1666]);
  });

  test("is empty for no rows", () => {
    expect(digestsByGeneration(storedOf([]))).toEqual([]);
    expect(digestsByGeneration(storedOf([wide]), Uint8Array.of(0))).toEqual([]);
  });
});

describe("injected faults", () => {
  const other: StoredRow = {
    ...wide,
    user_id: "user-2",
    seq: wide.seq + 1,
    timeMs: wide.timeMs + 5,
  };
  const both = digestOf(wide, other);
  const withProperties = (properties: StoredRow["properties"]) => ({ ...wide, properties });

  test("a dropped row, a doubled one, and both at once are seen", () => {
    const found = [digestOf(wide), digestOf(other), digestOf(wide, other, other)];
    found.push(digestOf(wide, wide), digestOf(other, other));
    expect(new Set([both, ...found]).size).toBe(6);
  });

  test("values that changed places between two rows are seen", () => {
    const keys = ["user_id", "timeMs", "seq"] as const;
    for (const key of keys) {
      const [left, right] = [
        { ...wide, [key]: other[key] },
        { ...other, [key]: wide[key] },
      ];
      expect(digestOf(left, right), key).not.toBe(both);
    }
    const pair = [wide, { ...other, properties: { plan: "free" } }] as const;
    const swapped = [withProperties({ plan: "free" }), { ...other, properties: wide.properties }];
    expect(digestOf(...swapped)).not.toBe(digestOf(...pair));
  });

  test("another value, column, name, type or a lost value of one row is seen", () => {
    const variants: StoredRow["properties"][] = [
      {},
      { a: 1 },
      { a: "1" },
      { a: [1] },
      { a: "[1]" },
      { a: [] },
      { a: "[]" },
      { a: "" },
      { a: true },
      { a: "true" },
      { a: false },
      { a: 0 },
      { a: 2 },
      { b: 1 },
      { "": 1 },
      { user_id: "user-1" },
      { a: 1, b: 2 },
      { a: 2, b: 1 },
      { a: 1, b: 1 },
      { a: "b" },
      { a: "b", b: "a" },
      { a: "a", b: "b" },
      { ab: "c" },
      { a: "bc" },
    ];
    const digests = variants.map((properties) => digestOf(withProperties(properties)));
    expect(new Set(digests).size).toBe(variants.length);
    const fixed: Partial<StoredRow>[] = [
      { insert_id: undefined },
      { insert_id: "" },
      { insert_id: wide.user_id, user_id: wide.insert_id! },
      { event: wide.user_id, user_id: wide.event },
      { writer: 4 },
      { timeMs: wide.seq, seq: wide.timeMs },
    ];
    const changed = fixed.map((one) => digestOf({ ...wide, ...one }));
    expect(new Set([digestOf(wide), ...changed]).size).toBe(fixed.length + 1);
  });

  test("any single change of any row changes the digest", () => {
    const change = fc.constantFrom<(row: StoredRow) => StoredRow>(
      (row) => ({ ...row, timeMs: row.timeMs + 1 }),
      (row) => ({ ...row, user_id: `${row.user_id}x` }),
      (row) => ({ ...row, event: `${row.event}\u0000` }),
      (row) => ({ ...row, insert_id: row.insert_id === undefined ? "" : undefined }),
      (row) => ({ ...row, seq: row.seq + 500 }),
      (row) => ({ ...row, properties: { ...row.properties, zz: 1 } }),
      (row) => ({ ...row, properties: { ...row.properties, a: "never otherwise" } }),
    );
    const rows = arbitraryRows().filter((all) => all.length > 0);
    fc.assert(
      fc.property(rows, change, fc.nat(), (all, changed, pick) => {
        const index = pick % all.length;
        const after = all.map((row, at) => (at === index ? changed(row) : row));
        expect(digestOf(...after)).not.toBe(digestOf(...all));
        expect(rowsOf(storedOf(after)).length).toBe(all.length);
      }),
    );
  });
});
