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
import { partitionRows } from "@shale/scan";

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
  const partition = partitionRows(batch, shards);
  const marks = new Uint32Array(batch.rowCount).fill(NO_PART);
  const runs: PartName[] = [];
  let count = 0;
  for (let part = 0; part < partition.partCount; part++) {
    const shard = (partition.shards[part] ?? 0) as ShardId;
    const day = (partition.days[part] ?? 0) as Day;
    if (!isWanted(shard, day)) continue;
    const rows = partition.rows.subarray(partition.starts[part], partition.starts[part + 1]);
    // Rows ascend, seqs with them, and generations never fall as seqs rise.
    let generation = -1;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] ?? 0;
      const own = batch.generations[row] ?? 0;
      if (own !== generation) {
        generation = own;
        runs.push({ shard, day, generation });
      }
      marks[row] = runs.length - 1;
    }
    count += rows.length;
  }
  return { runs, marks, count };
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
