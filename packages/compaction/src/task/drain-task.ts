import type { LoggedBatch } from "@shale/columns";
import {
  createTombstoneFilter,
  findRepeats,
  gatherSorted,
  hiddenRows,
  storedBatchOf,
  sumGenerations,
} from "@shale/columns";
import type { CatalogCut, DayFileCompression, DayFileGeneration } from "@shale/format";
import { decodeTailObject } from "@shale/format";
import type { Day, TailNumber, WriterOrdinal } from "@shale/model";
import { invariant, SHARDS_PER_GROUP, ShaleError } from "@shale/model";
import { newestTombstone } from "../plan/plan-purges.ts";
import type { DrainPart } from "./drain-parts.ts";
import { createDrainParts, generationOf } from "./drain-parts.ts";
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

/** One of `count` parts of the shard-days, each with about as many of them. */
export interface DrainSlice {
  readonly index: number;
  readonly count: number;
}

export interface DrainInput {
  readonly place: TaskPlace;
  /** Groups whose rows are wanted, … */
  readonly groups: readonly number[];
  /** … and of them, those shard-days that no other task takes. */
  readonly slice: DrainSlice;
  readonly cuts: readonly CatalogCut[];
  /** Rows of earlier days are left out; null: none. */
  readonly firstDay: Day | null;
  readonly tombstones: TaskTombstones;
  readonly compression: DayFileCompression;
  /** Of each writer ascending without a gap. */
  readonly objects: readonly TailBytes[];
}

export interface DrainedGroup {
  readonly group: number;
  readonly files: readonly EncodedFile[];
  /** All rows of the group's slice in the objects, … */
  readonly range: readonly DayFileGeneration[];
  /** … and those of them whose days are no longer kept. */
  readonly expired: readonly DayFileGeneration[];
}

export interface DrainOutput {
  /** In the order of the input. */
  readonly groups: readonly DrainedGroup[];
  /** Where each writer's range ends. */
  readonly ends: readonly {
    readonly writer: WriterOrdinal;
    readonly n: number;
    readonly lastSeq: number;
  }[];
}

/**
 * Tail objects into day files of some groups, one for each shard, day and generation.
 *
 * Duplicates stay, and so do rows under tombstones: what comes out is exactly the range without the
 * expired days (protocol C3). The digests in the footers are those of the rows in the tail, taken
 * before they were sorted and encoded, so that reading back compares with them. A file says that it
 * has applied the tombstones if it has no row that they hide.
 *
 * @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN
 */
export function drainObjects(input: DrainInput): DrainOutput {
  const { place, groups, slice, objects } = input;
  const firstDay = input.firstDay ?? Number.NEGATIVE_INFINITY;
  const wanted = new Set(groups);
  const parts = createDrainParts({
    shards: place.shards,
    isWanted: (shard, day) => wanted.has(groupOf(shard)) && sliceOf(shard, day, slice),
    isKept: (day) => day >= firstDay,
  });
  const ends = new Map<WriterOrdinal, { readonly n: number; readonly lastSeq: number }>();
  for (const object of objects) {
    const { batch, lastSeq } = openTail(object);
    ends.set(object.writer, { n: object.n, lastSeq });
    if (batch === undefined) continue;
    parts.add(storedBatchOf(batch, (seq) => generationAt(input.cuts, object.writer, seq)));
  }
  const drained = new Map(groups.map((group) => [group, createDrainedGroup(group)]));
  const encodePart = partEncoder(input);
  for (const part of parts.build()) {
    const own = drained.get(groupOf(part.shard));
    invariant(own !== undefined, "a part is of a group that is wanted");
    const sums = generationOf(part);
    own.range.push(sums);
    if (part.sources.length === 0) own.expired.push(sums);
    else own.files.push(encodePart(part));
  }
  return {
    groups: [...drained.values()].map(({ range, expired, ...rest }) => ({
      ...rest,
      range: sumGenerations(range),
      expired: sumGenerations(expired),
    })),
    ends: [...ends].map(([writer, end]) => ({ writer, ...end })),
  };
}

function groupOf(shard: number): number {
  return Math.floor(shard / SHARDS_PER_GROUP);
}

/** Days of one shard go to several slices, and shards of one day too: either may be one alone. */
function sliceOf(shard: number, day: number, { index, count }: DrainSlice): boolean {
  return (((shard + day) % count) + count) % count === index;
}

function createDrainedGroup(group: number) {
  const files: EncodedFile[] = [];
  const range: DayFileGeneration[] = [];
  const expired: DayFileGeneration[] = [];
  return { group, files, range, expired };
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

function partEncoder({ place, compression, tombstones: { key, tombstones } }: DrainInput) {
  const filter = createTombstoneFilter(key, tombstones);
  const newest = newestTombstone(tombstones);
  return (part: DrainPart): EncodedFile => {
    const batch = gatherSorted(part.sources, place.shards);
    invariant(batch.rowCount === part.rows, "a file has the rows of its part, one at least");
    const isHiding = hiddenRows(batch, filter.limitsOf(batch.users.ids)) !== undefined;
    return encodeFile(batch, {
      place,
      shard: part.shard,
      day: part.day,
      tombstone: isHiding ? 0 : newest,
      distinct: findRepeats(batch) === undefined,
      compression,
      generations: [generationOf(part)],
    });
  };
}
