import { crc32 } from "node:zlib";
import { beginClaim, commitClaim, dayFileKey, openManifest } from "@shale/catalog";
import type { StoredBatch, UserHasher } from "@shale/columns";
import {
  createBatchBuilder,
  digestsByGeneration,
  eventAt,
  findRepeats,
  gatherSorted,
} from "@shale/columns";
import type { Env } from "@shale/env";
import type { CatalogCut, CatalogOperation, CatalogTransition, DayFileEntry } from "@shale/format";
import { encodeDayFile, outputId } from "@shale/format";
import type { Day, ShardId, StoredEvent } from "@shale/model";
import { groupCountOf, SHARDS_PER_GROUP, shardOf, specName } from "@shale/model";
import { createTailCache } from "@shale/scan";
import { compact } from "../../compaction/test/compact.ts";
import { readBatches } from "../../compaction/test/read-batches.ts";
import type { World } from "../../compaction/test/world.ts";
import { DAY_MS, editCatalog, hasher, project } from "../../compaction/test/world.ts";
import { compareSpecs } from "../src/validate/compare-specs.ts";
import type { ComparisonOptions, SpecComparison } from "../src/validate/comparison.ts";

export const A = specName("A");
export const B = specName("B");

/** A row as it is copied; a test may change what it likes. */
export interface CopiedRow {
  shard: number;
  user: string;
  event: string;
  timeMs: number;
  insertId: string | undefined;
  properties: Record<string, StoredEvent["properties"][string]>;
  writer: number;
  seq: number;
  generation: number;
}

/** Spec B is fed from a cut that stands where every writer does. */
export async function beginSpecB(env: Env, world: World, shards: number): Promise<CatalogCut> {
  const operation: CatalogOperation = {
    ...{ id: "op", source: A, spec: B, strategy: "tee", state: "teeing", paused: false },
    ...{ startedMs: 0, horizonDay: null, rollbackMs: 0, finalizedMs: null },
    ...{ token: null, sourceMissed: false, lastError: null },
    throttle: { bytesPerSecond: null, concurrency: 1, window: null },
  };
  const begun: CatalogTransition = {
    ...{ number: 1, operation: "op", verb: "begin", from: "steady", to: "teeing" },
    ...{ atMs: 1, by: "test", facts: {} },
  };
  const { writers } = await editCatalog(env, ({ specs, fed }) => ({
    specs: [...specs, { spec: B, shards, hash: "xxh64", createdMs: 0, closedMs: null }],
    fed: [...fed, B],
    operation,
    cutPending: { operation: "op" },
    transitions: [begun],
  }));
  const positions = Object.fromEntries(
    writers.map(({ ordinal }) => {
      const n = world.numbers.get(ordinal) ?? 0;
      return [String(ordinal), { n, lastSeq: n === 0 ? 0 : world.nextSeq - 1 }];
    }),
  );
  const cut: CatalogCut = { positions, infinite: [], generation: 1, operation: "op", spec: B };
  await editCatalog(env, ({ cuts }) => ({ cuts: [...cuts, cut], cutPending: null }));
  return cut;
}

export interface CopyOptions {
  readonly hasher?: UserHasher;
  /** What a faulty copy makes of the rows. */
  readonly corrupt?: (rows: CopiedRow[]) => CopiedRow[];
  /** What it makes of the entries. */
  readonly corruptEntry?: (entry: DayFileEntry) => DayFileEntry;
}

/** Copies the rows of A at or below the cut, which A has drained, into day files of B. */
export async function copyHistory(
  env: Env,
  { positions }: CatalogCut,
  shards: number,
  { hasher: placing = hasher, corrupt = (rows) => rows, corruptEntry }: CopyOptions = {},
): Promise<void> {
  const rows: CopiedRow[] = [];
  for (const batch of await readBatches(env, A)) {
    for (let row = 0; row < batch.rowCount; row++) {
      const one = copiedRow(batch, row, shards, placing);
      if (one.seq <= (positions[String(one.writer)]?.lastSeq ?? 0)) rows.push(one);
    }
  }
  const copied = corrupt(rows);
  for (let group = 0; group < groupCountOf(shards); group++) {
    const own = copied.filter(({ shard }) => Math.floor(shard / SHARDS_PER_GROUP) === group);
    const chain = openManifest(env, { project, spec: B, group });
    const place = { project, spec: B, group, kind: "copy" as const, inputs: [] };
    const first = { positions, infinite: [] };
    const { claim } = await beginClaim(env, chain, { ...place, first });
    const added: DayFileEntry[] = [];
    for (const batch of batchesOf(own, placing)) {
      const entry = await putFile(env, batch, outputId(claim.id, added.length), shards);
      added.push(corruptEntry?.(entry) ?? entry);
    }
    const balance = { in: added.flatMap(({ generations }) => generations) };
    await commitClaim(env, chain, claim.id, { added, removed: [], balance });
  }
}

function copiedRow(
  batch: StoredBatch,
  row: number,
  shards: number,
  placing: UserHasher,
): CopiedRow {
  const { user_id: user, event, timeMs, insert_id: insertId, properties } = eventAt(batch, row);
  placing.hashText(user);
  const shard = shardOf(placing.high, placing.low, shards);
  const [writer, seq] = [batch.writers[row]!, batch.seqs[row]!];
  const generation = batch.generations[row]!;
  return { shard, user, event, timeMs, insertId, properties, writer, seq, generation };
}

interface PlacedBatch {
  readonly shard: number;
  readonly day: Day;
  readonly batch: StoredBatch;
}

function batchesOf(rows: readonly CopiedRow[], placing: UserHasher): PlacedBatch[] {
  const parts = new Map<string, CopiedRow[]>();
  for (const row of rows) {
    const key = `${row.shard} ${Math.floor(row.timeMs / DAY_MS)}`;
    parts.set(key, [...(parts.get(key) ?? []), row]);
  }
  return [...parts.values()].map((part) => {
    const builder = createBatchBuilder(placing);
    for (const { user, event, timeMs, insertId, properties } of part) {
      builder.startRow(user, event, timeMs, insertId);
      for (const [name, value] of Object.entries(properties)) {
        if (typeof value === "string") builder.setString(name, value);
        else if (typeof value === "number") builder.setNumber(name, value);
        else if (typeof value === "boolean") builder.setBoolean(name, value);
        else builder.setList(name, JSON.stringify(value));
      }
    }
    const batch = {
      ...builder.build(),
      seqs: Float64Array.from(part, ({ seq }) => seq),
      writers: Float64Array.from(part, ({ writer }) => writer),
      generations: Uint32Array.from(part, ({ generation }) => generation),
    };
    const day = Math.floor(part[0]!.timeMs / DAY_MS) as Day;
    return { shard: part[0]!.shard, day, batch };
  });
}

async function putFile(
  env: Env,
  placed: PlacedBatch,
  id: string,
  shards: number,
): Promise<DayFileEntry> {
  const { day, batch: unsorted } = placed;
  const shard = placed.shard as ShardId;
  const rows = Uint32Array.from({ length: unsorted.rowCount }, (_, row) => row);
  const batch = gatherSorted([{ batch: unsorted, rows }], shards);
  const { bytes, footer, footerBytes } = encodeDayFile({
    ...{ project, spec: B, shard, shards, day, tombstone: 0, batch },
    distinct: findRepeats(batch) === undefined,
    generations: digestsByGeneration(batch),
  });
  const key = dayFileKey(project, B, { shard, day, id });
  const outcome = await env.store.put(key, bytes, { ifAbsent: true });
  const textOf = (crc: number): string => crc.toString(16).padStart(8, "0");
  return {
    ...{ id, shard, day, bytes: bytes.length, footerBytes, crc: textOf(crc32(bytes)) },
    token: outcome.written ? outcome.version : "",
    footerCrc: textOf(crc32(bytes.subarray(bytes.length - footerBytes))),
    ...{ rows: footer.rows, clientRows: footer.clientRows, users: footer.users },
    ...{ minTimeMs: footer.minTimeMs, maxTimeMs: footer.maxTimeMs },
    ...{ firstPlace: footer.firstPlace, lastPlace: footer.lastPlace, distinct: footer.distinct },
    ...{ tombstone: 0, generations: footer.generations, seqs: footer.seqs },
  };
}

export async function compareAB(
  env: Env,
  options: Partial<ComparisonOptions> = {},
): Promise<SpecComparison> {
  const cache = createTailCache({ bytesMax: 2 ** 24 });
  return await compareSpecs(env, project, { source: A, target: B, hasher, cache, ...options });
}

/** Drains what stands in the tail of both specs, and copies the rest into B. */
export async function fillSpecB(
  env: Env,
  cut: CatalogCut,
  shards: number,
  options: CopyOptions = {},
): Promise<void> {
  await compact(env);
  await copyHistory(env, cut, shards, options);
}
