import type { LoggedBatch, StoredBatch } from "@shale/columns";
import {
  createTombstoneFilter,
  digestsByGeneration,
  findRepeats,
  gatherSorted,
  hiddenRows,
  storedBatchOf,
  sumGenerations,
} from "@shale/columns";
import type { CatalogCut, DayFileCompression, DayFileGeneration } from "@shale/format";
import { decodeTailObject } from "@shale/format";
import type { Day, ShardId, TailNumber, WriterOrdinal } from "@shale/model";
import { invariant, SHARDS_PER_GROUP, ShaleError } from "@shale/model";
import { partitionRows } from "@shale/scan";
import { newestTombstone } from "../plan/plan-purges.ts";
import { encodeFile } from "./encode-file.ts";
import { generationAt } from "./generation-at.ts";
import type { EncodedFile, TaskPlace, TaskTombstones } from "./task-place.ts";

/** One tail object as it was read. */
export interface TailBytes {
  readonly key: string;
  readonly writer: WriterOrdinal;
  readonly n: TailNumber;
  readonly bytes: Uint8Array;
}

export interface DrainInput {
  readonly place: TaskPlace;
  readonly group: number;
  readonly cuts: readonly CatalogCut[];
  /** Rows of earlier days are left out; null: none. */
  readonly firstDay: Day | null;
  readonly tombstones: TaskTombstones;
  readonly compression: DayFileCompression;
  /** Of each writer ascending without a gap. */
  readonly objects: readonly TailBytes[];
}

export interface DrainOutput {
  readonly files: readonly EncodedFile[];
  /** All rows of the group in the objects, … */
  readonly range: readonly DayFileGeneration[];
  /** … and those of them whose days are no longer kept. */
  readonly expired: readonly DayFileGeneration[];
  /** Where each writer's range ends. */
  readonly ends: readonly {
    readonly writer: WriterOrdinal;
    readonly n: number;
    readonly lastSeq: number;
  }[];
}

/** Rows of one shard, day and generation. */
interface DrainPart {
  readonly shard: ShardId;
  readonly day: Day;
  readonly generation: number;
  readonly sources: { readonly batch: StoredBatch; readonly rows: Uint32Array }[];
}

/**
 * Tail objects into day files of the group, one for each shard, day and generation.
 *
 * Duplicates stay, and so do rows under tombstones: what comes out is exactly the range without the
 * expired days (protocol C3). A file says that it has applied the tombstones if it has no row that
 * they hide.
 *
 * @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN
 */
export function drainObjects(input: DrainInput): DrainOutput {
  const { place, group, objects } = input;
  const firstDay = input.firstDay ?? Number.NEGATIVE_INFINITY;
  const parts = new Map<string, DrainPart>();
  const ends = new Map<WriterOrdinal, { readonly n: number; readonly lastSeq: number }>();
  let range: readonly DayFileGeneration[] = [];
  let expired: readonly DayFileGeneration[] = [];
  for (const object of objects) {
    const { batch: logged, lastSeq } = openTail(object);
    ends.set(object.writer, { n: object.n, lastSeq });
    if (logged === undefined) continue;
    const batch = storedBatchOf(logged, (seq) => generationAt(input.cuts, object.writer, seq));
    const { partCount, shards, days, starts, rows } = partitionRows(batch, place.shards);
    let isLate = false;
    const [kept, late] = [new Uint8Array(batch.rowCount), new Uint8Array(batch.rowCount)];
    for (let part = 0; part < partCount; part++) {
      const shard = (shards[part] ?? 0) as ShardId;
      const day = (days[part] ?? 0) as Day;
      if (Math.floor(shard / SHARDS_PER_GROUP) !== group) continue;
      const partRows = rows.subarray(starts[part], starts[part + 1]);
      const isExpired = day < firstDay;
      const marks = isExpired ? late : kept;
      for (const row of partRows) marks[row] = 1;
      if (isExpired) isLate = true;
      else addPart(parts, batch, { shard, day, rows: partRows });
    }
    const lateSums = isLate ? digestsByGeneration(batch, late) : [];
    expired = sumGenerations(expired, lateSums);
    range = sumGenerations(range, lateSums, digestsByGeneration(batch, kept));
  }
  const files = [...parts.values()].sort(compareParts).map((part) => fileOf(part, input));
  return { files, range, expired, ends: [...ends].map(([writer, end]) => ({ writer, ...end })) };
}

function openTail({ key, writer, n, bytes }: TailBytes): {
  readonly batch: LoggedBatch | undefined;
  readonly lastSeq: number;
} {
  const { batch, lastSeq, ...header } = decodeTailObject(bytes, { key });
  if (header.writer === writer && header.n === n) return { batch, lastSeq };
  throw new ShaleError(
    "OBJECT_CORRUPT",
    `Cannot read ${key}: it is object ${header.n} of writer ${header.writer}`,
    { details: { key } },
  );
}

function addPart(
  parts: Map<string, DrainPart>,
  batch: StoredBatch,
  { shard, day, rows }: { readonly shard: ShardId; readonly day: Day; readonly rows: Uint32Array },
): void {
  // Rows ascend, seqs with them, and generations never fall as seqs rise.
  for (let start = 0; start < rows.length; ) {
    const generation = batch.generations[rows[start] ?? 0] ?? 0;
    let end = rows.length;
    if (batch.generations[rows[end - 1] ?? 0] !== generation) {
      end = start + 1;
      while (batch.generations[rows[end] ?? 0] === generation) end++;
    }
    const key = `${shard}/${day}/${generation}`;
    const part = parts.get(key) ?? { shard, day, generation, sources: [] };
    part.sources.push({ batch, rows: rows.subarray(start, end) });
    parts.set(key, part);
    start = end;
  }
}

function compareParts(a: DrainPart, b: DrainPart): number {
  return a.shard - b.shard || a.day - b.day || a.generation - b.generation;
}

function fileOf({ shard, day, sources }: DrainPart, input: DrainInput): EncodedFile {
  const { place, compression, tombstones: deleted } = input;
  const batch = gatherSorted(sources, place.shards);
  invariant(batch.rowCount > 0, "a part of a drain has a row");
  const { key, tombstones } = deleted;
  const limits = createTombstoneFilter(key, tombstones).limitsOf(batch.users.ids);
  const isHiding = hiddenRows(batch, limits) !== undefined;
  return encodeFile(batch, {
    place,
    shard,
    day,
    tombstone: isHiding ? 0 : newestTombstone(tombstones),
    distinct: findRepeats(batch) === undefined,
    compression,
  });
}
