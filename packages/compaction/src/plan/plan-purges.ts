import type { CatalogTombstone, DayFileEntry } from "@shale/format";
import { runsOf } from "./file-runs.ts";
import type { Merge } from "./plan-merges.ts";

export interface PurgePolicy {
  /**
   * "full": every file gets to know every tombstone, so that those can retire (D2). "due": files
   * that may hold a hidden row; a look at their users says whether they do.
   */
  readonly mode: "full" | "due";
  /** Ids of files that another job may drop: their runs are left alone. */
  readonly claimed: ReadonlySet<string>;
}

/**
 * Runs of files that lag behind the newest tombstone (protocol D2): each is to be written again,
 * whole, so that its shard-day stays settled. By shard, then day.
 *
 * A tombstone hides rows at or below its seq, so the seqs of an entry often tell without a look.
 */
export function planPurges(
  entries: readonly DayFileEntry[],
  tombstones: readonly CatalogTombstone[],
  { mode, claimed }: PurgePolicy,
): readonly Merge[] {
  if (tombstones.length === 0) return [];
  const newest = newestTombstone(tombstones);
  const isDue = (file: DayFileEntry): boolean =>
    mode === "full" ? file.tombstone < newest : mayHoldHidden(file, tombstones);
  return shardDaysOf(entries).flatMap((files) =>
    runsOf(files)
      .filter((run) => !run.files.some(({ id }) => claimed.has(id)))
      .filter((run) => run.files.some(isDue))
      .flatMap(({ files: inputs, rows, bytes }) => {
        const [first] = inputs;
        return first === undefined
          ? []
          : [{ shard: first.shard, day: first.day, inputs, rows, bytes }];
      }),
  );
}

function shardDaysOf(entries: readonly DayFileEntry[]): readonly (readonly DayFileEntry[])[] {
  const shardDays = new Map<string, DayFileEntry[]>();
  for (const entry of [...entries].sort((a, b) => a.shard - b.shard || a.day - b.day)) {
    const key = `${entry.shard}/${entry.day}`;
    const files = shardDays.get(key);
    if (files === undefined) shardDays.set(key, [entry]);
    else files.push(entry);
  }
  return [...shardDays.values()];
}

/** The highest number among them; 0 for none. */
export function newestTombstone(tombstones: readonly CatalogTombstone[]): number {
  return tombstones.reduce((highest, { number }) => Math.max(highest, number), 0);
}

/** Whether a row of the file may be hidden by a tombstone that its maker did not apply. */
export function mayHoldHidden(
  { tombstone: applied, seqs }: DayFileEntry,
  tombstones: readonly CatalogTombstone[],
): boolean {
  const least = seqs.reduce((lowest, { min }) => Math.min(lowest, min), Number.MAX_SAFE_INTEGER);
  return tombstones.some(({ number, seq }) => number > applied && seq >= least);
}
