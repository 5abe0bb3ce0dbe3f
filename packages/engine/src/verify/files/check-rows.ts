import { holdsOrdinal } from "@shale/catalog";
import type { GenerationDigest, StoredBatch } from "@shale/columns";
import {
  createTombstoneFilter,
  digestsByGeneration,
  findRepeats,
  generationsDifference,
  hiddenRows,
  sumGenerations,
} from "@shale/columns";
import type {
  CatalogCut,
  CatalogDocument,
  DayFileFooter,
  DayFileRowGroup,
  RowGroupFacts,
} from "@shale/format";
import { sumFacts } from "@shale/format";
import { DAY_MS } from "@shale/model";
import { createRowCounts } from "./row-counts.ts";
import type { LastUser, RowProblem } from "./row-order-check.ts";
import { lastUserOf, orderProblemOf, userProblemOf } from "./row-order-check.ts";

/** By writer, the seqs of its rows, in pieces. */
export type SeqsByWriter = ReadonlyMap<number, readonly Float64Array[]>;

/** Checks the rows of one day file, row group after row group. */
export interface RowCheck {
  readonly seqs: SeqsByWriter;
  /** The rows of the next row group, with what the footer tells of it alone. */
  add(batch: StoredBatch, group: DayFileRowGroup, told?: RowGroupFacts): void;
  /** All that is wrong, once of each kind. */
  finish(): readonly RowProblem[];
}

/** @param footer As the manifest's entry says too. */
export function createRowCheck(footer: DayFileFooter, catalog: CatalogDocument): RowCheck {
  const { tombstoneKey, tombstones, cuts } = catalog;
  const applied = tombstones.filter(({ number }) => number <= footer.tombstone);
  const filter = applied.length === 0 ? undefined : createTombstoneFilter(tombstoneKey, applied);
  const problems = new Map<RowProblem["code"], RowProblem>();
  const counts = createRowCounts();
  const ofGroups: RowProblem[] = [];
  const seqs = new Map<number, Float64Array[]>();
  let digests: readonly GenerationDigest[] = [];
  let last: LastUser | undefined;

  function find(problem: RowProblem | undefined): void {
    if (problem !== undefined && !problems.has(problem.code)) problems.set(problem.code, problem);
  }
  return {
    seqs,
    add(batch, group, told) {
      const { shard, shards, distinct } = footer;
      find(userProblemOf({ batch, shard, shards, group, last }));
      find(orderProblemOf(batch));
      const outside = outsideDay(batch, footer.day);
      find(outside);
      find(generationProblemOf(batch, cuts));
      // The search for repeats is one within a day.
      const isRepeated = distinct && outside === undefined && findRepeats(batch) !== undefined;
      if (isRepeated) find({ code: "ROW_REPEATED", message: "it says distinct and has repeats" });
      if (hiddenRows(batch, filter?.limitsOf(batch.users.ids)) !== undefined) {
        find({ code: "ROW_DELETED", message: "it has rows of a user that it says were removed" });
      }
      counts.add(batch);
      const own = digestsByGeneration(batch);
      if (told !== undefined) ofGroups.push(...toldProblemsOf(batch, own, told));
      digests = sumGenerations(digests, own);
      gatherSeqs(seqs, batch);
      last = lastUserOf(batch, shards);
    },
    finish() {
      const difference = counts.differenceOf(footer);
      if (difference !== undefined) find({ code: "ROW_COUNT", message: difference });
      const digest = generationsDifference(footer.generations, digests);
      if (digest !== undefined) find({ code: "ROW_DIGEST", message: digest });
      for (const problem of ofGroups) find(problem);
      return [...problems.values()];
    },
  };
}

/** What a footer tells of a row group, and its rows do not have: a copy would go by it (S9). */
function toldProblemsOf(
  batch: StoredBatch,
  digests: readonly GenerationDigest[],
  told: RowGroupFacts,
): readonly RowProblem[] {
  const counts = createRowCounts();
  counts.add(batch);
  const rows = told.generations.reduce((sum, one) => sum + one.rows, 0);
  const difference = counts.differenceOf({ ...sumFacts([told]), rows });
  const digest = generationsDifference(told.generations, digests);
  return [
    ...(difference === undefined ? [] : [{ code: "ROW_COUNT" as const, message: difference }]),
    ...(digest === undefined ? [] : [{ code: "ROW_DIGEST" as const, message: digest }]),
  ];
}

function outsideDay({ timesMs }: StoredBatch, day: number): RowProblem | undefined {
  const startMs = day * DAY_MS;
  const row = timesMs.findIndex((timeMs) => timeMs < startMs || timeMs >= startMs + DAY_MS);
  if (row < 0) return undefined;
  return { code: "ROW_MISPLACED", message: `row ${row} is of another day` };
}

function generationProblemOf(
  { rowCount, writers, seqs, generations }: StoredBatch,
  cuts: readonly CatalogCut[],
): RowProblem | undefined {
  for (let row = 0; row < rowCount; row++) {
    const wanted = generationOf(cuts, writers[row] ?? 0, seqs[row] ?? 0);
    if (wanted === generations[row]) continue;
    const what = `row ${row} is of generation ${wanted}, not ${generations[row]}`;
    return { code: "ROW_MISPLACED", message: what };
  }
  return undefined;
}

/** The number of cuts below a row (protocol S1). */
function generationOf(cuts: readonly CatalogCut[], writer: number, seq: number): number {
  return cuts.filter(
    ({ positions, infinite }) =>
      !holdsOrdinal(infinite, writer) && (positions[String(writer)]?.lastSeq ?? 0) < seq,
  ).length;
}

function gatherSeqs(target: Map<number, Float64Array[]>, batch: StoredBatch): void {
  const { rowCount, writers, seqs } = batch;
  const counts = new Map<number, number>();
  for (let row = 0; row < rowCount; row++) {
    const writer = writers[row] ?? 0;
    counts.set(writer, (counts.get(writer) ?? 0) + 1);
  }
  for (const [writer, count] of counts) {
    const own =
      count === rowCount ? seqs.slice() : seqs.filter((_, row) => writers[row] === writer);
    const pieces = target.get(writer);
    if (pieces === undefined) target.set(writer, [own]);
    else pieces.push(own);
  }
}

/** A row that stands twice among the files of a shard-day: an event would count twice. */
export function repeatedRowOf(files: readonly SeqsByWriter[]): RowProblem | undefined {
  for (const writer of new Set(files.flatMap((file) => [...file.keys()]))) {
    const pieces = files.flatMap((file) => file.get(writer) ?? []);
    const all = new Float64Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    all.sort();
    const twice = all.findIndex((seq, index) => index > 0 && seq === all[index - 1]);
    if (twice < 0) continue;
    const message = `the row with seq ${all[twice]} of writer ${writer} stands twice`;
    return { code: "ROW_REPEATED", message };
  }
  return undefined;
}
