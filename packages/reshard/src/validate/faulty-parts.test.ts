import type { UserHasher } from "@shale/columns";
import type { DayFileRows } from "@shale/format";
import { simulatedEnv } from "@shale/testing";
import { beforeEach, expect, test, vi } from "vitest";
import { createWorld, flush, rowAt } from "../../../compaction/test/world.ts";
import { beginSpecB, compareAB, copyHistory, fillSpecB } from "../../test/two-specs.ts";

/** Faults in what copies, scans and the ordinary comparison share. */
const fault = vi.hoisted(() => ({ reader: false, hash: false }));

/** Every number that is read from a day file becomes 0. */
function lossy(rows: DayFileRows): DayFileRows {
  const properties = rows.properties.map((column) =>
    column.kind === "number"
      ? { ...column, values: column.values.map((value) => (Number.isNaN(value) ? value : 0)) }
      : column,
  );
  return { ...rows, properties };
}

/** The first bit of every hash is another. */
function flipping(hasher: UserHasher): UserHasher {
  return {
    hash: (bytes) => hasher.hash(bytes),
    hashText: (text) => hasher.hashText(text),
    get high() {
      return hasher.high;
    },
    get low() {
      return fault.hash ? (hasher.low ^ 1) >>> 0 : hasher.low;
    },
  };
}

vi.mock("@shale/format", async (importOriginal) => {
  const original = await importOriginal<typeof import("@shale/format")>();
  const decodeDayFileRows: typeof original.decodeDayFileRows = (...args) => {
    const rows = original.decodeDayFileRows(...args);
    return fault.reader ? lossy(rows) : rows;
  };
  return { ...original, decodeDayFileRows };
});
vi.mock("@shale/columns", async (importOriginal) => {
  const original = await importOriginal<typeof import("@shale/columns")>();
  return { ...original, loadUserHasher: async () => flipping(await original.loadUserHasher()) };
});

beforeEach(() => {
  fault.reader = false;
  fault.hash = false;
});

async function openWorld() {
  const env = simulatedEnv({ seed: 1 });
  const world = await createWorld(env, { shards: 4 });
  await flush(
    env,
    world,
    Array.from({ length: 60 }, (_, i) => rowAt(i, { user: `user-${i}`, insertId: undefined })),
  );
  return { env, world, cut: await beginSpecB(env, world, 6) };
}

test("a copy that lost a value through a faulty reader is found by the second one (B9)", async () => {
  const { env, cut } = await openWorld();
  await fillSpecB(env, cut, 6, {
    corrupt: (rows) =>
      rows.map((row) => ({
        ...row,
        properties: "price" in row.properties ? { ...row.properties, price: 0 } : row.properties,
      })),
  });
  fault.reader = true; // Whoever reads the source by it sees what the copy holds.
  const { shardDaysFromFooters } = await compareAB(env);
  expect(shardDaysFromFooters).toBeGreaterThan(0);
  fault.reader = false;
  const honest = await compareAB(env, { full: true });
  expect(honest.differences.flatMap(({ extra }) => extra).length).toBeGreaterThan(10);
  // Both readings by the faulty reader agree; what the second reader sees does not.
  const { env: right, cut: rightCut } = await openWorld();
  await fillSpecB(right, rightCut, 6);
  expect((await compareAB(right, { full: true })).matched).toBe(true);
  fault.reader = true;
  const found = await compareAB(right, { full: true });
  expect(found.units.every(({ old, new: fresh }) => old.digest === fresh.digest)).toBe(true);
  expect(found.matched).toBe(false);
});

test("a store that places users by a faulty hash is found by the second one (B9)", async () => {
  fault.hash = true;
  const { env, cut } = await openWorld();
  await fillSpecB(env, cut, 6);
  const shared = await compareAB(env);
  expect(shared).toMatchObject({ matched: true, misplaced: 0 });
  const found = await compareAB(env, { full: true });
  expect(found.matched).toBe(false);
  expect(found.misplaced).toBeGreaterThan(60);
});

test("nothing is found where nothing is wrong", async () => {
  const { env, cut } = await openWorld();
  await fillSpecB(env, cut, 6);
  expect(await compareAB(env, { full: true })).toMatchObject({ matched: true, misplaced: 0 });
  await expect(copyHistory(env, cut, 6)).resolves.toBeUndefined();
  const twice = await compareAB(env);
  expect(twice.matched).toBe(false); // Rows without an insert id stand twice now.
});
