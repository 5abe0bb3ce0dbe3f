import { crc32 } from "node:zlib";
import { dayFileKey } from "@shale/catalog";
import type { DayFileCompression, DayFileEntry } from "@shale/format";
import { encodeDayFile, outputId } from "@shale/format";
import { dayOf, projectId, shardId, specName } from "@shale/model";
import type { FileRef } from "@shale/scan";
import type { SimulatedEnv } from "@shale/testing";
import { simulatedEnv } from "@shale/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { storedRows } from "../../../../format/test/arbitrary-stored.ts";
import type { StoredRow } from "../../../../format/test/stored-batch-of.ts";
import { contentOf, storedBatchOf } from "../../../../format/test/stored-batch-of.ts";
import { canonicalText, eventOfText, plainRowOf, proofOf } from "./canonical-row.ts";
import type { ForeignRow } from "./foreign-file.ts";
import { readForeignRows } from "./foreign-file.ts";

interface Shape {
  readonly compression: DayFileCompression;
  readonly rowGroupRowsMax?: number;
}

async function putFile(env: SimulatedEnv, rows: readonly StoredRow[], shape: Shape) {
  const { batch } = storedBatchOf(rows, { shards: 1 });
  const { bytes, footerBytes } = encodeDayFile(contentOf(batch, 1), shape);
  const place = {
    shard: shardId(0, 1),
    day: dayOf(rows[0]!.timeMs),
    id: outputId("0".repeat(32), 0),
  };
  const project = projectId("p");
  const spec = { spec: specName("A"), shards: 1, hash: "xxh64" } as const;
  const key = dayFileKey(project, spec.spec, place);
  await env.store.put(key, bytes, { ifAbsent: true });
  const entry = { ...place, bytes: bytes.length, footerBytes, crc: String(crc32(bytes)) };
  const ref: FileRef = { project, spec, entry: entry as unknown as DayFileEntry };
  return { key, batch, ref, bytes };
}

async function readAll(env: SimulatedEnv, ref: FileRef): Promise<ForeignRow[]> {
  const rows: ForeignRow[] = [];
  for await (const group of readForeignRows(env, ref, undefined)) rows.push(...group);
  return rows;
}

const row = (user: string, more: Partial<StoredRow> = {}): StoredRow => ({
  ...{ user_id: user, event: "view", timeMs: 1_767_225_600_000, insert_id: undefined },
  ...{ properties: {}, seq: 1, writer: 1, generation: 0, ...more },
});

describe("readForeignRows()", () => {
  test("gives the rows that were stored, in every compression, row group by row group", async () => {
    const compressions = fc.constantFrom<DayFileCompression>("none", "lz4", "snappy");
    const groupRows = fc.constantFrom(8, 100_000);
    await fc.assert(
      fc.asyncProperty(storedRows, compressions, groupRows, async (rows, compression, most) => {
        const env = simulatedEnv({ seed: 1 });
        const { batch, ref } = await putFile(env, rows, { compression, rowGroupRowsMax: most });
        const found = await readAll(env, ref);
        const texts = Array.from({ length: batch.rowCount }, (_, i) =>
          canonicalText(plainRowOf(batch, i)),
        );
        expect(found.map(canonicalText)).toEqual(texts);
        expect(found.map(({ generation }) => generation)).toEqual([...batch.generations]);
      }),
      { numRuns: 60 },
    );
  });

  test("reads properties that have no column of their own", async () => {
    const env = simulatedEnv({ seed: 1 });
    const rows = Array.from({ length: 21 }, (_, i) => {
      const names = Array.from({ length: 100 }, (_unused, k) => `p${100 * i + k}`);
      const properties = Object.fromEntries(names.map((name, k) => [name, k % 2 ? k : [k, "x"]]));
      return row(`u${i % 3}`, { properties, seq: i + 1 });
    });
    const { batch, ref } = await putFile(env, rows, { compression: "lz4" });
    const texts = Array.from({ length: batch.rowCount }, (_, i) =>
      canonicalText(plainRowOf(batch, i)),
    );
    expect((await readAll(env, ref)).map(canonicalText)).toEqual(texts);
  });

  test("calls bytes that it does not understand damage, and absence no damage", async () => {
    const env = simulatedEnv({ seed: 1 });
    const { ref, key, bytes } = await putFile(env, [row("u1")], { compression: "none" });
    const replace = async (changed: Uint8Array) => {
      await env.store.delete(key);
      await env.store.put(key, changed, { ifAbsent: true });
    };
    const corrupt = expect.objectContaining({ code: "OBJECT_CORRUPT" });
    await replace(bytes.subarray(1));
    await expect(readAll(env, ref)).rejects.toEqual(corrupt);
    await replace(new Uint8Array(bytes.length));
    await expect(readAll(env, ref)).rejects.toEqual(corrupt);
    await env.store.delete(key);
    const gone = expect.objectContaining({ code: "PIN_UNSTABLE", details: { missingKey: key } });
    await expect(readAll(env, ref)).rejects.toEqual(gone);
  });
});

describe("canonical texts", () => {
  test("tell values of different types and absent ones apart, and not their order", () => {
    const of = (properties: readonly (readonly [string, unknown])[], insertId?: string) =>
      canonicalText({
        ...{ user: "u", event: "e", timeMs: 0, insertId, seq: 1, writer: 1, properties },
      });
    const texts = [
      ...[of([]), of([["a", 1]]), of([["a", "1"]]), of([["a", [1]]]), of([["a", "[1]"]])],
      ...[of([["a", true]]), of([["a", ""]]), of([["b", 1]]), of([], ""), of([], "~1-1")],
      ...[of([["a", [null]]]), of([["a", []]]), of([["__proto__", 1]])],
    ];
    expect(new Set(texts).size).toBe(texts.length);
    expect(new Set(texts.map(proofOf)).size).toBe(texts.length);
    const pair = [
      ["a", 1],
      ["b", 2],
    ] as const;
    expect(of(pair)).toBe(of(pair.toReversed()));
  });

  test("give the event back, with the derived id where none is stored", () => {
    const properties = [["__proto__", "x"]] as const;
    const plain = { user: "u", event: "e", timeMs: 0, insertId: undefined, seq: 7, writer: 3 };
    const event = eventOfText(canonicalText({ ...plain, properties }));
    expect(event).toMatchObject({ insert_id: "~3-7", time: "1970-01-01T00:00:00.000Z" });
    expect(Object.keys(event.properties)).toEqual(["__proto__"]);
  });
});
