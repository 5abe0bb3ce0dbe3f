import type { DayFileEntry } from "@shale/format";
import type { Day, ShardId } from "@shale/model";
import type { FileRun } from "./file-runs.ts";
import { isSettled, runsOf } from "./file-runs.ts";

/** Day files of one shard-day to be made one run. */
export interface Merge {
  readonly shard: ShardId;
  readonly day: Day;
  readonly inputs: readonly DayFileEntry[];
  readonly rows: number;
  readonly bytes: number;
}

export interface MergePolicy {
  /** "full": every shard-day becomes settled. "due": what pays. */
  readonly mode: "full" | "due";
  /**
   * Fewest runs of one merge, and the factor between two tiers of sizes. Lower: fewer files, each
   * row written more often. 2 or more.
   */
  readonly fanIn: number;
  /** "due" settles days before it, once their smaller runs pay for it. null: none. */
  readonly settleBefore: Day | null;
  /** What the smaller runs of such a day must hold together, as a share of the largest. */
  readonly settleShare: number;
  /** A reshard is open: files of different generations are not mixed (protocol C4). */
  readonly isReshardOpen: boolean;
  /** Ids of files that another job may drop: their shard-days are left alone. */
  readonly claimed: ReadonlySet<string>;
}

export const mergeDefaults = { fanIn: 4, settleShare: 1 / 8 } as const;

/**
 * Chooses what to merge, at most one merge for each shard-day, and with an open reshard for each of
 * its sets of generations. No file is in two merges. By shard, then day.
 *
 * Tiers of sizes are powers of `fanIn` in rows. A merge takes all runs up to a tier if they are
 * enough to leave it: so every row moves up a tier each time it is written again, and no tier keeps
 * `fanIn` runs.
 */
export function planMerges(
  entries: readonly DayFileEntry[],
  policy: MergePolicy,
): readonly Merge[] {
  return bucketsOf(entries, policy).flatMap((files) => {
    if (files.some(({ id }) => policy.claimed.has(id))) return [];
    const [first] = files;
    const chosen = first === undefined ? [] : chooseRuns(runsOf(files), first.day, policy);
    if (first === undefined || chosen.length === 0) return [];
    return {
      shard: first.shard,
      day: first.day,
      inputs: chosen.flatMap((run) => run.files),
      rows: sumOf(chosen, "rows"),
      bytes: sumOf(chosen, "bytes"),
    };
  });
}

/** Files that may stand in one file together. */
function bucketsOf(
  entries: readonly DayFileEntry[],
  { isReshardOpen }: MergePolicy,
): readonly (readonly DayFileEntry[])[] {
  const buckets = new Map<string, DayFileEntry[]>();
  const ordered = [...entries].sort((a, b) => a.shard - b.shard || a.day - b.day);
  for (const entry of ordered) {
    const generations = isReshardOpen ? entry.generations.map((one) => one.generation) : [];
    const key = `${entry.shard}/${entry.day}/${generations.join("+")}`;
    const bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, [entry]);
    else bucket.push(entry);
  }
  return [...buckets.values()];
}

function chooseRuns(runs: readonly FileRun[], day: Day, policy: MergePolicy): readonly FileRun[] {
  if (isSettled(runs)) return [];
  if (policy.mode === "full") return runs;
  if (policy.settleBefore !== null && day < policy.settleBefore && paysToSettle(runs, policy)) {
    return runs;
  }
  return tieredRuns(runs, policy.fanIn);
}

/** One run that repeats keys is written again once; later the smaller runs have to pay for it. */
function paysToSettle(runs: readonly FileRun[], { settleShare }: MergePolicy): boolean {
  const largest = Math.max(...runs.map(({ rows }) => rows));
  return runs.length === 1 || sumOf(runs, "rows") - largest >= largest * settleShare;
}

function tieredRuns(runs: readonly FileRun[], fanIn: number): readonly FileRun[] {
  const ordered = [...runs].sort((a, b) => a.rows - b.rows);
  let chosen: readonly FileRun[] = [];
  let rows = 0;
  for (const [index, run] of ordered.entries()) {
    rows += run.rows;
    const next = ordered[index + 1];
    const tier = tierOf(run.rows, fanIn);
    const isWhole = next === undefined || tierOf(next.rows, fanIn) > tier;
    if (isWhole && index + 1 >= fanIn && tierOf(rows, fanIn) > tier) {
      chosen = ordered.slice(0, index + 1);
    }
  }
  return chosen;
}

/** The greatest t with fanIn^t <= rows, by whole numbers: a logarithm may be one off. */
export function tierOf(rows: number, fanIn: number): number {
  let tier = 0;
  for (let limit = fanIn; limit <= rows; limit *= fanIn) tier++;
  return tier;
}

function sumOf(runs: readonly FileRun[], what: "rows" | "bytes"): number {
  return runs.reduce((sum, run) => sum + run[what], 0);
}
