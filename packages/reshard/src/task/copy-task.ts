import type { StoredBatch, UserHasher } from "@shale/columns";
import {
  createTombstoneFilter,
  digestsByGeneration,
  digestsByPart,
  digestText,
  findRepeats,
  gatherSorted,
  generationsDifference,
  hiddenRows,
  NO_PART,
  type RowSource,
  subtractGenerations,
  sumGenerations,
  withoutRows,
} from "@shale/columns";
import type { EncodedFile, FileBytes, TaskPlace, TaskTombstones } from "@shale/compaction";
import { encodeFile, storedRowsOf } from "@shale/compaction";
import type { CatalogVector, DayFileCompression, DayFileGeneration } from "@shale/format";
import type { Day } from "@shale/model";
import { SHARDS_PER_GROUP, ShaleError, shardId, shardOf } from "@shale/model";
import { seqIn } from "../copy/vectors.ts";

/** A file of the old spec, or some row groups of it. */
export interface CopySource {
  readonly file: FileBytes;
  /** What its manifest says that its rows are, to be checked; undefined where some are not here. */
  readonly generations: readonly DayFileGeneration[] | undefined;
  /** Rows above this … */
  readonly after: CatalogVector | null;
  /** … and at or below this are copied. */
  readonly upTo: CatalogVector;
}

export interface CopyInput {
  /** The new spec. */
  readonly place: TaskPlace;
  /** Rows of this group of it are wanted. */
  readonly group: number;
  readonly day: Day;
  readonly sources: readonly CopySource[];
  readonly tombstones: TaskTombstones;
  readonly compression: DayFileCompression;
}

export interface CopyOutput {
  /** One for each shard that has a row. */
  readonly files: readonly EncodedFile[];
  /** The rows that were to be copied, … */
  readonly taken: readonly DayFileGeneration[];
  /** … and those of them that are of deleted users. */
  readonly deleted: readonly DayFileGeneration[];
  /** Of each source, all rows that it holds: those of other groups, or not to be copied, too. */
  readonly read: readonly (readonly DayFileGeneration[])[];
}

/**
 * Rows of one UTC day, from files of the old spec into one file for each shard of the new one.
 * Duplicates stay: they may lose against a row that is copied or drained later (R3).
 *
 * @throws {ShaleError} OBJECT_CORRUPT when a file is not what its manifest says, FORMAT_UNKNOWN
 */
export function copyRows(input: CopyInput, hasher: UserHasher): CopyOutput {
  const { place, day, compression } = input;
  const { key, tombstones } = input.tombstones;
  const filter = createTombstoneFilter(key, tombstones);
  const tombstone = tombstones.reduce((newest, { number }) => Math.max(newest, number), 0);
  const targets = new Map<number, Target>();
  const read = input.sources.map((source) => takeSource(input, source, hasher, targets));
  const files: EncodedFile[] = [];
  const deleted: DayFileGeneration[] = [];
  for (const [shard, { sources, sums }] of [...targets].sort(([a], [b]) => a - b)) {
    const batch = gatherSorted(sources, place.shards);
    const hidden = hiddenRows(batch, filter.limitsOf(batch.users.ids));
    const left = hidden === undefined ? batch : withoutRows(batch, hidden);
    const gone = hidden === undefined ? [] : digestsByGeneration(batch, hidden);
    deleted.push(...gone);
    if (left.rowCount === 0) continue;
    files.push(
      encodeFile(left, {
        ...{ place, day, compression, tombstone },
        shard: shardId(shard, place.shards),
        distinct: findRepeats(left) === undefined,
        generations: subtractGenerations(sumGenerations(sums), gone),
      }),
    );
  }
  const taken = sumGenerations(...[...targets.values()].map(({ sums }) => sums));
  return { files, taken, deleted: sumGenerations(deleted), read };
}

/** What one shard of the new spec gets. */
interface Target {
  readonly sources: RowSource[];
  readonly sums: DayFileGeneration[];
}

/** Splits the rows of one file, and checks that they are what its manifest says; all of them. */
function takeSource(
  { place, group }: CopyInput,
  source: CopySource,
  hasher: UserHasher,
  targets: Map<number, Target>,
): readonly DayFileGeneration[] {
  const batch = storedRowsOf(source.file, hasher);
  const shards = wantedShards(batch, { shards: place.shards, group, ...source });
  const parts = partsOf(batch, shards);
  const sums = digestsByPart(batch, parts.byRow, parts.list.length).map(({ rows, digest }, i) => ({
    generation: parts.list[i]?.generation ?? 0,
    rows,
    digest: digestText(digest),
  }));
  const read = sumGenerations(sums);
  if (source.generations !== undefined) checkRead(source.file.key, source.generations, read);
  const rowsOf = rowsByShard(shards);
  for (const [i, { shard }] of parts.list.entries()) {
    const sum = sums[i];
    if (shard === NO_PART || sum === undefined || sum.rows === 0) continue;
    const target = targets.get(shard) ?? { sources: [], sums: [] };
    targets.set(shard, target);
    target.sums.push(sum);
  }
  for (const [shard, rows] of rowsOf) targets.get(shard)?.sources.push({ batch, rows });
  return read;
}

/**
 * Checks what was read of a file against its entry.
 *
 * @throws {ShaleError} OBJECT_CORRUPT
 */
export function checkRead(
  key: string,
  listed: readonly DayFileGeneration[],
  read: readonly DayFileGeneration[],
): void {
  const difference = generationsDifference(listed, read);
  if (difference === undefined) return;
  throw new ShaleError(
    "OBJECT_CORRUPT",
    `Cannot copy ${key}: its rows are not those that its manifest lists: ${difference}`,
    { details: { key } },
  );
}

/** By row, the shard of the new spec that gets it; NO_PART: none of this group, or not now. */
function wantedShards(
  batch: StoredBatch,
  {
    shards,
    group,
    after,
    upTo,
  }: Pick<CopySource, "after" | "upTo"> & { readonly shards: number; readonly group: number },
): Uint32Array {
  const { rowCount, users, userCodes, writers, seqs } = batch;
  const ofUser = new Uint32Array(users.ids.count);
  for (let user = 0; user < ofUser.length; user++) {
    const shard = shardOf(users.hashHigh[user] ?? 0, users.hashLow[user] ?? 0, shards);
    ofUser[user] = Math.floor(shard / SHARDS_PER_GROUP) === group ? shard : NO_PART;
  }
  const found = new Uint32Array(rowCount);
  let [writer, low, high] = [-1, 0, 0];
  for (let row = 0; row < rowCount; row++) {
    const own = writers[row] ?? 0;
    if (own !== writer) {
      [writer, low, high] = [own, after === null ? 0 : seqIn(after, own), seqIn(upTo, own)];
    }
    const seq = seqs[row] ?? 0;
    found[row] = seq > low && seq <= high ? (ofUser[userCodes[row] ?? 0] ?? NO_PART) : NO_PART;
  }
  return found;
}

interface Parts {
  readonly byRow: Uint32Array;
  /** `shard` NO_PART: rows that stay behind, which only the check needs. */
  readonly list: readonly { readonly shard: number; readonly generation: number }[];
}

/** One part for each shard and generation. */
function partsOf({ rowCount, generations }: StoredBatch, shards: Uint32Array): Parts {
  const byRow = new Uint32Array(rowCount);
  const list: { shard: number; generation: number }[] = [];
  const known = new Map<number, Map<number, number>>();
  for (let row = 0; row < rowCount; row++) {
    const shard = shards[row] ?? NO_PART;
    const generation = generations[row] ?? 0;
    const ofShard = known.get(shard) ?? new Map<number, number>();
    known.set(shard, ofShard);
    let part = ofShard.get(generation);
    if (part === undefined) {
      part = list.length;
      list.push({ shard, generation });
      ofShard.set(generation, part);
    }
    byRow[row] = part;
  }
  return { byRow, list };
}

function rowsByShard(shards: Uint32Array): ReadonlyMap<number, Uint32Array> {
  const counts = new Map<number, number>();
  for (const shard of shards) {
    if (shard !== NO_PART) counts.set(shard, (counts.get(shard) ?? 0) + 1);
  }
  const rows = new Map([...counts].map(([shard, count]) => [shard, new Uint32Array(count)]));
  const filled = new Map<number, number>();
  for (let row = 0; row < shards.length; row++) {
    const shard = shards[row] ?? NO_PART;
    const own = rows.get(shard);
    if (own === undefined) continue;
    const at = filled.get(shard) ?? 0;
    own[at] = row;
    filled.set(shard, at + 1);
  }
  return rows;
}
