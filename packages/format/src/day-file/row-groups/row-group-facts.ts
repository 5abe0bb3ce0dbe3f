import { isDeepStrictEqual } from "node:util";
import { digestsByPart, digestText, type StoredBatch, sumGenerations } from "@shale/columns";
import { corrupt } from "../../damage.ts";
import type { DayFileGeneration, DayFileSeqs } from "../../manifest/manifest-document.ts";
import type { DayFileEventCount, DayFileFooter } from "../day-file.ts";
import { createEventCounter, extentOf, seqsByWriter } from "../footer-facts.ts";
import type { GroupCut, UserRuns } from "../user-runs.ts";

/** What a row group says of its rows: enough for the footer of a file that takes it. */
export interface RowGroupFacts {
  /** Distinct, "" left out; no other row group has one of them. */
  readonly users: number;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly generations: readonly DayFileGeneration[];
  readonly seqs: readonly DayFileSeqs[];
  /** Those that it has, bytewise by name. */
  readonly events: readonly DayFileEventCount[];
}

/** The facts of each row group of a batch. It digests every row. */
export function factsByGroup(
  batch: StoredBatch,
  runs: UserRuns,
  cuts: readonly GroupCut[],
): readonly RowGroupFacts[] {
  const countEvents = createEventCounter(batch);
  const generations = generationsByGroup(batch, cuts);
  return cuts.map((cut, group) => {
    const times = extentOf(batch.timesMs.subarray(cut.start, cut.end));
    return {
      users: namedUsersOf(batch, runs, cut),
      minTimeMs: times.min,
      maxTimeMs: times.max,
      generations: generations[group] ?? [],
      seqs: seqsByWriter(batch, cut),
      events: countEvents(cut),
    };
  });
}

/** Users of the runs that have an id. */
export function namedUsersOf(
  { users, userCodes }: StoredBatch,
  runs: UserRuns,
  { firstRun, lastRun }: Pick<GroupCut, "firstRun" | "lastRun">,
): number {
  const { offsets } = users.ids;
  let named = 0;
  for (let run = firstRun; run <= lastRun; run++) {
    const user = userCodes[runs.starts[run] ?? 0] ?? 0;
    if (offsets[user] !== offsets[user + 1]) named++;
  }
  return named;
}

function generationsByGroup(
  batch: StoredBatch,
  cuts: readonly GroupCut[],
): readonly (readonly DayFileGeneration[])[] {
  const parts = new Uint32Array(batch.rowCount);
  const list: { readonly group: number; readonly generation: number }[] = [];
  for (const [group, { start, end }] of cuts.entries()) {
    const known = new Map<number, number>();
    for (let row = start; row < end; row++) {
      const generation = batch.generations[row] ?? 0;
      const part = known.get(generation) ?? list.length;
      if (part === list.length) {
        known.set(generation, part);
        list.push({ group, generation });
      }
      parts[row] = part;
    }
  }
  const found: DayFileGeneration[][] = cuts.map(() => []);
  for (const [part, { rows, digest }] of digestsByPart(batch, parts, list.length).entries()) {
    const { group = 0, generation = 0 } = list[part] ?? {};
    found[group]?.push({ generation, rows, digest: digestText(digest) });
  }
  return found.map((own) => own.sort((a, b) => a.generation - b.generation));
}

/** The facts of several row groups together. */
export interface SummedFacts extends RowGroupFacts {
  readonly clientRows: number;
}

export function sumFacts(list: readonly RowGroupFacts[]): SummedFacts {
  const events = sumEvents(list.flatMap((facts) => facts.events));
  return {
    users: list.reduce((sum, { users }) => sum + users, 0),
    minTimeMs: list.reduce((least, { minTimeMs }) => Math.min(least, minTimeMs), Infinity),
    maxTimeMs: list.reduce((most, { maxTimeMs }) => Math.max(most, maxTimeMs), -Infinity),
    generations: sumGenerations(...list.map(({ generations }) => generations)),
    seqs: joinSeqs(list.flatMap(({ seqs }) => seqs)),
    events,
    clientRows: events.reduce((sum, { clientRows }) => sum + clientRows, 0),
  };
}

function sumEvents(counts: readonly DayFileEventCount[]): readonly DayFileEventCount[] {
  const sums = new Map<string, { rows: number; clientRows: number }>();
  for (const { event, rows, clientRows } of counts) {
    const sum = sums.get(event);
    if (sum === undefined) sums.set(event, { rows, clientRows });
    else {
      sum.rows += rows;
      sum.clientRows += clientRows;
    }
  }
  return [...sums]
    .map(([event, sum]) => ({ event, ...sum }))
    .sort((a, b) => Buffer.compare(Buffer.from(a.event), Buffer.from(b.event)));
}

function joinSeqs(seqs: readonly DayFileSeqs[]): readonly DayFileSeqs[] {
  const extents = new Map<DayFileSeqs["writer"], DayFileSeqs>();
  for (const { writer, min, max } of seqs) {
    const known = extents.get(writer) ?? { writer, min, max };
    extents.set(writer, {
      writer,
      min: Math.min(known.min, min),
      max: Math.max(known.max, max),
    });
  }
  return [...extents.values()].sort((a, b) => a.writer - b.writer);
}

/**
 * Checks that the row groups say together what their file says.
 *
 * @throws {ShaleError} OBJECT_CORRUPT naming the key
 */
export function checkFacts(
  footer: DayFileFooter,
  list: readonly RowGroupFacts[],
  { key }: { readonly key: string },
): void {
  const sums = sumFacts(list);
  for (const name of Object.keys(sums) as (keyof SummedFacts)[]) {
    if (isDeepStrictEqual(sums[name], footer[name])) continue;
    throw corrupt(key, `its row groups say together another "${name}" than its footer`);
  }
}
