import { digestsByGeneration, sumGenerations, tombstoneHash } from "@shale/columns";
import { encodeFile, storedRowsOf, wholeFileOf } from "@shale/compaction";
import type { CatalogTombstone } from "@shale/format";
import { checkFacts, sumFacts } from "@shale/format";
import { SHARDS_PER_GROUP, specName } from "@shale/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import { hasher, project } from "../../../compaction/test/world.ts";
import type { PlainRow, SourceFile } from "../../test/source-files.ts";
import {
  day,
  indexOf,
  partsOf,
  rowsIn,
  shardOfUser,
  sourceFileOf,
  usersOfShard,
} from "../../test/source-files.ts";
import type { CopyInput, CopyOutput } from "../task/copy-task.ts";
import { copyRows } from "../task/copy-task.ts";
import { sliceRows } from "../task/slice-task.ts";
import { planSlices } from "./plan-slices.ts";

const key = "0123456789abcdef0123456789abcdef";
const USERS = 60;
const shardCounts = [1, 3, 7, 8, 200] as const;
const pools = new Map(
  shardCounts.map((shards) => [shards, usersOfShard(shards - 1, shards, USERS)]),
);

const value = fc.constantFrom<PlainRow["properties"][string]>("x", "", 1.5, -3, true, [1, "a"]);
const row = fc.record({
  user: fc.nat(USERS - 1),
  event: fc.constantFrom("view", "buy", "Ωμέγα"),
  insertId: fc.constantFrom(undefined, "i1", "~1-7"),
  writer: fc.integer({ min: 1, max: 3 }),
  generation: fc.nat(2),
  properties: fc
    .array(fc.tuple(fc.constantFrom("a", "A", "b", "spec"), value), { maxLength: 3 })
    .map((entries) => Object.fromEntries(entries)),
  file: fc.nat(1),
});
const scenario = fc.record({
  rows: fc.array(row, { minLength: 1, maxLength: 150 }),
  shards: fc.constantFrom(...shardCounts),
  bits: fc.constantFrom(1, 2, 4),
  kind: fc.constantFrom("finer", "coarser"),
  rowGroupRowsMax: fc.constantFrom(2, 10, 1000),
  bytesMax: fc.constantFrom(Number.POSITIVE_INFINITY, 6_000),
  rowsMin: fc.constantFrom(1, 5),
  lastSeq: fc.constantFrom<number>(1_000, 1_000, 60, 8),
  deleted: fc.constantFrom(undefined, 3),
  /** Of the files: whether the deletion was applied to them. */
  tombstone: fc.constantFrom(0, 1),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer One> ? One : never;

interface Setting {
  readonly files: readonly SourceFile[];
  readonly pair: { readonly from: number; readonly to: number };
  readonly tombstones: readonly CatalogTombstone[];
}

function settingOf(one: Scenario): Setting {
  const { shards, bits, kind, rowGroupRowsMax, lastSeq, deleted, tombstone } = one;
  const users = pools.get(shards) ?? [];
  const [from, to] = kind === "finer" ? [shards, shards * 2 ** bits] : [shards * 2 ** bits, shards];
  const position = { n: 1, lastSeq };
  const upTo = { positions: { 1: position, 2: position, 3: position }, infinite: [] };
  const gone = deleted === undefined ? undefined : users[deleted];
  const byFile = new Map<string, PlainRow[]>();
  for (const [i, { user, file, ...rest }] of one.rows.entries()) {
    const id = users[user] ?? "";
    // What was applied to the files is not in them.
    if (tombstone === 1 && id === gone) continue;
    const name = `${shardOfUser(id, from)} ${file}`;
    byFile.set(name, [...(byFile.get(name) ?? []), { ...rest, user: id, seq: i + 1 }]);
  }
  const files = [...byFile].map(([name, rows], number) => {
    const shard = Number(name.split(" ")[0]);
    const options = { shard, shards: from, rowGroupRowsMax, upTo, number };
    return sourceFileOf(rows, { ...options, tombstone: gone === undefined ? 0 : tombstone });
  });
  const tombstones =
    gone === undefined
      ? []
      : [{ number: 1, userHash: tombstoneHash(key, Buffer.from(gone)), seq: 1_000, atMs: 1 }];
  return { files, pair: { from, to }, tombstones: tombstones as unknown as CatalogTombstone[] };
}

function inputOf({ pair, tombstones }: Setting, group: number): Omit<CopyInput, "sources"> {
  const place = { project, spec: specName("B"), shards: pair.to };
  return { place, group, day, tombstones: { key, tombstones }, compression: "lz4" };
}

function byDecoding(setting: Setting, group: number): CopyOutput {
  const sources = setting.files.map(({ bytes, entry, unit: { upTo } }) => ({
    file: wholeFileOf(entry.id, bytes, entry.footerBytes),
    ...{ generations: entry.generations, after: null, upTo },
  }));
  return copyRows({ ...inputOf(setting, group), sources }, hasher);
}

/** What is sliced, and what is decoded beside it. */
function bySlices(
  setting: Setting,
  group: number,
  { rowsMin, bytesMax }: Pick<Scenario, "rowsMin" | "bytesMax">,
): { readonly outputs: readonly CopyOutput[]; readonly sliced: number } {
  const rules = { pair: setting.pair, group, compression: "lz4", rowsMin, bytesMax } as const;
  const { slices, left } = planSlices(setting.files, rules);
  const fileOf = (id: string) => setting.files.find(({ entry }) => entry.id === id)!;
  const sourceOf = (id: string, rowGroups: readonly number[]) => {
    const file = fileOf(id);
    const facts = rowGroups.map((number) => file.index.rowGroupFacts![number]!);
    const { generations } = sumFacts(facts);
    return { file: partsOf(file, rowGroups), generations, after: null, upTo: file.unit.upTo };
  };
  const outputs = slices.map(({ shard, parts }) => {
    const sources = parts.map(({ file: { entry }, rowGroups, shift }) => ({
      ...sourceOf(entry.id, rowGroups),
      ...{ tombstone: entry.tombstone, shift },
    }));
    return sliceRows({ ...inputOf(setting, group), shard, sources }, hasher);
  });
  const sources = left.map(({ entry, rowGroups = [] }) =>
    sourceOf(
      entry.id,
      rowGroups.map(({ number }) => number),
    ),
  );
  const decoded = copyRows({ ...inputOf(setting, group), sources }, hasher);
  return { outputs: [...outputs, decoded], sliced: slices.length };
}

/** By shard, the rows of all files. */
function rowsByShard(outputs: readonly CopyOutput[]): ReadonlyMap<number, readonly string[]> {
  const rows = new Map<number, string[]>();
  for (const file of outputs.flatMap(({ files }) => files)) {
    rows.set(file.shard, [...(rows.get(file.shard) ?? []), ...rowsIn(file)]);
  }
  return new Map([...rows].sort(([a], [b]) => a - b).map(([shard, own]) => [shard, own.sort()]));
}

/** The file says of itself what one made of its rows would say. */
function expectWhole(file: CopyOutput["files"][number], { to }: Setting["pair"]): void {
  const index = indexOf(file);
  checkFacts(index.footer, index.rowGroupFacts!, { key: "file" });
  const batch = storedRowsOf(wholeFileOf("file", file.bytes, file.footerBytes), hasher);
  expect(file.footer.generations).toEqual(digestsByGeneration(batch));
  const place = { project, spec: specName("B"), shards: to };
  const { shard, footer } = file;
  const { tombstone, distinct, compression } = footer;
  const again = encodeFile(batch, { place, shard, day, tombstone, distinct, compression });
  const { rowGroups: _own, ...facts } = footer;
  const { rowGroups: _again, ...wanted } = again.footer;
  expect(facts).toEqual(wanted);
  for (const user of new Set(rowsIn(file).map((one) => JSON.parse(one)[1].user_id as string))) {
    expect(shardOfUser(user, to)).toBe(shard);
  }
}

function compare(one: Scenario): number {
  const setting = settingOf(one);
  const users = pools.get(one.shards) ?? [];
  const shards = new Set(users.map((user) => shardOfUser(user, setting.pair.to)));
  let sliced = 0;
  for (const group of new Set([...shards].map((shard) => Math.floor(shard / SHARDS_PER_GROUP)))) {
    const wanted = byDecoding(setting, group);
    const found = bySlices(setting, group, one);
    sliced += found.sliced;
    expect(rowsByShard(found.outputs)).toEqual(rowsByShard([wanted]));
    for (const part of ["taken", "deleted"] as const) {
      const sums = found.outputs.map((output) => output[part]);
      expect(sumGenerations(...sums)).toEqual(sumGenerations(wanted[part]));
    }
    for (const file of found.outputs.flatMap(({ files }) => files)) expectWhole(file, setting.pair);
  }
  return sliced;
}

test("slices and what is decoded beside them are the rows that decoding all gives", () => {
  let sliced = 0;
  fc.assert(
    fc.property(scenario, (one) => {
      sliced += compare(one);
    }),
    { numRuns: 150 },
  );
  expect(sliced).toBeGreaterThan(50);
});

const manyRows = Array.from({ length: 600 }, (_one, i): Scenario["rows"][number] => ({
  ...{
    user: i % USERS,
    event: i % 3 === 0 ? "buy" : "view",
    insertId: i % 2 === 0 ? "i1" : undefined,
  },
  ...{ writer: 1 + (i % 2), generation: i % 2, file: 0 },
  properties: i % USERS < 9 ? { a: i, b: "x" } : { a: `${i}` },
}));
const plain: Omit<Scenario, "shards" | "bits" | "kind"> = {
  ...{ rows: manyRows, rowGroupRowsMax: 10, bytesMax: Number.POSITIVE_INFINITY, rowsMin: 1 },
  ...{ lastSeq: 1_000, deleted: undefined, tombstone: 0 },
};

for (const shards of shardCounts) {
  for (const kind of ["finer", "coarser"] as const) {
    test(`every row group is sliced that can be: ${shards} shards, ${kind}`, () => {
      for (const bits of [1, 2, 4] as const) {
        const one = { ...plain, shards, kind, bits };
        const setting = settingOf(one);
        const users = pools.get(shards) ?? [];
        const targets = new Set(users.map((user) => shardOfUser(user, setting.pair.to)));
        const plans = Array.from({ length: Math.ceil(setting.pair.to / 64) }, (_, group) =>
          planSlices(setting.files, { ...one, pair: setting.pair, group, compression: "lz4" }),
        );
        expect(plans.flatMap(({ left }) => left)).toEqual([]);
        const sliced = plans.flatMap(({ slices }) => slices);
        expect(new Set(sliced.map(({ shard }) => shard))).toEqual(targets);
        // One file a shard: a concatenation of all of its sources.
        expect(sliced).toHaveLength(targets.size);
        expect(compare(one)).toBe(targets.size);
      }
    });
  }
}

test("a row group with a row that is not copied now is decoded", () => {
  for (const kind of ["finer", "coarser"] as const) {
    const one = { ...plain, shards: 3 as const, bits: 1 as const, kind, lastSeq: 1_000 };
    const all = compare(one);
    expect(compare({ ...one, lastSeq: 590 })).toBeLessThan(all);
    expect(compare({ ...one, lastSeq: 300 })).toBe(0);
  }
});

test("rows of a shard with a user that was deleted since are decoded, and the user's left out", () => {
  for (const kind of ["finer", "coarser"] as const) {
    const one = { ...plain, shards: 3 as const, bits: 1 as const, kind };
    for (const tombstone of [0, 1] as const) compare({ ...one, deleted: 3, tombstone });
  }
});
