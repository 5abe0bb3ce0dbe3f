import type { StoredBatch, UserHasher } from "@shale/columns";
import {
  createTombstoneFilter,
  digestsByGeneration,
  findRepeats,
  gatherSorted,
  hiddenRows,
  subtractGenerations,
  sumGenerations,
  withoutRows,
} from "@shale/columns";
import type { DayFileCompression, DayFileGeneration } from "@shale/format";
import type { Day, ShardId } from "@shale/model";
import type { PlaceRange } from "../plan/plan-place-ranges.ts";
import { newestTombstone } from "../plan/plan-purges.ts";
import { encodeFile } from "./encode-file.ts";
import type { FileBytes } from "./file-rows.ts";
import { storedRowsOf } from "./file-rows.ts";
import { rowsInRange } from "./rows-in-range.ts";
import type { EncodedFile, TaskPlace, TaskTombstones } from "./task-place.ts";

export interface MergeInput {
  readonly place: TaskPlace;
  readonly shard: ShardId;
  readonly day: Day;
  /** Every row of the shard-day in `range` that the inputs have; others are left out. */
  readonly files: readonly FileBytes[];
  readonly range: PlaceRange;
  /** Number and digest of these rows, where the entries of the inputs tell. */
  readonly generations: readonly DayFileGeneration[] | undefined;
  readonly tombstones: TaskTombstones;
  readonly compression: DayFileCompression;
}

export interface MergeOutput {
  /** undefined when no row is left. */
  readonly file: EncodedFile | undefined;
  /** Rows that a later one of the same key replaces (R3). */
  readonly duplicates: readonly DayFileGeneration[];
  /** Rows under tombstones. */
  readonly deleted: readonly DayFileGeneration[];
}

/**
 * Rows of several files of one shard-day as one file, without duplicates and deleted users.
 *
 * @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN
 */
export function mergeFiles(input: MergeInput, hasher: UserHasher): MergeOutput {
  const { place, shard, day, range, files, compression } = input;
  const { key, tombstones } = input.tombstones;
  const sources = files.map((file) => sourceOf(file, { range, shards: place.shards, hasher }));
  const batch = gatherSorted(sources, place.shards);
  if (batch.rowCount === 0) return { file: undefined, duplicates: [], deleted: [] };
  const limits = createTombstoneFilter(key, tombstones).limitsOf(batch.users.ids);
  const deleted = hiddenRows(batch, limits);
  const repeats = findRepeats(batch);
  const dropped = eitherOf(batch.rowCount, deleted, repeats);
  const left = dropped === undefined ? batch : withoutRows(batch, dropped);
  const duplicates = sumsOf(batch, onlyIn(repeats, deleted));
  const deletions = sumsOf(batch, deleted);
  if (left.rowCount === 0) return { file: undefined, duplicates, deleted: deletions };
  const generations =
    input.generations &&
    subtractGenerations(input.generations, sumGenerations(duplicates, deletions));
  const tombstone = newestTombstone(tombstones);
  const facts = { place, shard, day, compression, tombstone, distinct: true, generations };
  return { file: encodeFile(left, facts), duplicates, deleted: deletions };
}

interface SourceOptions {
  readonly range: PlaceRange;
  readonly shards: number;
  readonly hasher: UserHasher;
}

function sourceOf(file: FileBytes, { range, shards, hasher }: SourceOptions) {
  const batch = storedRowsOf(file, hasher);
  return { batch, rows: rowsInRange(batch, range, shards) };
}

function eitherOf(
  rowCount: number,
  a: Uint8Array | undefined,
  b: Uint8Array | undefined,
): Uint8Array | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const either = new Uint8Array(rowCount);
  for (let row = 0; row < rowCount; row++) either[row] = (a[row] ?? 0) | (b[row] ?? 0);
  return either;
}

/** The marks of `a` without those of `b`. */
function onlyIn(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  if (a === undefined || b === undefined) return a;
  return a.map((mark, row) => (b[row] === 1 ? 0 : mark));
}

/** @param marks undefined: no row is marked. */
function sumsOf(batch: StoredBatch, marks: Uint8Array | undefined): readonly DayFileGeneration[] {
  return marks === undefined ? [] : digestsByGeneration(batch, marks);
}
