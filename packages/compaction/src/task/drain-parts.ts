import type { Digest, StoredBatch } from "@shale/columns";
import {
  addDigests,
  digestsByPart,
  digestText,
  emptyDigest,
  NO_PART,
  selectRows,
} from "@shale/columns";
import type { DayFileGeneration } from "@shale/format";
import type { Day, ShardId } from "@shale/model";
import { DAY_MS, shardOf } from "@shale/model";

/** Rows of one shard, day and generation, with the digest of them as they stand in the tail. */
export interface DrainPart {
  readonly shard: ShardId;
  readonly day: Day;
  readonly generation: number;
  rows: number;
  digest: Digest;
  /** None where the rows are not to be kept. */
  readonly sources: { readonly batch: StoredBatch; readonly rows: Uint32Array }[];
}

export interface PartsOptions {
  readonly shards: number;
  /** Whether the rows of a shard and day are wanted. */
  isWanted(shard: number, day: number): boolean;
  /** Whether their rows go into files; of others only number and digest are wanted. */
  isKept(day: number): boolean;
}

/** Takes rows of tail objects apart. Each batch's rows are digested once. */
export interface DrainParts {
  add(batch: StoredBatch): void;
  /** By shard, day and generation. */
  build(): readonly DrainPart[];
}

/** Below so many of four rows, those that are wanted are copied before they are digested. */
const COPIED_OF_FOUR = 3;

export function createDrainParts(options: PartsOptions): DrainParts {
  const known = new Map<string, DrainPart>();
  return {
    add(batch) {
      const { runs, marks, count } = wantedRuns(batch, options);
      if (count === 0) return;
      const own = withoutOthers(batch, marks, count);
      const rowsOf = rowsByMark(own.marks, runs.length);
      digestsByPart(own.batch, own.marks, runs.length).forEach(({ rows, digest }, index) => {
        const run = runs[index];
        if (run === undefined) return;
        const key = `${run.shard}/${run.day}/${run.generation}`;
        const part = known.get(key) ?? { ...run, rows: 0, digest: emptyDigest, sources: [] };
        known.set(key, part);
        part.rows += rows;
        part.digest = addDigests(part.digest, digest);
        if (options.isKept(run.day)) part.sources.push({ batch: own.batch, rows: rowsOf(index) });
      });
    },
    build: () => [...known.values()].sort(compareParts),
  };
}

type PartName = Pick<DrainPart, "shard" | "day" | "generation">;

/** The parts of a batch, and by row the index of its part, `NO_PART` where it is not wanted. */
function wantedRuns(batch: StoredBatch, { shards, isWanted }: PartsOptions) {
  const { rowCount, userCodes, generations } = batch;
  const shardOfUser = shardsOfUsers(batch, shards);
  const days = daysOf(batch.timesMs);
  const [firstDay, lastDay] = extentOf(days);
  const [firstGeneration, lastGeneration] = extentOf(generations);
  const dayCount = lastDay - firstDay + 1;
  const generationCount = lastGeneration - firstGeneration + 1;
  const known = createPartTable(shards * dayCount * generationCount);
  const marks = new Uint32Array(rowCount);
  const runs: PartName[] = [];
  let count = 0;
  for (let row = 0; row < rowCount; row++) {
    const shard = shardOfUser[userCodes[row] ?? 0] ?? 0;
    const day = days[row] ?? 0;
    const generation = generations[row] ?? 0;
    const place =
      (shard * dayCount + day - firstDay) * generationCount + generation - firstGeneration;
    let mark = known.get(place);
    if (mark === undefined) {
      mark = isWanted(shard, day) ? runs.length : NO_PART;
      if (mark !== NO_PART) runs.push({ shard: shard as ShardId, day: day as Day, generation });
      known.set(place, mark);
    }
    marks[row] = mark;
    if (mark !== NO_PART) count++;
  }
  return { runs, marks, count };
}

function shardsOfUsers({ users }: StoredBatch, shards: number): Uint32Array {
  const found = new Uint32Array(users.ids.count);
  for (let user = 0; user < found.length; user++) {
    found[user] = shardOf(users.hashHigh[user] ?? 0, users.hashLow[user] ?? 0, shards);
  }
  return found;
}

function daysOf(timesMs: Float64Array): Int32Array {
  const days = new Int32Array(timesMs.length);
  for (let row = 0; row < days.length; row++) days[row] = Math.floor((timesMs[row] ?? 0) / DAY_MS);
  return days;
}

function extentOf(values: Int32Array | Uint32Array): readonly [least: number, greatest: number] {
  let least = values[0] ?? 0;
  let greatest = least;
  for (let i = 1; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return [least, greatest];
}

/** Places of more parts than that are looked up by hash: hardly any of them has a row. */
const DENSE_PLACES_MAX = 1_048_576;

/** By place, the index of a part or `NO_PART`. */
function createPartTable(placeCount: number): {
  get(place: number): number | undefined;
  set(place: number, mark: number): void;
} {
  if (placeCount > DENSE_PLACES_MAX) return new Map<number, number>();
  /** 1 more than the mark; 0 is unknown. */
  const marks = new Float64Array(placeCount);
  return {
    get(place) {
      const found = marks[place] ?? 0;
      return found === 0 ? undefined : found - 1;
    },
    set(place, mark) {
      marks[place] = mark + 1;
    },
  };
}

/** The rows that have a mark, where they are few among the others. */
function withoutOthers(batch: StoredBatch, marks: Uint32Array, count: number) {
  if (4 * count > COPIED_OF_FOUR * batch.rowCount) return { batch, marks };
  const rows = new Uint32Array(count);
  const ownMarks = new Uint32Array(count);
  for (let row = 0, at = 0; row < marks.length; row++) {
    const mark = marks[row] ?? 0;
    if (mark === NO_PART) continue;
    rows[at] = row;
    ownMarks[at] = mark;
    at++;
  }
  return { batch: selectRows(batch, rows), marks: ownMarks };
}

/** The rows of each mark, ascending. */
function rowsByMark(marks: Uint32Array, markCount: number): (mark: number) => Uint32Array {
  const ends = new Uint32Array(markCount + 1);
  for (let row = 0; row < marks.length; row++) {
    const mark = marks[row] ?? 0;
    if (mark !== NO_PART) ends[mark + 1] = (ends[mark + 1] ?? 0) + 1;
  }
  for (let mark = 0; mark < markCount; mark++) {
    ends[mark + 1] = (ends[mark + 1] ?? 0) + (ends[mark] ?? 0);
  }
  const starts = ends.slice();
  const rows = new Uint32Array(ends[markCount] ?? 0);
  for (let row = 0; row < marks.length; row++) {
    const mark = marks[row] ?? 0;
    if (mark === NO_PART) continue;
    const at = ends[mark] ?? 0;
    rows[at] = row;
    ends[mark] = at + 1;
  }
  return (mark) => rows.subarray(starts[mark], starts[mark + 1]);
}

function compareParts(a: DrainPart, b: DrainPart): number {
  return a.shard - b.shard || a.day - b.day || a.generation - b.generation;
}

/** As a day file's footer tells it. */
export function generationOf({ generation, rows, digest }: DrainPart): DayFileGeneration {
  return { generation, rows, digest: digestText(digest) };
}
